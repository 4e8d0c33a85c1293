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

  const transaction = unsigned(env, await asks(env, 'eth_getTransactionCount', [env.admin.SANDBOX_TREASURY_ADDRESS, 'latest']))
  const whole = await reaches(await does({ kind: 'Transaction', transaction }), 'Confirmed')
  assert.equal(whole.requestBody.transaction, transaction, 'it is shown as it came')
  await reaches(await does({ kind: 'Transaction', transaction: { type: 0, to, value: '1' } }), 'Confirmed')
  await reaches(await does({ kind: 'Transaction', transaction }), 'Failed') // its nonce is used

  const page = await admin.does('wallets.listTransactions', { walletId, query: { limit: 1 } })
  await admin.does('wallets.listTransactions', { walletId, query: { limit: 5, paginationToken: page.nextPageToken } })
  const refuses = (status, body) => admin.isRefused(status, 'wallets.broadcastTransaction', { walletId, body })
  await refuses(400, { kind: 'Evm', to, data: 'abc' })
  await refuses(400, { kind: 'Evm', to: '0x12' })
  await refuses(400, { kind: 'Sorcery' })
  await refuses(400, { kind: 'Transaction', transaction: '0x02c0' })
  await refuses(400, { kind: 'Transaction', transaction: { type: 2, to, gasPrice: '1' } })
  await refuses(501, { kind: 'Transaction', transaction: { type: 4, to, authorizationList: [] } })
  await refuses(501, { kind: 'FunctionCall', call: {} })
  await refuses(501, { kind: 'UserOperations', userOperations: [], feeSponsorId: 'fs-1' })
  await admin.isRefused(404, 'wallets.getTransaction', { walletId, transactionId: 'tx-00000-00000-0000000000000000' })
}

// asks the chain by JSON-RPC.
export async function asks(env, method, params) {
  const answer = await fetch(env.admin.SANDBOX_RPC_URL, { method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) })
  return (await answer.json()).result
}

// unsigned is a transaction of type 2 as ethers and viem serialise it, which sends 9 wei.
function unsigned(env, nonce) {
  const number = (n) => Buffer.from(BigInt(n) === 0n ? '' : BigInt(n).toString(16).replace(/^(..)*.$/, '0$&'), 'hex')
  const prefixed = (base, b) => Buffer.concat([Buffer.from([base + b.length]), b]) // of at most 55 bytes
  const rlp = (x) => (Array.isArray(x) ? prefixed(0xc0, Buffer.concat(x.map(rlp))) : x.length === 1 && x[0] < 0x80 ? x : prefixed(0x80, x))
  const fields = [env.admin.SANDBOX_CHAIN_ID, nonce, 1_000_000_000, 5_000_000_000, 21_000].map(number)
  return '0x02' + rlp([...fields, Buffer.from(to.slice(2), 'hex'), number(9), Buffer.alloc(0), []]).toString('hex')
}
