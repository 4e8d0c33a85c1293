// Networks: their fees and contracts, wallets on several, and one that is no EVM chain.
import assert from 'node:assert/strict'

export default async function ({ admin, env, version }) {
  const network = 'EthereumSepolia'
  const contract = env.admin.SANDBOX_TOKEN_ADDRESS
  for (const n of [network, 'PolygonAmoy']) {
    assert.equal((await admin.does('networks.getFees', { query: { network: n } })).kind, 'Eip1559')
  }
  await admin.isRefused(400, 'networks.getFees', {})
  if (version === '0.8.3') {
    const { data } = await admin.does('networks.readContract', { body: { kind: 'Evm', network, contract, data: '0x313ce567' } }) // decimals()
    assert.equal(BigInt(data), 6n)
    await admin.isRefused(400, 'networks.readContract', { body: { kind: 'Evm', network, contract: '0x12', data: '0x' } })
  } else {
    const abi = { type: 'function', name: 'balanceOf', stateMutability: 'view', inputs: [{ name: 'holder', type: 'address' }], outputs: [{ name: '', type: 'uint256' }] }
    const holder = env.admin.SANDBOX_TREASURY_ADDRESS
    await admin.does('networks.callFunction', { network: 'ethereum-sepolia', body: { contract, abi, calldata: { holder } } })
    await admin.isRefused(400, 'networks.callFunction', { network: 'ethereum-sepolia', body: { contract, abi, calldata: {} } })
    await admin.isRefused(400, 'networks.callFunction', { network: 'ethereum-sepolia', body: { contract, abi: { ...abi, stateMutability: 'nonpayable' }, calldata: { holder } } })
  }
  await polygon(admin)
  await stellar(admin)
  await admin.isRefused(501, 'wallets.createWallet', { body: { network: 'Bitcoin' } })
  await admin.isRefused(400, 'wallets.createWallet', { body: { network: 'Atlantis' } })
}

async function polygon(admin) {
  const w = await admin.does('wallets.createWallet', { body: { network: 'PolygonAmoy', name: 'polygon' } })
  const x = await admin.does('wallets.transferAsset', { walletId: w.id, body: { kind: 'Native', to: '0x00000000000000000000000000000000DeaDBeef', amount: '3' } })
  assert.equal(x.metadata.asset.symbol, 'POL')
  await admin.sees('wallets.getTransfer', { walletId: w.id, transferId: x.id }, (t) => t.status === 'Confirmed')
  await admin.does('wallets.getWalletNfts', { walletId: w.id })
  await admin.isRefused(404, 'wallets.getWalletNfts', { walletId: 'wa-00000-00000-0000000000000000' })
}

async function stellar(admin) {
  const [a, b] = [await make(admin), await make(admin)]
  const x = await admin.does('wallets.transferAsset', { walletId: a.id, body: { kind: 'Native', to: b.address, amount: '25000000', memo: 'invoice 7' } })
  const done = await admin.sees('wallets.getTransfer', { walletId: a.id, transferId: x.id }, (t) => t.status === 'Confirmed')
  assert.equal(done.requestBody.memo, 'invoice 7')
  await admin.sees('wallets.getWalletHistory', { walletId: b.id, query: { direction: 'In' } }, (h) => h.items.length === 2) // the faucet's, and ours
  await admin.does('wallets.getWalletAssets', { walletId: b.id })
  await admin.isRefused(400, 'wallets.transferAsset', { walletId: a.id, body: { kind: 'Native', to: '0x00000000000000000000000000000000DeaDBeef', amount: '1' } })
}

async function make(admin) {
  const w = await admin.does('wallets.createWallet', { body: { network: 'StellarTestnet', name: 'stellar' } })
  await admin.sees('wallets.getWalletAssets', { walletId: w.id }, (l) => l.assets.some((x) => x.kind === 'Native' && x.balance !== '0'))
  return w
}
