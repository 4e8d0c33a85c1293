// Calls every method of the SDK that no golden file shows answered: each must be refused with
// 501, by name, so that nothing answers as if it worked.
//
//	node unserved.mjs VERSION <world.json
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

import { startRecorder } from './record.mjs'
import { Suite } from './suite.mjs'

const [version] = process.argv.slice(2)
const here = import.meta.dirname
const require = createRequire(path.join(here, 'sdk', version, 'package.json'))
const sdk = { ...require('@dfns/sdk'), ...require('@dfns/sdk-keysigner') }
const env = JSON.parse(fs.readFileSync(0, 'utf8'))
const recorder = await startRecorder(env.base)
const suite = new Suite({ recorder, sdk }, 'unserved')
const admin = suite.actor(env.admin)

const shown = new Set()
const golden = path.join(here, 'golden')
for (const file of fs.readdirSync(golden).filter((f) => f.endsWith('.json'))) {
  const own = path.join(golden, version, file) // where this version differs
  for (const x of JSON.parse(fs.readFileSync(fs.existsSync(own) ? own : path.join(golden, file), 'utf8'))) {
    const name = x.call.replace(/[ :].*/, '')
    if (x.response && x.response.status !== 501) shown.add(name)
  }
}

// The older names of these call the newer ones.
const aliases = /^create(UserCredential|UserCredentialChallenge|DelegatedUserRecovery|DelegatedUserRegistration|UserActionSignatureChallenge|DelegatedUserLogin|UserRecovery|UserRegistration)$|^listUserCredentials$/

// anything stands for every parameter of a path, and has the members that some methods read.
const anything = { body: {}, query: {} }
const args = new Proxy(anything, { get: (t, k) => (k in t ? t[k] : typeof k === 'string' ? 'x' : undefined) })

const methods = []
for (const group of Object.getOwnPropertyNames(sdk.DfnsApiClient.prototype).filter((g) => g !== 'constructor')) {
  for (const method of Object.getOwnPropertyNames(Object.getPrototypeOf(admin.client[group]))) {
    if (method !== 'constructor' && !aliases.test(method)) methods.push(`${group}.${method}`)
  }
}
const unserved = methods.filter((m) => !shown.has(m))
const wrong = []
for (const name of unserved) {
  try {
    const { message } = await admin.isRefused(501, name, args)
    assert.match(message, /^not implemented by the sandbox: /)
  } catch (err) {
    wrong.push(`${name}: ${err.message}`)
  }
}
console.log(`${methods.length} methods, ${methods.length - unserved.length} called, ${unserved.length} refused with 501: ${unserved.join(' ')}`)
for (const line of wrong) console.error(`no group calls it, and it is not refused by name: ${line}`)
process.exit(wrong.length ? 1 : 0)
