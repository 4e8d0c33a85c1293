// Holds every answer in the golden files against the type that the newest SDK declares for
// its call. Members that a type does not know are errors too, unless known.json says why we
// send them: those are taken away before the compiler looks, since it reports only the first
// of an object. A value that a type does not have is known by what the compiler says. What
// known.json names and no longer occurs is an error as well.
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

const here = import.meta.dirname
const modules = path.join(here, 'sdk', '0.8.21')
const ts = createRequire(path.join(modules, 'package.json'))('typescript')

const prelude = `
import { DfnsApiClient } from '@dfns/sdk'
type Client = DfnsApiClient
type Answer<G extends keyof Client, M extends keyof Client[G]> = Client[G][M] extends (...args: any[]) => Promise<infer R> ? R : never
type Change<K> = Extract<Answer<'policies', 'getApproval'>['activity'], { kind: K }> extends { changeRequest: infer R } ? R : never
type Changes = { Policy: Change<'Policies:Modify'>, Permission: Change<'Permissions:Modify'>, Assignment: Change<'Permissions:Assign'> }
`

// The data of webhooks is untyped in the SDK: it is held against the entity's type.
const eventData = [
  [/^policy\.approval\.pending$/, `{ approval: Answer<'policies', 'getApproval'> }`],
  [/^policy\.approval\.resolved$/, `{ approval: Answer<'policies', 'getApproval'>, activityId: string }`],
  [/^policy\.triggered$/, `{ policyEvaluation: { id: string, triggered: boolean, reason: string, date: string, policy: Answer<'policies', 'createPolicy'>, activity: Answer<'policies', 'getApproval'>['activity'], context?: object } }`],
  [/^wallet\.tags\.modified$/, `{ wallet: Answer<'wallets', 'createWallet'>, tagsAdded: string[], tagsRemoved: string[] }`],
  [/^wallet\.(created|activated)$/, `{ wallet: Answer<'wallets', 'createWallet'> }`],
  [/^wallet\.transfer\./, `{ transferRequest: Answer<'wallets', 'getTransfer'> }`],
  [/^wallet\.transaction\./, `{ transactionRequest: Answer<'wallets', 'getTransaction'> }`],
  [/^wallet\.signature\./, `{ signatureRequest: Answer<'wallets', 'getSignature'> }`],
  [/^wallet\.blockchainevent\.detected$/, `{ blockchainEvent: Answer<'wallets', 'getWalletHistory'>['items'][number], wallet: Answer<'wallets', 'createWallet'> }`],
  [/^key\./, `{ key: Answer<'keys', 'createKey'> }`],
]

// typed returns the type that an exchange's answer, or a webhook's data, must have.
function typed({ call, request, response }) {
  if (call.startsWith('webhook ')) {
    const kind = call.slice('webhook '.length)
    const found = eventData.find(([re]) => re.test(kind))
    if (!found) throw new Error(`no type for the data of ${kind}`)
    return [found[1], request.body.data]
  }
  if (response.status === 202) return [`Changes['${response.body.kind}']`, response.body]
  if (response.status !== 200 || call.includes(':') || call.includes('(raw)')) return []
  const [group, method] = call.split('.')
  if (call === 'permissions.deleteAssignment') return [] // the SDK ignores the answer
  return [`Answer<'${group}', '${method}'>`, response.body]
}

const known = JSON.parse(fs.readFileSync(path.join(here, 'known.json'), 'utf8'))

// without takes away what is known to be more than the type has: member is a path, in which
// [] stands for every item.
function without(call, body) {
  const copy = structuredClone(body)
  for (const k of known.filter((k) => k.member && new RegExp(k.call).test(call))) {
    if (remove(copy, k.member.split('.'))) k.found = true
  }
  return copy
}

function remove(v, [name, ...rest]) {
  if (v === undefined || v === null) return false
  if (name === '[]') return v.map((x) => remove(x, rest)).some(Boolean)
  if (rest.length) return remove(v[name], rest)
  const there = name in v
  delete v[name]
  return there
}

const calls = [] // of each line of the checked text
let text = prelude
calls.length = text.split('\n').length
for (const file of fs.readdirSync(path.join(here, 'golden')).filter((f) => f.endsWith('.json') && f !== 'seednames.json')) { // what DFNS has not has no types
  for (const [i, exchange] of JSON.parse(fs.readFileSync(path.join(here, 'golden', file), 'utf8')).entries()) {
    const [type, body] = typed(exchange)
    if (!type) continue
    calls.push({ where: `${file} call ${i}`, call: exchange.call })
    text += `{ const answer: ${type} = ${JSON.stringify(without(exchange.call, body)).replace(/[\u2028\u2029]/g, " ")} }\n` // the compiler counts these as lines
  }
}

const differences = check(text).map(({ line, message }) => ({ ...calls[line], message }))
const knows = (d) => known.filter((k) => k.says && new RegExp(k.call).test(d.call) && d.message.includes(k.says)).map((k) => (k.found = true)).length > 0
const wrong = [
  ...differences.filter((d) => !knows(d)).map((d) => `${d.where}: ${d.call}: ${d.message}`),
  ...known.filter((k) => !k.found).map((k) => `known.json names what does not occur: ${JSON.stringify(k)}`),
]
const count = calls.filter(Boolean).length
if (count < 20) wrong.push(`only ${count} answers were found in the golden files`)
for (const line of wrong) console.error(line)
console.log(`${count} answers`)
process.exit(wrong.length ? 1 : 0)

// check compiles text as a module beside the SDK and returns what the compiler says.
function check(text) {
  const name = path.join(modules, 'answers.ts')
  const options = { strict: true, noEmit: true, skipLibCheck: true, esModuleInterop: true, types: [], module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Node10, target: ts.ScriptTarget.ES2022, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'] }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = (f) => f === name || fileExists(f)
  host.getSourceFile = (f, target) => (f === name ? ts.createSourceFile(f, text, target) : getSourceFile(f, target))
  const program = ts.createProgram([name], options, host)
  const source = program.getSourceFile(name)
  const found = ts.getPreEmitDiagnostics(program)
  const stray = found.filter((d) => d.file !== source)
  if (stray.length) throw new Error(ts.formatDiagnostics(stray, { getNewLine: () => '\n', getCurrentDirectory: () => here, getCanonicalFileName: (f) => f }))
  return found.map((d) => {
    const line = ts.getLineAndCharacterOfPosition(source, d.start).line
    return { line: line + 1, message: ts.flattenDiagnosticMessageText(d.messageText, ' ').slice(0, 600) }
  })
}
