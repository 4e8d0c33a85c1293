// Abort, cancel and speed-up of what can no longer be taken back; held.mjs has where they work.

const to = '0x00000000000000000000000000000000DeaDBeef'

export default async function ({ admin, env, version }) {
  const walletId = env.admin.DFNS_WALLET_ID
  const x = await admin.does('wallets.transferAsset', { walletId, body: { kind: 'Native', to, amount: '1' } })
  await admin.sees('wallets.getTransfer', { walletId, transferId: x.id }, (t) => t.status === 'Confirmed')
  const t = await admin.does('wallets.broadcastTransaction', { walletId, body: { kind: 'Evm', to, value: '1' } })
  await admin.sees('wallets.getTransaction', { walletId, transactionId: t.id }, (t) => t.status === 'Confirmed')
  // 0.8.3 has no abort and no speed-up.
  for (const verb of version === '0.8.3' ? ['cancel'] : ['cancel', 'speedUp', 'abort']) {
    await admin.isRefused(422, `wallets.${verb}Transfer`, { walletId, transferId: x.id })
    await admin.isRefused(422, `wallets.${verb}Transaction`, { walletId, transactionId: t.id })
    await admin.isRefused(404, `wallets.${verb}Transfer`, { walletId, transferId: 'xfr-00000-00000-0000000000000000' })
  }
}
