// A suite is one golden file in the making: actors call the SDK, every exchange is kept,
// and what comes back is asserted where it is made.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'

import { normaliser } from './normal.mjs'

const patience = 60_000 // of every wait for a condition

// Suite keeps the exchanges of one group of calls.
export class Suite {
  constructor(world, name) {
    Object.assign(this, { world, name, kept: [], called: new Set() })
  }

  // actor returns a caller with an SDK client of his own. It may be given another key or token.
  actor(env) {
    const { sdk, recorder } = this.world
    const key = { credId: env.DFNS_CRED_ID, privateKey: env.DFNS_PRIVATE_KEY }
    const client = new sdk.DfnsApiClient({
      baseUrl: recorder.url, authToken: env.DFNS_AUTH_TOKEN, signer: new sdk.AsymmetricKeySigner(key),
      ...(env.DFNS_ORG_ID ? { orgId: env.DFNS_ORG_ID } : {}),
    })
    return new Actor(this, client, env)
  }

  // take keeps what passed for a call. The two steps of action signing are kept where they
  // are what the call is about: where they were refused, or in the group that shows them.
  take(call, drained, signing = this.signing) {
    const steps = drained.filter((x) => signing || !/^\/auth\/action(\/init)?$/.test(x.request.path) || x === drained.at(-1))
    for (const { request, response } of steps) {
      const last = request === drained.at(-1).request
      this.kept.push({ call: last ? call : `${call}: signing`, request, response })
    }
    return drained.at(-1)
  }

  // golden is the file's content.
  golden() {
    const normal = normaliser()
    return JSON.stringify(this.kept.map((x) => normal(x)), null, 1) + '\n'
  }
}

class Actor {
  constructor(suite, client, env) {
    Object.assign(this, { suite, client, env })
  }

  async #call(name, args) {
    const [group, method] = name.split('.')
    this.suite.world.recorder.drain()
    try {
      return { value: await this.client[group][method](args) }
    } catch (error) {
      if (error instanceof TypeError) throw error // the SDK has no such method, or wants other arguments
      return { error }
    } finally {
      this.suite.called.add(name)
    }
  }

  // does makes a call that must succeed, and returns its answer.
  async does(name, args) {
    const { value, error } = await this.#call(name, args)
    const passed = this.suite.take(name, this.suite.world.recorder.drain())
    if (error) assert.fail(`${name}: ${error.httpStatus} ${error.message}`)
    assert.equal(passed.response.status, 200, `${name} answers 200`)
    return value
  }

  // sees makes calls until one has the answer that is waited for; only that one is kept.
  async sees(name, args, holds) {
    for (const end = Date.now() + patience; ; ) {
      const { value, error } = await this.#call(name, args)
      const drained = this.suite.world.recorder.drain()
      if (error) assert.fail(`${name}: ${error.httpStatus} ${error.message}`)
      if (holds(value)) {
        this.suite.take(name, drained)
        return value
      }
      if (Date.now() > end) assert.fail(`${name} never showed ${holds}; last: ${JSON.stringify(value)}`)
      await new Promise((done) => setTimeout(done, 20))
    }
  }

  // quietly makes a call that is not kept: its terms differ from run to run.
  async quietly(name, args) {
    const { value, error } = await this.#call(name, args)
    if (error) assert.fail(`${name}: ${error.httpStatus} ${error.message}`)
    return value
  }

  // isRefused makes a call that must be refused with a status, in DFNS's error shape.
  async isRefused(status, name, args) {
    const { value, error } = await this.#call(name, args)
    const passed = this.suite.take(name, this.suite.world.recorder.drain())
    if (!error) assert.fail(`${name} answered ${JSON.stringify(value)}, want ${status}`)
    const { response } = passed
    assert.equal(response.status, status, `${name} answers ${status}: ${JSON.stringify(response.body)}`)
    assert.equal(error.httpStatus, status, `${name} throws a DfnsError of ${status}: ${error}`)
    assert.ok(error instanceof this.suite.world.sdk.DfnsError)
    const { id, message, ...rest } = response.body.error
    assert.match(id, /^\d{19}$/)
    assert.equal(rest.status, status)
    assert.equal(error.message, message)
    return response.body.error
  }

  // waits makes a call that must be answered 202 with a change request.
  async waits(name, args) {
    const { value, error } = await this.#call(name, args)
    const passed = this.suite.take(name, this.suite.world.recorder.drain())
    if (!error) assert.fail(`${name} answered ${JSON.stringify(value)}, want 202`)
    assert.equal(passed.response.status, 202, `${name}: ${JSON.stringify(passed.response.body)}`)
    assert.ok(error instanceof this.suite.world.sdk.PolicyPendingError, `${name} throws ${error}`)
    assert.deepEqual(error.context, passed.response.body)
    return error.context
  }

  // sends makes a request without the SDK, for what it cannot be made to do, and keeps it
  // under the name of the call that it is like.
  async sends(status, name, { method, path, headers = {}, body }) {
    const { recorder } = this.suite.world
    recorder.drain()
    const answer = await fetch(recorder.url + path, {
      method, body, headers: { authorization: `Bearer ${this.env.DFNS_AUTH_TOKEN}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    })
    const passed = this.suite.take(`${name} (raw)`, recorder.drain(), true)
    await answer.arrayBuffer()
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(passed.response.body)}`)
    return passed.response.body
  }
}

// keyPair makes the key of a service account, as a caller would.
export function keyPair(type = 'ed25519', options = {}) {
  const { publicKey, privateKey } = crypto.generateKeyPairSync(type, options)
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  }
}

// acting is what a service account needs to call: the answer to its creation, and its key.
export function acting(account, key) {
  const [{ accessToken, credId }] = account.accessTokens
  return { DFNS_AUTH_TOKEN: accessToken, DFNS_CRED_ID: credId, DFNS_PRIVATE_KEY: key.privateKey, DFNS_USER_ID: account.userInfo.userId }
}
