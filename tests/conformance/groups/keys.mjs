// Keys: made, read, listed, renamed, reused by wallets, deleted; refusals.
import assert from 'node:assert/strict'

export default async function ({ admin }) {
  const key = await admin.does('keys.createKey', { body: { scheme: 'ECDSA', curve: 'secp256k1', name: 'shared' } })
  await admin.does('keys.createKey', { body: { scheme: 'EdDSA', curve: 'ed25519' } })
  const keyId = key.id
  assert.deepEqual((await admin.does('keys.getKey', { keyId })).wallets, [])
  for (const network of ['EthereumSepolia', 'BaseSepolia']) {
    const w = await admin.does('wallets.createWallet', { body: { network, signingKey: { id: keyId } } })
    assert.equal(w.signingKey.id, keyId)
  }
  assert.equal((await admin.does('keys.getKey', { keyId })).wallets.length, 2)
  await admin.does('keys.updateKey', { keyId, body: { name: 'renamed' } })
  const page = await admin.does('keys.listKeys', { query: { limit: 2 } })
  await admin.does('keys.listKeys', { query: { limit: 2, paginationToken: page.nextPageToken } })
  const spare = await admin.does('keys.createKey', { body: { scheme: 'ECDSA', curve: 'secp256k1' } })
  await admin.does('keys.deleteKey', { keyId: spare.id })
  await admin.does('keys.getKey', { keyId: spare.id })

  const dh = await admin.does('keys.createKey', { body: { scheme: 'DH', curve: 'secp256k1' } })
  const body = { domain: '0x6f7572733a746573743a31', seed: '0x0102' }
  const derived = await admin.does('keys.deriveKey', { keyId: dh.id, body })
  assert.deepEqual(await admin.does('keys.deriveKey', { keyId: dh.id, body }), derived)
  await admin.isRefused(400, 'keys.deriveKey', { keyId: dh.id, body: { domain: 'ours', seed: '0x' } })
  await admin.isRefused(400, 'keys.deriveKey', { keyId, body })

  const unknown = { keyId: 'key-00000-00000-0000000000000000' }
  await admin.isRefused(404, 'keys.getKey', unknown)
  await admin.isRefused(404, 'keys.deleteKey', unknown)
  await admin.isRefused(400, 'keys.createKey', { body: { scheme: 'ROT13', curve: 'secp256k1' } })
  await admin.isRefused(400, 'keys.createKey', { body: { scheme: 'ECDSA', curve: 'secp256k1', colour: 'blue' } })
  await admin.isRefused(501, 'keys.createKey', { body: { scheme: 'ECDSA', curve: 'secp256k1', masterKey: true } })
}
