// Wallets: made, read, listed, tagged; what they hold.
import assert from 'node:assert/strict'

export default async function ({ admin, env }) {
  const w = await admin.does('wallets.createWallet', { body: { network: 'EthereumSepolia', name: 'Operations', externalId: 'ops', tags: ['hot'] } })
  assert.equal(w.status, 'Active')
  await admin.does('wallets.createWallet', { body: { network: 'EthereumSepolia' } })
  assert.deepEqual(await admin.does('wallets.getWallet', { walletId: w.id }), w)
  await admin.does('wallets.tagWallet', { walletId: w.id, body: { tags: ['hot', 'eu'] } })
  await admin.does('wallets.untagWallet', { walletId: w.id, body: { tags: ['hot'] } })
  assert.deepEqual((await admin.does('wallets.getWallet', { walletId: w.id })).tags, ['eu'])
  await admin.does('wallets.updateWallet', { walletId: w.id, body: { name: 'Renamed' } })
  await admin.isRefused(404, 'wallets.updateWallet', { walletId: 'wa-00000-00000-0000000000000000', body: { name: 'x' } })
  await admin.sees('wallets.getWalletAssets', { walletId: w.id }, (a) => a.assets.some((x) => x.kind === 'Native' && x.balance !== '0'))

  const first = await admin.does('wallets.listWallets', { query: { limit: 2 } })
  assert.equal(first.items.length, 2)
  const second = await admin.does('wallets.listWallets', { query: { limit: 2, paginationToken: first.nextPageToken } })
  assert.equal(second.items.length, 1)
  assert.equal(second.nextPageToken, undefined)
  const whole = await admin.does('wallets.listWallets', {})
  assert.deepEqual(whole.items, [...first.items, ...second.items])

  await refusals(admin, w, env)
}

async function refusals(admin, w, env) {
  const unknown = { walletId: 'wa-00000-00000-0000000000000000' }
  await admin.isRefused(404, 'wallets.getWallet', unknown)
  await admin.isRefused(404, 'wallets.getWalletAssets', unknown)
  await admin.isRefused(404, 'wallets.tagWallet', { ...unknown, body: { tags: ['x'] } })
  await admin.isRefused(400, 'wallets.createWallet', { body: { name: 'no network' } })
  await admin.isRefused(400, 'wallets.createWallet', { body: { network: 'EthereumSepolia', colour: 'blue' } })
  await admin.isRefused(400, 'wallets.createWallet', { body: { network: 'EthereumSepolia', externalId: 'x'.repeat(101) } })
  await admin.isRefused(400, 'wallets.listWallets', { query: { limit: 501 } })
  await admin.isRefused(400, 'wallets.listWallets', { query: { paginationToken: 'nonsense' } })
}
