// Runs one group of calls with one version of the SDK against a sandbox, and holds what
// passed against its golden file.
//
//	node run.mjs VERSION GROUP [--update] <world.json
//
// The world is {base, dir, admin, alice, bob}: the address, the data directory, and what
// `sandbox env` prints for each human. Only a test calls it.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'

import { startRecorder } from './record.mjs'
import { startReceiver } from './receiver.mjs'
import { Suite } from './suite.mjs'

const [version, group, flag] = process.argv.slice(2)
const newest = '0.8.21'
const here = import.meta.dirname
const require = createRequire(path.join(here, 'sdk', version, 'package.json'))
const { default: calls } = await import(`./groups/${group}.mjs`)

const env = JSON.parse(fs.readFileSync(0, 'utf8'))
const recorder = await startRecorder(env.base)
const receiver = await startReceiver()
const sdk = { ...require('@dfns/sdk'), ...require('@dfns/sdk-keysigner') }
assert.equal(require('@dfns/sdk/package.json').version, version)

const suite = new Suite({ ...env, version, recorder, sdk, require }, group)
const [admin, alice, bob] = [env.admin, env.alice, env.bob].map((e) => suite.actor(e))
await calls({ suite, env, version, receiver, recorder, sdk, require, admin, alice, bob })
recorder.close()
receiver.close()

compare(JSON.parse(suite.golden()))
process.exit(0) // the SDK's connections are kept alive

// compare holds what passed against the golden file. What is as with the newest SDK has no
// file of its own.
function compare(got) {
  const common = path.join(here, 'golden', `${group}.json`)
  const own = path.join(here, 'golden', version, `${group}.json`)
  const differs = version !== newest
  if (flag === '--update') return write(got, common, differs ? own : common)
  const file = differs && fs.existsSync(own) ? own : common
  const want = JSON.parse(fs.readFileSync(file, 'utf8'))
  // The first call that differs says most: what follows it often differs too.
  for (let i = 0; i < Math.max(want.length, got.length); i++) {
    assert.deepEqual(got[i], want[i], `call ${i} (${(got[i] ?? want[i]).call}) is not as in ${path.relative(here, file)}; after a wanted change: go test ./tests/conformance -update`)
  }
}

function write(got, common, file) {
  if (file !== common) {
    fs.rmSync(file, { force: true })
    if (isDeepStrictEqual(got, JSON.parse(fs.readFileSync(common, 'utf8')))) return
  }
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, JSON.stringify(got, null, 1) + '\n')
}
