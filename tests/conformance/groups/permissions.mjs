// Permissions: made, changed, assigned; what a caller without one may not do; names of both
// generations.
import assert from 'node:assert/strict'

import { acting, keyPair } from '../suite.mjs'

export default async function ({ suite, admin, env }) {
  const p = await admin.does('permissions.createPermission', { body: { name: 'Checker', operations: ['Policies:Approvals:Read', 'Policies:Evaluations:Vote', 'Wallets:Read'] } })
  const permissionId = p.id
  await admin.does('permissions.getPermission', { permissionId })
  await admin.does('permissions.updatePermission', { permissionId, body: { name: 'Reader', operations: ['Wallets:Read', 'Policies:Evaluations:Read'] } })
  const page = await admin.does('permissions.listPermissions', { query: { limit: 1 } })
  await admin.does('permissions.listPermissions', { query: { limit: 1, paginationToken: page.nextPageToken } })

  const key = keyPair()
  const account = await admin.does('auth.createServiceAccount', { body: { name: 'reader', publicKey: key.publicKey } })
  const identityId = account.userInfo.userId
  const reader = suite.actor(acting(account, key))
  await reader.isRefused(403, 'wallets.listWallets', {})
  const assignment = await admin.does('permissions.createAssignment', { permissionId, body: { identityId } })
  await admin.isRefused(409, 'permissions.createAssignment', { permissionId, body: { identityId } })
  await reader.does('wallets.listWallets', {})
  await reader.does('policies.listApprovals', {}) // by the older operation that the newer name stands for
  const { message } = await reader.isRefused(403, 'wallets.createWallet', { body: { network: 'EthereumSepolia' } })
  assert.match(message, /is not authorized to perform operation \(Wallets:Create\)/)
  await reader.isRefused(403, 'permissions.createAssignment', { permissionId, body: { identityId: env.alice.DFNS_USER_ID } })
  await admin.does('permissions.listAssignments', { permissionId })
  assert.equal((await admin.does('auth.getServiceAccount', { serviceAccountId: identityId })).userInfo.permissionAssignments[0].assignmentId, assignment.id)
  await admin.does('permissions.deleteAssignment', { permissionId, assignmentId: assignment.id })
  await reader.isRefused(403, 'wallets.listWallets', {})

  assert.equal((await admin.does('permissions.archivePermission', { permissionId, body: { isArchived: true } })).isArchived, true)
  await admin.isRefused(422, 'permissions.createAssignment', { permissionId, body: { identityId } })
  await admin.does('permissions.archivePermission', { permissionId, body: { isArchived: false } })
  await refusals(admin, permissionId)
}

async function refusals(admin, permissionId) {
  const unknown = { permissionId: 'pm-00000-00000-0000000000000000' }
  await admin.isRefused(404, 'permissions.getPermission', unknown)
  await admin.isRefused(404, 'permissions.listAssignments', unknown)
  await admin.isRefused(404, 'permissions.deleteAssignment', { permissionId, assignmentId: 'as-00000-00000-0000000000000000' })
  await admin.isRefused(404, 'permissions.createAssignment', { permissionId, body: { identityId: 'us-00000-00000-0000000000000000' } })
  await admin.isRefused(400, 'permissions.createPermission', { body: { name: 'Wrong', operations: ['Wallets:Reed'] } })
  await admin.isRefused(400, 'permissions.createPermission', { body: { operations: ['Wallets:Read'] } })
  await admin.isRefused(400, 'permissions.createPermission', { body: { name: 'Wrong', operations: ['Wallets:Read'], colour: 'blue' } })
}
