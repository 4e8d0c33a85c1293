// Webhooks: subscribed, verified as DFNS documents it, retried, listed, ended.
import assert from 'node:assert/strict'

import { verified } from '../receiver.mjs'
import { policy } from './policies.mjs'

const to = '0x00000000000000000000000000000000DeaDBeef'

export default async function ({ suite, admin, alice, env, receiver }) {
  const walletId = env.admin.DFNS_WALLET_ID
  const events = ['policy.triggered', 'policy.approval.pending', 'policy.approval.resolved', 'wallet.created', 'wallet.tags.modified', 'wallet.transfer.requested',
    'wallet.transfer.broadcasted', 'wallet.transfer.confirmed', 'wallet.transfer.rejected',
    'wallet.signature.requested', 'wallet.signature.signed', 'wallet.transaction.confirmed', 'key.created']
  const { secret, ...hook } = await admin.does('webhooks.createWebhook', { body: { url: receiver.url + '/hook', events, description: 'conformance' } })
  const webhookId = hook.id
  assert.deepEqual(await admin.does('webhooks.getWebhook', { webhookId }), hook, 'the secret is shown once')

  const arrives = async (kind, fits = () => true) => {
    const delivery = await receiver.next((e) => e.kind === kind && fits(e))
    const event = verified(delivery, secret)
    suite.kept.push({ call: `webhook ${kind}`, request: { method: delivery.method, headers: { 'content-type': delivery.headers['content-type'] }, body: event } })
    return event
  }
  assert.equal((await admin.does('webhooks.pingWebhook', { webhookId })).status, '200')
  verified(await receiver.next((e) => !events.includes(e.kind)), secret)

  const w = await admin.does('wallets.createWallet', { body: { network: 'EthereumSepolia', name: 'café / <b>&\u2028' } })
  assert.deepEqual((await arrives('wallet.created')).data.wallet, w)
  await admin.does('wallets.tagWallet', { walletId: w.id, body: { tags: ['eu'] } })
  await arrives('wallet.tags.modified')

  const p = await admin.does('policies.createPolicy', { body: policy() })
  const x = await admin.does('wallets.transferAsset', { walletId, body: { kind: 'Native', to, amount: '9' } })
  await arrives('wallet.transfer.requested')
  await arrives('policy.triggered')
  const { data } = await arrives('policy.approval.pending')
  assert.equal(data.approval.id, x.approvalId)
  await alice.does('policies.createApprovalDecision', { approvalId: x.approvalId, body: { value: 'Approved' } })
  await arrives('policy.approval.resolved')
  await arrives('wallet.transfer.broadcasted')
  await arrives('wallet.transfer.confirmed')
  const y = await admin.does('wallets.transferAsset', { walletId, body: { kind: 'Native', to, amount: '10' } })
  await alice.does('policies.createApprovalDecision', { approvalId: y.approvalId, body: { value: 'Denied' } })
  await arrives('wallet.transfer.rejected')
  await admin.does('policies.archivePolicy', { policyId: p.id })
  await others(admin, walletId, arrives)

  await retries({ admin, receiver, webhookId, arrives })
  await changes({ admin, receiver, webhookId })
}

// others are the events of what is no transfer.
async function others(admin, walletId, arrives) {
  await admin.does('keys.createKey', { body: { scheme: 'ECDSA', curve: 'secp256k1', name: 'announced' } })
  await arrives('key.created', (e) => JSON.stringify(e.data).includes('announced'))
  await admin.does('wallets.generateSignature', { walletId, body: { kind: 'Hash', hash: '0x' + '5a'.repeat(32) } })
  await arrives('wallet.signature.requested')
  await arrives('wallet.signature.signed')
  await admin.does('wallets.broadcastTransaction', { walletId, body: { kind: 'Evm', to, value: '1' } })
  await arrives('wallet.transaction.confirmed')
}

// retries refuses a delivery twice: each attempt is an event of its own. 204 is no success.
async function retries({ admin, receiver, webhookId, arrives }) {
  receiver.answers((e) => e.data.wallet?.name === 'retried', 500, 204)
  const w = await admin.does('wallets.createWallet', { body: { network: 'EthereumSepolia', name: 'retried' } })
  const mine = (e) => e.data.wallet?.id === w.id
  const attempts = [await arrives('wallet.created', mine), await arrives('wallet.created', mine), await arrives('wallet.created', mine)]
  assert.deepEqual(attempts.map((e) => e.deliveryAttempt), [1, 2, 3])
  assert.deepEqual(attempts.map((e) => e.retryOf), [undefined, attempts[0].id, attempts[1].id])
  const failed = await admin.sees('webhooks.listWebhookEvents', { webhookId, query: { deliveryFailed: 'true' } }, (l) => l.items.length === 2)
  await admin.does('webhooks.getWebhookEvent', { webhookId, webhookEventId: failed.items[0].id })
  await admin.sees('webhooks.listWebhookEvents', { webhookId, query: { kind: 'wallet.created', deliveryFailed: 'false' } }, (l) => l.items.length === 2)
  const page = await admin.does('webhooks.listWebhookEvents', { webhookId, query: { kind: 'wallet.created', limit: 3 } })
  assert.ok(page.nextPageToken)
}

async function changes({ admin, receiver, webhookId }) {
  await admin.does('webhooks.updateWebhook', { webhookId, body: { status: 'Disabled', events: ['*'] } })
  await admin.does('webhooks.listWebhooks', {})
  assert.deepEqual(await admin.does('webhooks.deleteWebhook', { webhookId }), { deleted: true })
  await admin.isRefused(404, 'webhooks.getWebhook', { webhookId })
  const url = receiver.url
  const refuses = (body) => admin.isRefused(400, 'webhooks.createWebhook', { body })
  await refuses({ url, events: [] })
  await refuses({ url, events: ['wallets.transfer.confirmed'] })
  await refuses({ url: 'ftp://example.com', events: ['*'] })
  await refuses({ url, events: ['*'], name: 'no such member' })
  await refuses({ url, events: ['*'], description: 'x'.repeat(257) })
  for (let i = 0; i < 5; i++) await admin.does('webhooks.createWebhook', { body: { url, events: ['key.created'] } })
  await refuses({ url, events: ['*'] })
  const page = await admin.does('webhooks.listWebhooks', { query: { limit: 3 } })
  await admin.does('webhooks.listWebhooks', { query: { limit: 3, paginationToken: page.nextPageToken } })
}
