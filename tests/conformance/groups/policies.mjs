// Policies: made, read, listed, changed, archived; every refusal of a body.
import assert from 'node:assert/strict'

export const policy = (change = {}) => ({
  name: 'Four eyes', activityKind: 'Wallets:Sign', rule: { kind: 'AlwaysTrigger', configuration: {} },
  action: { kind: 'RequestApproval', autoRejectTimeout: 60, approvalGroups: [{ name: 'humans', quorum: 1, approvers: {} }] },
  ...change,
})

export default async function ({ admin, env }) {
  const made = await admin.does('policies.createPolicy', { body: policy({ filters: { walletId: { in: [env.admin.DFNS_WALLET_ID] } } }) })
  assert.equal(made.status, 'Active')
  await admin.does('policies.createPolicy', { body: policy({ name: 'Block', action: { kind: 'Block' }, filters: { walletTags: { hasAny: ['frozen'] } } }) })
  await admin.does('policies.createPolicy', { body: policy({ name: 'Watch', action: { kind: 'NoAction' }, filters: { walletTags: { hasAll: ['eu', 'hot'] } } }) })
  await admin.does('policies.getPolicy', { policyId: made.id })
  const changed = await admin.does('policies.updatePolicy', { policyId: made.id, body: policy({ name: 'Two groups', action: {
    kind: 'RequestApproval', approvalGroups: [
      { quorum: 1, approvers: { userId: { in: [env.alice.DFNS_USER_ID] } } },
      { quorum: 1, approvers: { userId: { in: [env.bob.DFNS_USER_ID] } }, initiatorCanApprove: true } ] } }) })
  assert.equal(changed.filters, undefined, 'an update replaces the whole')
  const archived = await admin.does('policies.archivePolicy', { policyId: made.id })
  assert.equal(archived.status, 'Archived')

  await admin.does('policies.listPolicies', { query: { status: 'Active' } })
  await admin.does('policies.listPolicies', { query: { status: 'Archived' } })
  const page = await admin.does('policies.listPolicies', { query: { limit: '2' } })
  await admin.does('policies.listPolicies', { query: { limit: '2', paginationToken: page.nextPageToken } })
  await refusals(admin)
}

async function refusals(admin) {
  const refuses = (status, change) => admin.isRefused(status, 'policies.createPolicy', { body: policy(change) })
  await refuses(400, { name: undefined })
  await refuses(400, { status: 'Active' })
  await refuses(400, { activityKind: 'Wallets:Sing' })
  await refuses(400, { rule: { kind: 'SometimesTrigger' } })
  await refuses(400, { action: { kind: 'RequestApproval', approvalGroups: [] } })
  await refuses(400, { action: { kind: 'RequestApproval', autoRejectTimeout: 0, approvalGroups: [{ quorum: 1, approvers: {} }] } })
  await refuses(400, { action: { kind: 'RequestApproval', approvalGroups: [{ quorum: 0, approvers: {} }] } })
  await admin.isRefused(404, 'policies.getPolicy', { policyId: 'plc-00000-00000-0000000000000000' })
  await admin.isRefused(400, 'policies.listPolicies', { query: { status: 'Pending' } })
}
