// Users, service accounts, credentials and the log of what was signed.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'

import { acting, keyPair } from '../suite.mjs'

export default async function ({ suite, admin, env }) {
  const { id: permissionId } = await admin.does('permissions.createPermission', { body: { name: 'tagger', operations: ['Wallets:Tags:Add', 'Auth:ServiceAccounts:Create'] } })
  const curves = ['P-256', 'P-384', 'P-521', 'secp256k1'].map((namedCurve) => ['ec', { namedCurve }])
  for (const [type, options] of [['ed25519', {}], ...curves, ['rsa', { modulusLength: 2048 }]]) {
    const key = keyPair(type, options)
    const made = await admin.does('auth.createServiceAccount', { body: { name: `by ${type}`, publicKey: key.publicKey, daysValid: 30, externalId: type, permissionId } })
    const [{ accessToken, ...token }] = made.accessTokens
    assert.deepEqual(await admin.does('auth.getServiceAccount', { serviceAccountId: made.userInfo.userId }), { ...made, accessTokens: [token] })
    const self = suite.actor(acting(made, key))
    await self.isRefused(403, 'auth.createServiceAccount', { body: { name: 'child', publicKey: key.publicKey } })
    await self.does('auth.listCredentials')
    await self.does('wallets.tagWallet', { walletId: env.admin.DFNS_WALLET_ID, body: { tags: ['by-' + type] } }) // its signature is taken
    await changes(admin, self, made.userInfo.userId)
  }
  await admin.does('auth.listServiceAccounts')
  await admin.does('auth.getUser', { userId: env.alice.DFNS_USER_ID })
  const page = await admin.does('auth.listUsers', { query: { limit: '2' } })
  await admin.does('auth.listUsers', { query: { limit: '2', paginationToken: page.nextPageToken } })
  await tokens(suite, env, permissionId)
  await members(suite, admin, env)
  await refusals(admin)
  await log(admin, env)
}

// changes takes a service account through its life to its end.
async function changes(admin, self, serviceAccountId) {
  await admin.does('auth.updateServiceAccount', { serviceAccountId, body: { name: 'renamed' } })
  await admin.does('auth.deactivateServiceAccount', { serviceAccountId, body: {} })
  await self.isRefused(401, 'auth.listCredentials')
  await admin.does('auth.activateServiceAccount', { serviceAccountId })
  await self.does('auth.listCredentials')
  await admin.does('auth.archiveServiceAccount', { serviceAccountId })
  await self.isRefused(401, 'auth.listCredentials')
  await admin.isRefused(404, 'auth.getServiceAccount', { serviceAccountId })
}

// tokens takes a personal access token through its life.
async function tokens(suite, env, permissionId) {
  const alice = suite.actor(env.alice)
  const key = keyPair()
  const made = await alice.does('auth.createPersonalAccessToken', { body: { name: 'pat', publicKey: key.publicKey, daysValid: 1, permissionId } })
  const { tokenId } = made
  const pat = suite.actor(acting({ accessTokens: [made], userInfo: { userId: made.linkedUserId } }, key))
  await pat.does('wallets.tagWallet', { walletId: env.admin.DFNS_WALLET_ID, body: { tags: ['by-token'] } })
  await pat.isRefused(403, 'wallets.listWallets')
  await alice.does('auth.listPersonalAccessTokens')
  await alice.does('auth.updatePersonalAccessToken', { tokenId, body: { name: 'renamed' } })
  await alice.does('auth.deactivatePersonalAccessToken', { tokenId })
  await pat.isRefused(401, 'auth.listCredentials')
  await alice.does('auth.activatePersonalAccessToken', { tokenId })
  await alice.does('auth.getPersonalAccessToken', { tokenId })
  await alice.does('auth.archivePersonalAccessToken', { tokenId })
  await alice.isRefused(404, 'auth.getPersonalAccessToken', { tokenId })
}

// members takes a user from his creation through a login and a logout to his end.
async function members(suite, admin, env) {
  const key = keyPair()
  const body = { email: 'jane@example.com', kind: 'CustomerEmployee', publicKey: key.publicKey }
  const { userId, username, orgId, credentialUuid } = await admin.does('auth.createUser', { body })
  await admin.isRefused(409, 'auth.createUser', { body })
  await admin.isRefused(400, 'auth.createUser', { body: { ...body, email: 'jane' } })
  const acts = { DFNS_CRED_ID: credentialUuid, DFNS_PRIVATE_KEY: key.privateKey, DFNS_USER_ID: userId, DFNS_AUTH_TOKEN: env.admin.DFNS_AUTH_TOKEN }
  const { token } = await logsIn(suite.actor(acts), acts, username, orgId)
  const jane = suite.actor({ ...acts, DFNS_AUTH_TOKEN: token })
  await jane.does('auth.listCredentials')
  await admin.does('auth.deactivateUser', { userId })
  await jane.isRefused(401, 'auth.listCredentials')
  await admin.isRefused(401, 'auth.createLoginChallenge', { body: { username, orgId } })
  await admin.does('auth.activateUser', { userId })
  await jane.does('auth.logout', { body: { allSessions: false } })
  await jane.isRefused(401, 'auth.listCredentials')
  await admin.does('auth.archiveUser', { userId })
  await admin.isRefused(404, 'auth.activateUser', { userId })
}

// logsIn signs a login's challenge as the SDK's signer signs an action's.
async function logsIn(actor, acts, username, orgId) {
  const challenge = await actor.does('auth.createLoginChallenge', { body: { username, orgId } })
  const clientData = Buffer.from(JSON.stringify({ type: 'key.get', challenge: challenge.challenge }))
  const credentialAssertion = { credId: acts.DFNS_CRED_ID, clientData: clientData.toString('base64url'),
    signature: crypto.sign(undefined, clientData, acts.DFNS_PRIVATE_KEY).toString('base64url') }
  return actor.does('auth.login', { body: { challengeIdentifier: challenge.challengeIdentifier, firstFactor: { kind: 'Key', credentialAssertion } } })
}

async function refusals(admin) {
  const { publicKey } = keyPair()
  const refuses = (status, body) => admin.isRefused(status, 'auth.createServiceAccount', { body: { name: 'x', publicKey, ...body } })
  await refuses(400, { name: '' })
  await refuses(400, { publicKey: 'ssh-ed25519 AAAA' })
  await refuses(400, { daysValid: 731 })
  await refuses(400, { secondsValid: 1 })
  await admin.isRefused(404, 'auth.getServiceAccount', { serviceAccountId: 'us-00000-00000-0000000000000000' })
  await admin.isRefused(404, 'auth.getUser', { userId: 'us-00000-00000-0000000000000000' })
}

// log reads the evidence of what was signed. The list is CSV, which the SDK cannot parse.
async function log(admin, env) {
  const query = `startTime=2020-01-01T00:00:00Z&endTime=2100-01-01T00:00:00Z&userId=${env.admin.DFNS_USER_ID}`
  const csv = await admin.sends(200, 'auth.listAuditLogs', { method: 'GET', path: `/auth/action/logs?${query}` })
  const id = csv.split('\n')[1].split(',')[1]
  await admin.does('auth.getAuditLog', { id })
  await admin.isRefused(400, 'auth.listAuditLogs', { query: { startTime: 'yesterday', endTime: 'today' } })
}
