// Users, service accounts, credentials and the log of what was signed.
import assert from 'node:assert/strict'

import { acting, keyPair } from '../suite.mjs'

export default async function ({ suite, admin, env }) {
  for (const [type, options] of [['ed25519', {}], ['ec', { namedCurve: 'P-256' }], ['rsa', { modulusLength: 2048 }]]) {
    const key = keyPair(type, options)
    const made = await admin.does('auth.createServiceAccount', { body: { name: `by ${type}`, publicKey: key.publicKey, daysValid: 30, externalId: type } })
    const [{ accessToken, ...token }] = made.accessTokens
    assert.deepEqual(await admin.does('auth.getServiceAccount', { serviceAccountId: made.userInfo.userId }), { ...made, accessTokens: [token] })
    const self = suite.actor(acting(made, key))
    await self.isRefused(403, 'auth.createServiceAccount', { body: { name: 'child', publicKey: key.publicKey } })
    await self.does('auth.listCredentials')
  }
  await admin.does('auth.listServiceAccounts')
  await admin.does('auth.getUser', { userId: env.alice.DFNS_USER_ID })
  const page = await admin.does('auth.listUsers', { query: { limit: '2' } })
  await admin.does('auth.listUsers', { query: { limit: '2', paginationToken: page.nextPageToken } })
  await refusals(admin)
  await log(admin, env)
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
