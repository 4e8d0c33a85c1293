// History: what came in and went out, of a wallet and of all; deposits announced.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'

import { policy } from './policies.mjs'
import { verified } from '../receiver.mjs'
import { mint } from './transfers.mjs'

const to = '0x00000000000000000000000000000000DeaDBeef'

export default async function ({ suite, admin, env, receiver }) {
  const walletId = env.admin.DFNS_WALLET_ID
  const w = await admin.does('wallets.createWallet', { body: { network: 'EthereumSepolia', name: 'deposits' } })
  await admin.sees('wallets.getWalletHistory', { walletId: w.id }, (h) => h.items.length === 1) // the faucet
  const { secret, ...hook } = await admin.does('webhooks.createWebhook', { body: { url: receiver.url, events: ['wallet.blockchainevent.detected'] } })
  const minted = await admin.does('wallets.broadcastTransaction', { walletId, body: mint(env, 5_000_000n) })
  await admin.sees('wallets.getTransaction', { walletId, transactionId: minted.id }, (t) => t.status === 'Confirmed')
  await admin.does('wallets.transferAsset', { walletId, body: { kind: 'Erc20', contract: env.admin.SANDBOX_TOKEN_ADDRESS, to: w.address, amount: '3000000' } })
  for (const status of ['Included', 'Confirmed']) {
    const delivery = await receiver.next((e) => e.data.blockchainEvent.walletId === w.id && e.data.blockchainEvent.direction === 'In' && e.data.blockchainEvent.status === status)
    const event = verified(delivery, secret)
    suite.kept.push({ call: `webhook ${event.kind}`, request: { method: delivery.method, body: event } })
  }
  await admin.does('webhooks.deleteWebhook', { webhookId: hook.id })

  const back = await admin.does('wallets.transferAsset', { walletId: w.id, body: { kind: 'Native', to, amount: '5' } })
  await admin.sees('wallets.getTransfer', { walletId: w.id, transferId: back.id }, (t) => t.status === 'Confirmed')
  const all = await admin.sees('wallets.getWalletHistory', { walletId: w.id }, (h) => h.items.length === 3)
  assert.deepEqual(all.items.map((e) => `${e.kind} ${e.direction}`).sort(), ['Erc20Transfer In', 'NativeTransfer In', 'NativeTransfer Out'])
  const page = await admin.does('wallets.getWalletHistory', { walletId: w.id, query: { limit: 2 } })
  await admin.does('wallets.getWalletHistory', { walletId: w.id, query: { limit: 2, paginationToken: page.nextPageToken } })
  await admin.does('wallets.getWalletHistory', { walletId: w.id, query: { direction: 'Out' } })
  await admin.does('wallets.listOrgWalletHistory', { query: { startTime: '2020-01-01T00:00:00Z', endTime: '2100-01-01T00:00:00Z' } })
  await admin.isRefused(400, 'wallets.listOrgWalletHistory', { query: { startTime: 'yesterday' } })
  await admin.isRefused(400, 'wallets.getWalletHistory', { walletId, query: { direction: 'Sideways' } })
  await admin.isRefused(404, 'wallets.getWalletHistory', { walletId: 'wa-00000-00000-0000000000000000' })
  await screened({ suite, admin, env, receiver }, w)
}

// screened is a deposit of somebody whom a provider knows: the policy can only tell of it.
async function screened({ suite, admin, env, receiver }, w) {
  fs.writeFileSync(path.join(env.dir, 'verdicts.json'), JSON.stringify({ addresses: { [env.admin.SANDBOX_TREASURY_ADDRESS]: {
    chainalysis: { alerts: [{ level: 'SEVERE', categoryId: 3 }] } } } }))
  const all = { categoryIds: [] }
  const rule = { kind: 'ChainalysisTransactionScreening', configuration: { alerts: { alertLevel: 'HIGH', ...all }, exposures: { direct: all }, fallbackBehaviours: {
    skipUnscreenableTransaction: false, skipUnsupportedNetwork: false, skipUnsupportedAsset: false, skipChainalysisFailure: false } } }
  const screening = (action) => ({ body: policy({ name: 'Screening', activityKind: 'Wallets:IncomingTransaction', rule, action, filters: { walletId: { in: [w.id] } } }) })
  await admin.isRefused(400, 'policies.createPolicy', screening({ kind: 'Block' }))
  const { id: policyId } = await admin.does('policies.createPolicy', screening({ kind: 'NoAction' }))
  const { secret, ...hook } = await admin.does('webhooks.createWebhook', { body: { url: receiver.url, events: ['policy.triggered'] } })
  await admin.does('wallets.transferAsset', { walletId: env.admin.DFNS_WALLET_ID, body: { kind: 'Native', to: w.address, amount: '7' } })
  const delivery = await receiver.next((e) => e.kind === 'policy.triggered')
  const event = verified(delivery, secret)
  assert.deepEqual([event.data.policyEvaluation.policy.id, event.data.policyEvaluation.activity.blockchainEvent.walletId], [policyId, w.id])
  suite.kept.push({ call: `webhook ${event.kind}`, request: { method: delivery.method, body: event } })
  await admin.does('policies.archivePolicy', { policyId })
  await admin.does('webhooks.deleteWebhook', { webhookId: hook.id })
}
