// The signing of user actions: every kind of key, and every refusal.
import assert from 'node:assert/strict'

import { keyPair } from '../suite.mjs'

export default async function ({ suite, env, admin, alice, bob, sdk }) {
  const body = { network: 'EthereumSepolia', name: 'signed' }
  suite.signing = true
  await admin.does('wallets.createWallet', { body }) // Ed25519
  await alice.does('wallets.createWallet', { body }) // P-256
  await bob.does('wallets.createWallet', { body }) // RSA

  const stranger = suite.actor({ ...env.admin, DFNS_PRIVATE_KEY: keyPair().privateKey })
  await stranger.isRefused(403, 'wallets.createWallet', { body })
  await suite.actor({ ...env.admin, DFNS_AUTH_TOKEN: env.admin.DFNS_AUTH_TOKEN.slice(0, -4) + 'AAAA', DFNS_ORG_ID: undefined })
    .isRefused(401, 'wallets.listWallets', {})

  // The key signer itself refuses a credential that the challenge does not name.
  const foreign = suite.actor({ ...env.admin, DFNS_CRED_ID: env.alice.DFNS_CRED_ID })
  await assert.rejects(foreign.client.wallets.createWallet({ body }), (err) => err instanceof sdk.DfnsError && err.httpStatus === -1)
  suite.signing = false

  await replays(suite, admin, body)
  await mismatches(suite, admin, alice, body)
}

// replays sends again what was sent: a challenge and a user action serve once.
async function replays(suite, admin, body) {
  const { recorder } = suite.world
  recorder.drain()
  await admin.client.wallets.createWallet({ body })
  const [, exchange, call] = recorder.drain().map((x) => x.raw)
  await admin.sends(400, 'auth.createUserActionSignature', { method: 'POST', path: exchange.url, body: exchange.body })
  await admin.sends(400, 'wallets.createWallet', {
    method: 'POST', path: call.url, body: call.body, headers: { 'x-dfns-useraction': call.headers['x-dfns-useraction'] },
  })
}

// mismatches uses an action for something else than was signed.
async function mismatches(suite, admin, alice, body) {
  const action = async () => {
    const challenge = await admin.does('auth.createUserActionChallenge', { body: {
      userActionPayload: JSON.stringify(body), userActionHttpMethod: 'POST', userActionHttpPath: '/wallets', userActionServerKind: 'Api' } })
    const firstFactor = await admin.client.apiOptions.signer.sign(challenge)
    const { userAction } = await admin.does('auth.createUserActionSignature', { body: { challengeIdentifier: challenge.challengeIdentifier, firstFactor } })
    return { 'x-dfns-useraction': userAction }
  }
  const call = (more) => ({ method: 'POST', path: '/wallets', body: JSON.stringify(body), ...more })
  await admin.sends(403, 'wallets.createWallet: no action', call())
  await admin.sends(403, 'wallets.createWallet: another body', call({ body: '{"network":"EthereumSepolia","name":"other"}', headers: await action() }))
  await admin.sends(403, 'wallets.createWallet: another path', call({ path: '/webhooks', headers: await action() }))
  await alice.sends(403, 'wallets.createWallet: another caller', call({ headers: await action() }))
  await admin.sends(200, 'wallets.createWallet: the query is not signed', call({ path: '/wallets?why=1', headers: await action() }))
}
