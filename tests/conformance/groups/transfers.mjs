// Transfers: native, ERC-20 and ERC-721, the externalId, lists, and refusals.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'

import { asks } from './transactions.mjs'

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
  await token(admin, walletId, env)

  const page = await admin.does('wallets.listTransfers', { walletId, query: { limit: 2 } })
  await admin.does('wallets.listTransfers', { walletId, query: { limit: 2, paginationToken: page.nextPageToken } })
  await admin.does('wallets.listTransfers', { walletId })
  await refusals(admin, walletId, env)
}

// token sends an NFT that anybody may mint.
async function token(admin, walletId, env) {
  const sends = async (body) => {
    const { id } = await admin.does('wallets.broadcastTransaction', { walletId, body: { kind: 'Evm', ...body } })
    const { txHash } = await admin.sees('wallets.getTransaction', { walletId, transactionId: id }, (t) => t.status === 'Confirmed')
    return asks(env, 'eth_getTransactionReceipt', [txHash])
  }
  const creation = fs.readFileSync(path.join(import.meta.dirname, '..', '..', '..', 'sandbox', 'contracts', 'PlainNFT.bin'), 'utf8')
  const { contractAddress: contract } = await sends({ data: '0x' + creation.trim() })
  await sends({ ...mint(env, 7n), to: contract })
  const x = await admin.does('wallets.transferAsset', { walletId, body: { kind: 'Erc721', contract, to, tokenId: '7' } })
  await admin.sees('wallets.getTransfer', { walletId, transferId: x.id }, (t) => t.status === 'Confirmed')
  assert.equal(BigInt(await asks(env, 'eth_call', [{ to: contract, data: '0x6352211e' + '7'.padStart(64, '0') }, 'latest'])), BigInt(to), 'ownerOf')
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
  await refuses(400, { kind: 'Erc721', contract: env.admin.SANDBOX_TOKEN_ADDRESS, tokenId: '0x1', amount: undefined })
  await refuses(501, { kind: 'Erc7984', contract: env.admin.SANDBOX_TOKEN_ADDRESS })
  await admin.isRefused(404, 'wallets.getTransfer', { walletId, transferId: 'xfr-00000-00000-0000000000000000' })
}
