// Permissions: their life, who has them, and what they let a service account do, by old
// names and new ones.
import { acting, keyPair } from '../suite.mjs'

export default async function ({ suite, admin, env }) {
  const operations = ['Wallets:Read', 'Policies:Approvals:Read']
  const reader = await admin.does('permissions.createPermission', { body: { name: 'reader', operations } })
  const { id: permissionId } = reader
  await admin.does('permissions.getPermission', { permissionId })
  await admin.does('permissions.updatePermission', { permissionId, body: { name: 'readers' } })
  const page = await admin.does('permissions.listPermissions', { query: { limit: 2 } })
  await admin.does('permissions.listPermissions', { query: { limit: 2, paginationToken: page.nextPageToken } })

  const key = keyPair()
  const made = await admin.does('auth.createServiceAccount', { body: { name: 'bot', publicKey: key.publicKey } })
  const bot = suite.actor(acting(made, key))
  await bot.isRefused(403, 'wallets.listWallets')
  const body = { identityId: made.userInfo.userId }
  const { id: assignmentId } = await admin.does('permissions.createAssignment', { permissionId, body })
  await admin.isRefused(409, 'permissions.createAssignment', { permissionId, body })
  await admin.does('permissions.listAssignments', { permissionId })
  await bot.does('wallets.listWallets')
  await bot.does('policies.listApprovals')
  await bot.isRefused(403, 'wallets.createWallet', { body: { network: 'EthereumSepolia' } })

  await admin.does('permissions.updatePermission', { permissionId, body: { operations: ['Wallets:BroadcastTransaction'] } })
  await bot.isRefused(403, 'wallets.listWallets')
  await admin.does('permissions.archivePermission', { permissionId, body: { isArchived: true } })
  await admin.isRefused(422, 'permissions.updatePermission', { permissionId, body: { name: 'late' } })
  await admin.does('permissions.archivePermission', { permissionId, body: { isArchived: false } })
  await admin.does('permissions.deleteAssignment', { permissionId, assignmentId, query: { force: true } })
  await admin.isRefused(404, 'permissions.deleteAssignment', { permissionId, assignmentId })
  await refusals(admin, page.items[0].id)
}

async function refusals(admin, managed) {
  await admin.isRefused(409, 'permissions.createPermission', { body: { name: 'readers', operations: [] } })
  await admin.isRefused(400, 'permissions.createPermission', { body: { name: 'thief', operations: ['Wallets:Steal'] } })
  await admin.isRefused(422, 'permissions.updatePermission', { permissionId: managed, body: { name: 'mine' } })
  await admin.isRefused(422, 'permissions.archivePermission', { permissionId: managed, body: { isArchived: true } })
  await admin.isRefused(404, 'permissions.getPermission', { permissionId: 'pm-00000-00000-0000000000000000' })
}
