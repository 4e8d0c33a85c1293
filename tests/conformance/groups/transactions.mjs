// Transactions: the kinds that the sandbox takes, their fate on the chain, and refusals.
import assert from 'node:assert/strict'

import { mint } from './transfers.mjs'

const to = '0x00000000000000000000000000000000DeaDBeef'

export default async function ({ admin, env }) {
  const walletId = env.admin.DFNS_WALLET_ID
  const reaches = (t, status) => admin.sees('wallets.getTransaction', { walletId, transactionId: t.id }, (t) => t.status === status)
  const does = (body) => admin.does('wallets.broadcastTransaction', { walletId, body })

  const minted = await does({ ...mint(env, 7_000_000n), externalId: 'mint-1' })
  const done = await reaches(minted, 'Confirmed')
  assert.deepEqual(await does({ ...mint(env, 7_000_000n), externalId: 'mint-1' }), done)
  const { details } = await admin.isRefused(409, 'wallets.broadcastTransaction', { walletId, body: { ...mint(env, 8n), externalId: 'mint-1' } })
  assert.equal(details.duplicate.id, minted.id)

  await reaches(await does({ kind: 'Eip1559', to, value: '0x10', maxFeePerGas: '100000000000', maxPriorityFeePerGas: '1000000000' }), 'Confirmed')
  await reaches(await does({ kind: 'Evm', to: env.admin.SANDBOX_TOKEN_ADDRESS, data: '0xdeadbeef' }), 'Failed')

  const page = await admin.does('wallets.listTransactions', { walletId, query: { limit: 1 } })
  await admin.does('wallets.listTransactions', { walletId, query: { limit: 5, paginationToken: page.nextPageToken } })
  const refuses = (status, body) => admin.isRefused(status, 'wallets.broadcastTransaction', { walletId, body })
  await refuses(400, { kind: 'Evm', to, data: 'abc' })
  await refuses(400, { kind: 'Evm', to: '0x12' })
  await refuses(400, { kind: 'Sorcery' })
  await refuses(501, { kind: 'UserOperations', userOperations: [], feeSponsorId: 'fs-1' })
  await admin.isRefused(404, 'wallets.getTransaction', { walletId, transactionId: 'tx-00000-00000-0000000000000000' })
}
