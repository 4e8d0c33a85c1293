// Change requests: what a policy on changes itself makes of a change, and how each ends.
import assert from 'node:assert/strict'

import { policy } from './policies.mjs'

const action = { kind: 'RequestApproval', autoRejectTimeout: 60, approvalGroups: [{ quorum: 1, approvers: {} }] }

export default async function ({ admin, alice, env }) {
  await policies(admin, alice)
  await permissions(admin, alice, env)
}

async function policies(admin, alice) {
  const p = await admin.does('policies.createPolicy', { body: policy() })
  const { id: policyId } = p
  const guard = await admin.does('policies.createPolicy', { body: { name: 'Changes', activityKind: 'Policies:Modify', rule: { kind: 'AlwaysTrigger', configuration: {} }, action, filters: { policyId: { in: [policyId] } } } })

  const change = await admin.waits('policies.updatePolicy', { policyId, body: policy({ name: 'Changed' }) })
  assert.equal(change.status, 'Pending')
  assert.equal(change.entityId, policyId)
  const before = await admin.does('policies.getPolicy', { policyId })
  assert.equal(before.name, p.name)
  assert.equal(before.pendingChangeRequest.id, change.id)
  await admin.does('policies.getApproval', { approvalId: change.approvalId })
  await admin.isRefused(403, 'policies.createApprovalDecision', { approvalId: change.approvalId, body: { value: 'Approved' } })
  const approval = await alice.does('policies.createApprovalDecision', { approvalId: change.approvalId, body: { value: 'Approved' } })
  assert.equal(approval.activity.changeRequest.status, 'Applied')
  assert.equal((await admin.does('policies.getPolicy', { policyId })).name, 'Changed')

  const removal = await admin.waits('policies.archivePolicy', { policyId })
  await alice.does('policies.createApprovalDecision', { approvalId: removal.approvalId, body: { value: 'Denied', reason: 'still needed' } })
  assert.equal((await admin.does('policies.getPolicy', { policyId })).status, 'Active')
  await admin.does('policies.archivePolicy', { policyId: guard.id })
  await admin.does('policies.archivePolicy', { policyId })
}

// permissions has changes of permissions and their assignments wait.
async function permissions(admin, alice, env) {
  const { id: permissionId } = await admin.does('permissions.createPermission', { body: { name: 'Guarded', operations: ['Wallets:Read'] } })
  const body = { name: 'Rights', rule: { kind: 'AlwaysTrigger', configuration: {} }, action, filters: { permissionId: { in: [permissionId] } } }
  await admin.does('policies.createPolicy', { body: { ...body, activityKind: 'Permissions:Modify' } })
  await admin.does('policies.createPolicy', { body: { ...body, activityKind: 'Permissions:Assign' } })
  const approves = ({ approvalId }) => alice.does('policies.createApprovalDecision', { approvalId, body: { value: 'Approved' } })

  await approves(await admin.waits('permissions.updatePermission', { permissionId, body: { name: 'Guarded', operations: ['Wallets:Read', 'Keys:Read'] } }))
  assert.deepEqual((await admin.does('permissions.getPermission', { permissionId })).operations, ['Wallets:Read', 'Keys:Read'])
  const assigning = await admin.waits('permissions.createAssignment', { permissionId, body: { identityId: env.bob.DFNS_USER_ID } })
  assert.deepEqual((await admin.does('permissions.listAssignments', { permissionId })).items, [])
  await approves(assigning)
  const { items: [assignment] } = await admin.does('permissions.listAssignments', { permissionId })
  await approves(await admin.waits('permissions.deleteAssignment', { permissionId, assignmentId: assignment.id }))
  await approves(await admin.waits('permissions.archivePermission', { permissionId, body: { isArchived: true } }))
  assert.equal((await admin.does('permissions.getPermission', { permissionId })).isArchived, true)
}
