// Times viem's decodeFunctionData on call data given as JSON on standard input:
// {"signatures": ["transfer(address,uint256)"], "transfer": "0x…", "multiSend": "0x…"}.
// Prints nanoseconds per transaction as JSON: {"transfer": 7700, "multiSend": 921000}.
// A multiSend is decoded with its records, whose packed form is split here.
import { readFileSync } from 'node:fs'
import { decodeFunctionData, parseAbi } from 'viem'

const input = JSON.parse(readFileSync(0, 'utf8'))
const token = parseAbi(input.signatures.map((s) => `function ${s}`))
const outer = parseAbi(['function multiSend(bytes transactions)'])

const transfer = () => decodeFunctionData({ abi: token, data: input.transfer })
const multiSend = () => {
  const { args } = decodeFunctionData({ abi: outer, data: input.multiSend })
  const packed = args[0].slice(2)
  for (let at = 0; at < packed.length; ) {
    const length = Number.parseInt(packed.slice(at + 106, at + 170), 16)
    decodeFunctionData({ abi: token, data: `0x${packed.slice(at + 170, at + 170 + 2 * length)}` })
    at += 170 + 2 * length
  }
}

// The median of several rounds, after the compiler has warmed up.
function measure(run, times) {
  for (let i = 0; i < times; i++) run()
  const rounds = []
  for (let r = 0; r < 7; r++) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < times; i++) run()
    rounds.push(Number(process.hrtime.bigint() - start) / times)
  }
  return rounds.sort((a, b) => a - b)[3]
}

console.log(JSON.stringify({ transfer: measure(transfer, 5000), multiSend: measure(multiSend, 50) }))
