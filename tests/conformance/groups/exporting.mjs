// Keys that leave and keys that come: exported in shares that only the caller can open, and
// imported in shares that only the signers can. The other side is written here again, from the
// formats of https://github.com/dfns/trusted-dealer, and shares no code with the sandbox.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n // of secp256k1
const mod = (a) => ((a % order) + order) % order
const bytes = (n) => Buffer.from(n.toString(16).padStart(64, '0'), 'hex')
const number = (hex) => BigInt('0x' + hex)

export default async function ({ admin }) {
  const wallet = await admin.does('wallets.createWallet', { body: { network: 'EthereumSepolia' } })
  const own = crypto.createECDH('secp256k1')
  own.generateKeys()
  const body = { encryptionKey: Buffer.concat([Buffer.of(1), own.getPublicKey(null, 'compressed')]).toString('base64'),
    supportedSchemes: [{ protocol: 'CGGMP21', curve: 'secp256k1' }, { protocol: 'FROST', curve: 'ed25519' }] }
  const exported = await admin.does('wallets.exportWallet', { walletId: wallet.id, body })
  const key = joined(own, exported)
  assert.equal(publicKey(key), wallet.signingKey.publicKey)
  assert.equal((await admin.does('keys.getKey', { keyId: wallet.signingKey.id })).exported, true)
  await admin.isRefused(422, 'wallets.transferAsset', { walletId: wallet.id, body: { kind: 'Native', to: wallet.address, amount: '1' } })

  const { id: keyId } = await admin.does('keys.createKey', { body: { scheme: 'EdDSA', curve: 'ed25519' } })
  assert.equal((await admin.does('keys.exportKey', { keyId, body })).protocol, 'FROST')
  await admin.isRefused(400, 'keys.exportKey', { keyId, body: { ...body, supportedSchemes: [] } })
  await admin.isRefused(400, 'keys.exportKey', { keyId, body: { ...body, encryptionKey: 'AAAA' } })
  await imports(admin, wallet, key)
}

// imports brings back a key that was deleted here, and a new one.
async function imports(admin, wallet, key) {
  const { clusters: [{ signers }] } = await admin.does('signers.listSigners')
  const split = (k) => ({ curve: 'secp256k1', protocol: 'CGGMP21', minSigners: 3, encryptedKeyShares: dealt(k, 3, signers) })
  await admin.isRefused(409, 'wallets.importWallet', { body: { network: 'EthereumSepolia', ...split(key) } })
  await admin.does('keys.deleteKey', { keyId: wallet.signingKey.id })
  const back = await admin.does('wallets.importWallet', { body: { network: 'EthereumSepolia', name: 'back', ...split(key) } })
  assert.equal(back.address, wallet.address)
  const x = await admin.does('wallets.transferAsset', { walletId: back.id, body: { kind: 'Native', to: '0x00000000000000000000000000000000DeaDBeef', amount: '1' } })
  await admin.sees('wallets.getTransfer', { walletId: back.id, transferId: x.id }, (t) => t.status === 'Confirmed')
  const fresh = number(crypto.randomBytes(31).toString('hex')) + 1n
  const made = await admin.does('keys.importKey', { body: { name: 'brought', ...split(fresh) } })
  assert.equal(made.publicKey, publicKey(fresh))
  assert.equal(made.imported, true)
  await admin.isRefused(400, 'keys.importKey', { body: { ...split(fresh), minSigners: 2 } }) // they are of three
  await admin.isRefused(501, 'keys.importKey', { body: { ...split(fresh), curve: 'ed25519', protocol: 'FROST' } })
}

function publicKey(n, form = 'compressed') {
  const pair = crypto.createECDH('secp256k1')
  pair.setPrivateKey(bytes(n))
  return pair.getPublicKey('hex', form)
}

// cipherKey is what the holder of a private number shares with a point.
function cipherKey(n, point) {
  const [x, y] = multiplied(n, uncompressed(point))
  const shared = Buffer.concat([Buffer.of(y & 1n ? 3 : 2), bytes(x)])
  return Buffer.from(crypto.hkdfSync('sha256', shared, 'DFNS_KEY_IMPORT', 'ENCRYPTION_KEY', 32))
}

