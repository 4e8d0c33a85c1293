// Delegated keys and wallets: made for an end user, or given to one later; what he alone may
// do with them, and what nobody may.
import assert from 'node:assert/strict'

import { acting, keyPair } from '../suite.mjs'
import { proof } from './credentials.mjs'

const payment = { kind: 'Native', to: '0x00000000000000000000000000000000DeaDBeef', amount: '1' }
const hash = { kind: 'Hash', hash: '0x' + '1'.padStart(64, '0') }

export default async function ({ suite, admin, env }) {
  const { items } = await admin.does('permissions.listPermissions')
  const key = keyPair()
  const backend = suite.actor(acting(await admin.does('auth.createServiceAccount', { body: { name: 'backend', publicKey: key.publicKey,
    permissionId: items.find((p) => p.name === 'ManagedFullAdminAccess').id } }), key))
  const ann = await customer(suite, backend, env, 'ann')
  const ben = await customer(suite, backend, env, 'ben')
  await now(admin, backend, ann, ben)
  await later(admin, ann)
  await refusals(admin, ann, env)
  await newcomer(suite, backend, env)
}

// newcomer registers with wallets, and is logged in.
async function newcomer(suite, backend, env) {
  const own = keyPair()
  const challenge = await backend.does('auth.createDelegatedRegistrationChallenge', { body: { email: 'cat', kind: 'EndUser' } })
  const caller = suite.actor({ ...env.admin, DFNS_AUTH_TOKEN: challenge.temporaryAuthenticationToken, DFNS_ORG_ID: undefined })
  const firstFactorCredential = { credentialKind: 'Key', credentialInfo: proof(challenge.challenge, own, 'cat') }
  const body = { firstFactorCredential, wallets: [{ network: 'EthereumSepolia', name: 'hers' }, { network: 'StellarTestnet' }] }
  const { authentication, user, wallets } = await caller.does('auth.registerEndUser', { body })
  assert.deepEqual(wallets.map((w) => w.signingKey.delegatedTo), [user.id, user.id])
  const cat = suite.actor({ DFNS_AUTH_TOKEN: authentication.token, DFNS_CRED_ID: 'cat', DFNS_PRIVATE_KEY: own.privateKey, DFNS_USER_ID: user.id })
  await cat.does('wallets.generateSignature', { walletId: wallets[0].id, body: hash })
  await caller.isRefused(401, 'auth.registerEndUser', { body })
}

async function customer(suite, backend, env, name) {
  const challenge = await backend.does('auth.createDelegatedRegistrationChallenge', { body: { email: name, kind: 'EndUser' } })
  const own = keyPair()
  const newcomer = suite.actor({ ...env.admin, DFNS_AUTH_TOKEN: challenge.temporaryAuthenticationToken, DFNS_ORG_ID: undefined })
  const { user } = await newcomer.does('auth.register', { body: { firstFactorCredential: { credentialKind: 'Key', credentialInfo: proof(challenge.challenge, own, name) } } })
  const { token } = await backend.does('auth.delegatedLogin', { body: { username: name } })
  return suite.actor({ DFNS_AUTH_TOKEN: token, DFNS_CRED_ID: name, DFNS_PRIVATE_KEY: own.privateKey, DFNS_USER_ID: user.id })
}

// now is a wallet that is an end user's from the start: policies do not govern it.
async function now(admin, backend, ann, ben) {
  const rule = { kind: 'AlwaysTrigger' }
  const { id: policyId } = await admin.does('policies.createPolicy', { body: { name: 'block', activityKind: 'Wallets:Sign', rule, action: { kind: 'Block' } } })
  const wallet = await backend.does('wallets.createWallet', { body: { network: 'EthereumSepolia', delegateTo: ann.env.DFNS_USER_ID } })
  assert.equal(wallet.custodial, false)
  assert.equal(wallet.signingKey.delegatedTo, ann.env.DFNS_USER_ID)
  const walletId = wallet.id
  await backend.isRefused(403, 'wallets.transferAsset', { walletId, body: payment })
  await ben.isRefused(404, 'wallets.transferAsset', { walletId, body: payment })
  await ben.isRefused(404, 'wallets.getWallet', { walletId })
  const x = await ann.does('wallets.transferAsset', { walletId, body: payment })
  await ann.sees('wallets.getTransfer', { walletId, transferId: x.id }, (t) => t.status === 'Confirmed')
  await ann.does('wallets.getWallet', { walletId })
  assert.equal((await ann.does('wallets.listWallets')).items.length, 1)
  assert.equal((await admin.does('wallets.listWallets', { query: { ownerUsername: 'ann' } })).items.length, 1)
  await ann.does('wallets.generateSignature', { walletId, body: hash })
  await ann.isRefused(403, 'wallets.createWallet', { body: { network: 'EthereumSepolia' } })
  await admin.does('policies.archivePolicy', { policyId })
}

// later is a key that the organisation has first, with a wallet; and a wallet alone.
async function later(admin, ann) {
  const delegateTo = ann.env.DFNS_USER_ID
  const key = await admin.does('keys.createKey', { body: { scheme: 'ECDSA', curve: 'secp256k1', delayDelegation: true } })
  const wallet = await admin.does('wallets.createWallet', { body: { network: 'EthereumSepolia', signingKey: { id: key.id } } })
  await admin.does('keys.generateSignature', { keyId: key.id, body: hash })
  assert.deepEqual(await admin.does('keys.delegateKey', { keyId: key.id, body: { delegateTo } }), { keyId: key.id, status: 'Delegated' })
  await admin.isRefused(403, 'keys.generateSignature', { keyId: key.id, body: hash })
  assert.equal((await ann.does('wallets.getWallet', { walletId: wallet.id })).custodial, false)
  assert.equal((await admin.does('keys.getKey', { keyId: key.id })).custodial, false)
  await admin.does('keys.listKeys', { query: { owner: 'ann' } })
  const { id: walletId } = await admin.does('wallets.createWallet', { body: { network: 'EthereumSepolia', delayDelegation: true } })
  assert.deepEqual(await admin.does('wallets.delegateWallet', { walletId, body: { userId: delegateTo } }), { walletId, status: 'Delegated' })
  await admin.isRefused(422, 'wallets.delegateWallet', { walletId, body: { userId: delegateTo } })
}

async function refusals(admin, ann, env) {
  const to = { userId: ann.env.DFNS_USER_ID }
  await admin.isRefused(422, 'wallets.delegateWallet', { walletId: env.admin.DFNS_WALLET_ID, body: to })
  await admin.isRefused(404, 'wallets.delegateWallet', { walletId: 'wa-00000-00000-0000000000000000', body: to })
  await admin.isRefused(400, 'wallets.createWallet', { body: { network: 'EthereumSepolia', delegateTo: env.alice.DFNS_USER_ID } })
  await admin.isRefused(400, 'keys.createKey', { body: { scheme: 'ECDSA', curve: 'secp256k1', delegateTo: to.userId, delayDelegation: true } })
}
