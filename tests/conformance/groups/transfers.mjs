// Transfers: native and ERC-20, the externalId, lists, and refusals.
import assert from 'node:assert/strict'

const to = '0x00000000000000000000000000000000DeaDBeef'

export default async function ({ admin, env }) {
  const walletId = env.admin.DFNS_WALLET_ID
  const body = { kind: 'Native', to, amount: '1000000000', externalId: 'pay-1' }
  const x = await admin.does('wallets.transferAsset', { walletId, body })
  assert.ok(['Pending', 'Executing', 'Broadcasted'].includes(x.status))
  const done = await admin.sees('wallets.getTransfer', { walletId, transferId: x.id }, (t) => t.status === 'Confirmed')

  const again = await admin.does('wallets.transferAsset', { walletId, body })
  assert.deepEqual(again, done, 'the same terms return the first entity')
  const { details } = await admin.isRefused(409, 'wallets.transferAsset', { walletId, body: { ...body, amount: '2' } })
  assert.deepEqual(details, { duplicate: { id: x.id, externalId: 'pay-1' } })

  await admin.does('wallets.broadcastTransaction', { walletId, body: mint(env, 5_000_000n) })
    .then((t) => admin.sees('wallets.getTransaction', { walletId, transactionId: t.id }, (t) => t.status === 'Confirmed'))
  const erc20 = await admin.does('wallets.transferAsset', { walletId, body: { kind: 'Erc20', contract: env.admin.SANDBOX_TOKEN_ADDRESS, to, amount: '1000000' } })
  await admin.sees('wallets.getTransfer', { walletId, transferId: erc20.id }, (t) => t.status === 'Confirmed')
  const poor = await admin.does('wallets.transferAsset', { walletId, body: { kind: 'Erc20', contract: env.admin.SANDBOX_TOKEN_ADDRESS, to, amount: '999000000' } })
  const failed = await admin.sees('wallets.getTransfer', { walletId, transferId: poor.id }, (t) => t.status === 'Failed')
  assert.ok(failed.reason)

  const page = await admin.does('wallets.listTransfers', { walletId, query: { limit: 2 } })
  await admin.does('wallets.listTransfers', { walletId, query: { limit: 2, paginationToken: page.nextPageToken } })
  await admin.does('wallets.listTransfers', { walletId })
  await refusals(admin, walletId, env)
}

// mint is the transaction that makes the treasury's tokens.
export const mint = (env, units) => ({
  kind: 'Evm', to: env.admin.SANDBOX_TOKEN_ADDRESS,
  data: '0x40c10f19' + env.admin.SANDBOX_TREASURY_ADDRESS.slice(2).toLowerCase().padStart(64, '0') + units.toString(16).padStart(64, '0'),
})

async function refusals(admin, walletId, env) {
  const body = { kind: 'Native', to, amount: '1' }
  const refuses = (status, change, where = walletId) => admin.isRefused(status, 'wallets.transferAsset', { walletId: where, body: { ...body, ...change } })
  await refuses(404, {}, 'wa-00000-00000-0000000000000000')
  await refuses(400, { amount: '1.5' })
  await refuses(400, { amount: '-1' })
  await refuses(400, { to: 'nowhere' })
  await refuses(400, { colour: 'blue' })
  await refuses(400, { kind: 'Erc21' })
  await refuses(400, { externalId: 'x'.repeat(51) })
  await refuses(501, { kind: 'Erc721', contract: env.admin.SANDBOX_TOKEN_ADDRESS, tokenId: '1', amount: undefined })
  await admin.isRefused(404, 'wallets.getTransfer', { walletId, transferId: 'xfr-00000-00000-0000000000000000' })
}
