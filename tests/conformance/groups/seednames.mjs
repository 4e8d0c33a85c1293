// The four snippets of DFNS's page on workflows, in seed/ as they are printed, against
// `sandbox serve --seed-names`. What surrounds them here is what the page leaves out: the
// names that the code uses, and a value for each placeholder.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

import { acting, keyPair } from '../suite.mjs'
import { policy } from './policies.mjs'

const viem = createRequire(path.join(import.meta.dirname, '../../npm/package.json'))('viem')

// snippet runs a file's text with names for what it uses, and returns one that it declares.
async function snippet(file, names, result) {
  const text = fs.readFileSync(path.join(import.meta.dirname, '../seed', file), 'utf8')
  const AsyncFunction = (async () => {}).constructor
  return new AsyncFunction(...Object.keys(names), `${text}\nreturn ${result}`)(...Object.values(names))
}

// client is a DfnsApiClient whose caller fills in the page's placeholders, and which has the
// method that the SDK lacks.
function client(actor, placeholders) {
  const fill = (args) => JSON.parse(JSON.stringify(args), (_, v) => placeholders[v] ?? v)
  const listApprovalDecisions = ({ query }) => actor.sends(200, 'policies.listApprovalDecisions', {
    method: 'GET', path: '/v2/policy-approvals/decisions?' + new URLSearchParams(fill(query)) })
  const group = (g) => new Proxy({}, { get: (_, m) => (m === 'listApprovalDecisions' ? listApprovalDecisions : (args) => actor.does(`${g}.${m}`, fill(args))) })
  return new Proxy({}, { get: (_, g) => group(g) })
}

export default async function ({ suite, admin, alice, env, receiver }) {
  const key = keyPair()
  const { id: permissionId } = await admin.does('permissions.createPermission', { body: { name: 'settlement-checker', operations: ['Policies:Approvals:Read', 'Policies:Approvals:Approve'] } })
  const account = await snippet('1-service-account.js', { dfnsApi: client(admin, {
    '-----BEGIN PUBLIC KEY-----\n...\n-----END PUBLIC KEY-----': key.publicKey, 'pm-settlement-checker-v1': permissionId }) }, 'checker')
  const userId = account.userInfo.userId
  const checker = suite.actor(acting(account, key))

  await snippet('2-webhook.js', { dfnsApi: client(admin, { 'https://workflows.yourbank.com/dfns/events': receiver.url }) }, 'undefined')
  const { secret } = suite.kept.at(-1).response.body
  // arrives verifies a delivery by the page's header and remembers its deliveryId.
  const arrives = async (kind, fits = () => true) => {
    const { headers, text } = await receiver.next((e) => e.kind === kind && fits(e))
    assert.equal(headers['x-dfns-signature'], 'sha256=' + crypto.createHmac('sha256', secret).update(text).digest('hex'))
    const event = JSON.parse(text)
    assert.ok(event.deliveryId)
    return event
  }
  await admin.does('policies.createPolicy', { body: policy({ action: { kind: 'RequestApproval', approvalGroups: [
    { quorum: 1, approvers: { userId: { in: [userId, env.alice.DFNS_USER_ID] } }, serviceAccountsCanApprove: true }] } }) })
  await decides({ admin, alice, checker, env, arrives })
  await decisions(admin, userId)
}

// decides has the page's handler hear of one mint of each kind.
async function decides({ admin, alice, checker, env, arrives }) {
  const contract = env.admin.SANDBOX_TOKEN_ADDRESS
  const abi = viem.parseAbi(['function mint(address to, uint256 amount)', 'function pause()'])
  const good = env.admin.SANDBOX_TREASURY_ADDRESS
  const bad = '0x00000000000000000000000000000000DeaDBeef'
  const says = (value) => (approvalId, reason) => checker.does('policies.createApprovalDecision', { approvalId, body: { value, reason } })
  const handler = await snippet('3-decide.js', {
    dfnsApi: client(checker, {}), decodeFunctionData: viem.decodeFunctionData, abi, CONTRACT_ALLOWLIST: new Set([contract.toLowerCase()]),
    sanctions: { check: async (who) => who === bad }, ledger: { getMintedToday: async () => 0n }, MAX_PER_TX: 1000n, DAILY_CAP: 5000n,
    approve: says('Approve'), reject: says('Reject'), abstain: says('Abstain'),
  }, 'onApprovalPending')
  const walletId = env.admin.DFNS_WALLET_ID
  const call = (functionName, args = []) => viem.encodeFunctionData({ abi, functionName, args })
  for (const [to, data, status] of [
    [contract, call('mint', [good, 1000n]), 'Confirmed'],
    [contract, call('mint', [bad, 1n]), 'Rejected'],
    [contract, call('mint', [good, 1001n]), 'Pending'],
    [contract, call('pause'), 'Pending'],
    [bad, '0x', 'Pending'],
  ]) {
    const t = await admin.does('wallets.broadcastTransaction', { walletId, body: { kind: 'Evm', to, data } })
    const event = await arrives('policy.approval.pending', (e) => e.data.approval.id === t.approvalId)
    await handler({ ...event, approvalId: event.data.approval.id })
    await admin.sees('wallets.getTransaction', { walletId, transactionId: t.id }, (t) => t.status === status)
    if (status === 'Confirmed') await arrives('wallets.transaction.broadcasted')
    if (status === 'Pending') await alice.does('policies.createApprovalDecision', { approvalId: t.approvalId, body: { value: 'Reject', reason: 'looked at by a human' } })
  }
}

// decisions runs the page's query as it stands, then with this year's days.
async function decisions(admin, userId) {
  const approverId = { 'sa-settlement-checker-prod-...': userId }
  const list = (more) => snippet('4-decisions.js', { dfnsApi: client(admin, { ...approverId, ...more }) }, 'decisions')
  assert.deepEqual((await list({ '2026-05-01': '2020-05-01', '2026-05-31': '2020-05-31' })).items, [])
  const { items } = await list({ '2026-05-01': '2020-01-01', '2026-05-31': '2100-01-01' })
  assert.deepEqual(items.map((d) => d.decision), ['Approve', 'Reject', 'Abstain', 'Abstain', 'Abstain'])
  assert.equal(items[1].reason, 'Sanctions match')
  assert.ok(items.every((d) => d.id && d.approvalId && d.signature && d.timestamp && d.approverId === userId))
}
