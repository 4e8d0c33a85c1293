// Abort, cancel and speed-up where they work: the test that serves this group can pause the
// signing of requests and hold what the treasury sends.
import assert from 'node:assert/strict'

const to = '0x00000000000000000000000000000000DeaDBeef'

export default async function ({ admin, env, version }) {
  const walletId = env.admin.DFNS_WALLET_ID
  const control = async (what) => assert.equal((await fetch(`${env.control}/${what}`, { method: 'POST' })).status, 200)
  const pays = () => admin.does('wallets.transferAsset', { walletId, body: { kind: 'Native', to, amount: '1' } })
  const sends = () => admin.does('wallets.broadcastTransaction', { walletId, body: { kind: 'Evm', to, value: '1' } })
  const transfer = (x, status) => admin.sees('wallets.getTransfer', { walletId, transferId: x.id }, (t) => t.status === status)
  const transaction = (t, status) => admin.sees('wallets.getTransaction', { walletId, transactionId: t.id }, (t) => t.status === status)

  // Each takes the place of one that waits to be mined. 0.8.3 has no speed-up and no abort.
  for (const verb of version === '0.8.3' ? ['cancel'] : ['cancel', 'speedUp']) {
    await control('hold')
    const x = await transfer(await pays(), 'Broadcasted')
    const instead = await admin.does(`wallets.${verb}Transfer`, { walletId, transferId: x.id })
    const t = await transaction(await sends(), 'Broadcasted')
    const other = await admin.does(`wallets.${verb}Transaction`, { walletId, transactionId: t.id })
    await control('release')
    await transaction(instead, 'Confirmed')
    assert.equal((await transfer(x, 'Failed')).replacementId, instead.id)
    await transaction(other, 'Confirmed')
  }
  if (version !== '0.8.3') {
    await control('pause')
    const x = await admin.does('wallets.abortTransfer', { walletId, transferId: (await pays()).id })
    assert.equal(x.status, 'Failed')
    await admin.does('wallets.abortTransaction', { walletId, transactionId: (await sends()).id })
    await control('resume')
    await transfer(await pays(), 'Confirmed')
  }
}