function open(pair, sealed) {
  const box = crypto.createDecipheriv('aes-256-gcm', cipherKey(number(pair.getPrivateKey('hex')), sealed.subarray(-33)), Buffer.alloc(12))
  box.setAuthTag(sealed.subarray(-49, -33))
  return JSON.parse(Buffer.concat([box.update(sealed.subarray(0, -49)), box.final()]).toString())
}

function seal(recipient, text) {
  const once = crypto.createECDH('secp256k1')
  once.generateKeys()
  const key = cipherKey(number(once.getPrivateKey('hex')), Buffer.from(recipient, 'base64').subarray(1))
  const box = crypto.createCipheriv('aes-256-gcm', key, Buffer.alloc(12))
  return Buffer.concat([box.update(text), box.final(), box.getAuthTag(), once.getPublicKey(null, 'compressed')]).toString('base64')
}

// joined is the private key that the last shares of an export make.
function joined(pair, { minSigners, encryptedKeyShares }) {
  const shares = encryptedKeyShares.slice(-minSigners).map((s) => open(pair, Buffer.from(s.encryptedKeyShare, 'base64')))
  const xs = shares.map((s) => number(s.index.scalar))
  return shares.reduce((sum, s, i) => {
    let term = number(s.secret_share.scalar)
    xs.forEach((x, j) => { if (j !== i) term = mod(term * x * inverse(mod(x - xs[i]), order)) })
    return mod(sum + term)
  }, 0n)
}

// dealt splits a private key for the signers, in the order of their IDs.
function dealt(key, threshold, signers) {
  const polynomial = [key, ...Array.from({ length: threshold - 1 }, () => number(crypto.randomBytes(31).toString('hex')))]
  const at = (x) => polynomial.reduceRight((sum, c) => mod(sum * x + c), 0n)
  const sorted = [...signers].sort((a, b) => Buffer.compare(Buffer.from(a.signerId, 'base64'), Buffer.from(b.signerId, 'base64')))
  const values = sorted.map((_, i) => at(BigInt(i + 1)))
  const public_shares = values.map((v) => ({ curve: 'secp256k1', point: publicKey(v, 'uncompressed') }))
  return sorted.map(({ signerId, encryptionKey }, i) => ({ signerId, encryptedKeyShare: seal(encryptionKey,
    JSON.stringify({ version: 1, secret_share: { curve: 'secp256k1', scalar: bytes(values[i]).toString('hex') }, public_shares, chain_code: null })) }))
}

// What Node does not have of secp256k1: y² = x³ + 7 over the integers below p.
const p = 2n ** 256n - 2n ** 32n - 977n
const modp = (a) => ((a % p) + p) % p

// inverse is Euclid's, of a number that is not negative.
function inverse(a, modulus) {
  let [r, next, x, step] = [modulus, a % modulus, 0n, 1n]
  while (next > 0n) {
    const q = r / next
    ;[r, next, x, step] = [next, r - q * next, step, x - q * step]
  }
  return ((x % modulus) + modulus) % modulus
}

function uncompressed(point) {
  const raw = crypto.ECDH.convertKey(point, 'secp256k1', null, 'hex', 'uncompressed')
  return [number(raw.slice(2, 66)), number(raw.slice(66))]
}

function multiplied(n, point) {
  let sum = null
  for (; n > 0n; n >>= 1n, point = added(point, point)) if (n & 1n) sum = sum ? added(sum, point) : point
  return sum
}

function added([x1, y1], [x2, y2]) {
  const slope = x1 === x2 ? modp(3n * x1 * x1 * inverse(modp(2n * y1), p)) : modp((y2 - y1) * inverse(modp(x2 - x1), p))
  const x = modp(slope * slope - x1 - x2)
  return [x, modp(slope * (x1 - x) - y1)]
}
