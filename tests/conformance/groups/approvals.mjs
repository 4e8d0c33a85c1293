// Approvals: what a gated call answers, who may vote, and how each ends.
import assert from 'node:assert/strict'

import { acting, keyPair } from '../suite.mjs'
import { policy } from './policies.mjs'

const to = '0x00000000000000000000000000000000DeaDBeef'

export default async function ({ suite, admin, alice, bob, env }) {
  const walletId = env.admin.DFNS_WALLET_ID
  const key = keyPair('ec', { namedCurve: 'P-256' })
  const { id: permissionId } = await admin.does('permissions.createPermission', { body: { name: 'checker', operations: ['Policies:Evaluations:Read', 'Policies:Evaluations:Vote'] } })
  const account = await admin.does('auth.createServiceAccount', { body: { name: 'checker', publicKey: key.publicKey, permissionId } })
  const checker = suite.actor(acting(account, key))
  const p = await admin.does('policies.createPolicy', { body: policy({ action: { kind: 'RequestApproval', autoRejectTimeout: 60, approvalGroups: [
    { name: 'four eyes', quorum: 2, approvers: { userId: { in: [env.alice.DFNS_USER_ID, env.bob.DFNS_USER_ID, account.userInfo.userId] } }, serviceAccountsCanApprove: true } ] } }) })

  const pays = async () => {
    const x = await admin.does('wallets.transferAsset', { walletId, body: { kind: 'Native', to, amount: '7' } })
    assert.equal(x.status, 'Pending')
    return x
  }
  const vote = (value, reason) => ({ value, ...(reason ? { reason } : {}) })
  const approved = await pays()
  const approvalId = approved.approvalId
  await checker.does('policies.getApproval', { approvalId })
  await admin.isRefused(403, 'policies.createApprovalDecision', { approvalId, body: vote('Approved') })
  const once = await checker.does('policies.createApprovalDecision', { approvalId, body: vote('Approved', 'within policy') })
  assert.equal(once.status, 'Pending')
  await checker.isRefused(409, 'policies.createApprovalDecision', { approvalId, body: vote('Denied') })
  const twice = await bob.does('policies.createApprovalDecision', { approvalId, body: vote('Approved') })
  assert.equal(twice.status, 'Approved')
  await admin.sees('wallets.getTransfer', { walletId, transferId: approved.id }, (t) => t.status === 'Confirmed')
  await alice.isRefused(422, 'policies.createApprovalDecision', { approvalId, body: vote('Approved') })
  await admin.does('policies.getApproval', { approvalId })

  const denied = await pays()
  await alice.isRefused(400, 'policies.createApprovalDecision', { approvalId: denied.approvalId, body: vote('Abstain') })
  await alice.does('policies.createApprovalDecision', { approvalId: denied.approvalId, body: vote('Denied', 'unknown recipient') })
  assert.equal((await admin.does('wallets.getTransfer', { walletId, transferId: denied.id })).status, 'Rejected')
  await pays()

  await lists(admin, account, env)
  await admin.does('policies.archivePolicy', { policyId: p.id })
  await blocks(admin, walletId)
}

async function lists(admin, account, env) {
  const list = (query) => admin.does('policies.listApprovals', { query })
  assert.deepEqual((await list({ status: 'Pending' })).items.length, 1)
  assert.equal((await list({ approverId: account.userInfo.userId })).items.length, 3)
  assert.equal((await list({ initiatorId: env.bob.DFNS_USER_ID })).items.length, 0)
  const page = await list({ limit: '2' })
  await list({ limit: '2', paginationToken: page.nextPageToken })
  await admin.isRefused(400, 'policies.listApprovals', { query: { status: 'Maybe' } })
  await admin.isRefused(404, 'policies.getApproval', { approvalId: 'ap-00000-00000-0000000000000000' })
}

async function blocks(admin, walletId) {
  const p = await admin.does('policies.createPolicy', { body: policy({ action: { kind: 'Block' } }) })
  const x = await admin.does('wallets.transferAsset', { walletId, body: { kind: 'Native', to, amount: '8' } })
  assert.equal(x.status, 'Rejected')
  await admin.does('policies.archivePolicy', { policyId: p.id })
}
