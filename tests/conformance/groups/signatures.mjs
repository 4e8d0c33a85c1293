// Raw signatures of keys and wallets: each kind, behind policies, verified.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'

import { policy } from './policies.mjs'

export default async function ({ admin, alice, env }) {
  const walletId = env.admin.DFNS_WALLET_ID
  const { signingKey } = await admin.does('wallets.getWallet', { walletId })
  const message = '0x' + Buffer.from('I own this').toString('hex')
  const typed = { types: { EIP712Domain: [{ name: 'name', type: 'string' }], Mail: [{ name: 'text', type: 'string' }] }, domain: { name: 'conformance' }, message: { text: 'hello' } }
  for (const body of [
    { kind: 'Hash', hash: '0x' + '5a'.repeat(32) },
    { kind: 'Message', blockchainKind: 'Evm', message, externalId: 'sign-1' },
    { kind: 'Eip191', blockchainKind: 'Evm', message },
    { kind: 'Eip712', blockchainKind: 'Evm', ...typed },
  ]) {
    const s = await admin.does('keys.generateSignature', { keyId: signingKey.id, body })
    const done = await admin.sees('keys.getSignature', { keyId: signingKey.id, signatureId: s.id }, (s) => s.status === 'Signed')
    assert.match(done.signature.r, /^0x[0-9a-f]{64}$/)
  }
  const w = await admin.does('wallets.generateSignature', { walletId, body: { kind: 'Message', message } })
  await admin.sees('wallets.getSignature', { walletId, signatureId: w.id }, (s) => s.status === 'Signed')
  await ed25519(admin)

  const page = await admin.does('keys.listSignatures', { keyId: signingKey.id, query: { limit: 2 } })
  await admin.does('keys.listSignatures', { keyId: signingKey.id, query: { limit: 2, paginationToken: page.nextPageToken } })
  await admin.does('wallets.listSignatures', { walletId })

  const p = await admin.does('policies.createPolicy', { body: policy() })
  const gated = await admin.does('wallets.generateSignature', { walletId, body: { kind: 'Message', message } })
  assert.equal(gated.status, 'Pending')
  const approval = await alice.does('policies.createApprovalDecision', { approvalId: gated.approvalId, body: { value: 'Denied' } })
  assert.equal(approval.activity.signatureRequest.status, 'Rejected')
  await admin.does('policies.archivePolicy', { policyId: p.id })

  const refuses = (status, body) => admin.isRefused(status, 'keys.generateSignature', { keyId: signingKey.id, body })
  await refuses(400, { kind: 'Hash', hash: '0x12' })
  await refuses(400, { kind: 'Message', blockchainKind: 'Evm', message: 'plain' })
  await refuses(400, { kind: 'Scribble' })
  await admin.isRefused(404, 'keys.generateSignature', { keyId: 'key-00000-00000-0000000000000000', body: { kind: 'Message', message } })
  await admin.isRefused(404, 'wallets.getSignature', { walletId, signatureId: 'sig-00000-00000-0000000000000000' })
}

// ed25519 verifies what a key that is of no EVM chain signs.
async function ed25519(admin) {
  const key = await admin.does('keys.createKey', { body: { scheme: 'EdDSA', curve: 'ed25519' } })
  const text = Buffer.from('signed by Ed25519')
  const s = await admin.does('keys.generateSignature', { keyId: key.id, body: { kind: 'Message', message: '0x' + text.toString('hex') } })
  const { signature } = await admin.sees('keys.getSignature', { keyId: key.id, signatureId: s.id }, (s) => s.status === 'Signed')
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(key.publicKey, 'hex')])
  const publicKey = crypto.createPublicKey({ key: spki, format: 'der', type: 'spki' })
  assert.ok(crypto.verify(null, text, publicKey, Buffer.from(signature.r.slice(2) + signature.s.slice(2), 'hex')), 'the signature verifies')
}
