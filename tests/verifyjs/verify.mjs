// Verifies a bundle with other people's code: JWS by jose, hashes and the note's signature
// by node:crypto, the tree of RFC 6962 written down here again. It shares nothing with the
// product but the formats. Prints JSON; exits 3 when something is wrong.
//   node verify.mjs BUNDLE LOG-KEY
import { createHash, createPublicKey, verify as check } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compactVerify, decodeProtectedHeader, importJWK } from 'jose';

const [bundle, logKey] = process.argv.slice(2);
const faults = [];
const fault = (index, what) => faults.push({ index, what });
const read = (name) => readFileSync(join(bundle, name));
const sha256 = (...parts) => parts.reduce((h, p) => h.update(p), createHash('sha256')).digest();
const leafHash = (entry) => sha256(Buffer.from([0]), entry);
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right);

// checkpoint opens a signed note (c2sp.org/signed-note): Ed25519, type 1.
function checkpoint(name) {
  const text = read(name).toString('utf8');
  const end = text.indexOf('\n\n');
  const body = text.slice(0, end + 1);
  const [origin, size, root] = body.split('\n');
  const [keyName, keyHash, key] = logKey.split(/\+(.{8})\+/);
  const raw = Buffer.from(key, 'base64');
  if (sha256(Buffer.from(keyName + '\n'), raw).subarray(0, 4).toString('hex') !== keyHash || raw[0] !== 1) {
    throw new Error('the log key is none');
  }
  const pub = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.subarray(1).toString('base64url') }, format: 'jwk' });
  const signed = text.slice(end + 2).split('\n').some((line) => {
    const m = /^— (\S+) (\S+)$/.exec(line);
    if (!m || m[1] !== keyName) return false;
    const sig = Buffer.from(m[2], 'base64');
    return sig.subarray(0, 4).toString('hex') === keyHash && check(null, Buffer.from(body), pub, sig.subarray(4));
  });
  if (!signed || origin !== keyName) fault(Number(size), name + ' is not signed by the log');
  return { size: Number(size), root };
}

// A tree is the roots of its perfect subtrees, largest first.
function grow(stack, size, leaf) {
  stack.push(leaf);
  for (let n = size; n % 2 === 1; n = (n - 1) / 2) {
    const right = stack.pop();
    stack.push(nodeHash(stack.pop(), right));
  }
}
const root = (stack) => (stack.length ? stack.reduceRight((right, left) => (right ? nodeHash(left, right) : left), null) : sha256()).toString('base64');

function tilePath(n) {
  let path = String(n % 1000).padStart(3, '0');
  for (n = Math.floor(n / 1000); n > 0; n = Math.floor(n / 1000)) path = 'x' + String(n % 1000).padStart(3, '0') + '/' + path;
  return 'tile/entries/' + path;
}

function* entries(from, to) {
  for (let n = Math.floor(from / 256); n * 256 < to; n++) {
    const width = Math.min(256, to - n * 256);
    const name = tilePath(n) + (width < 256 ? '.p/' + width : '');
    if (!existsSync(join(bundle, name))) return fault(n * 256, name + ' is not there');
    const data = read(name);
    let at = 0;
    for (let i = 0; i < width; i++) {
      const length = at + 2 <= data.length ? data.readUInt16BE(at) : 0;
      if (length === 0 || at + 2 + length > data.length) return fault(n * 256 + i, name + ' ends early');
      yield [n * 256 + i, data.subarray(at + 2, at + 2 + length)];
      at += 2 + length;
    }
    if (at !== data.length) fault(n * 256 + width, name + ' goes on');
  }
}

const keys = new Map();
for (const jwk of JSON.parse(read('jwks.json').toString()).keys) {
  if (jwk.countersign_use === 'record') keys.set(jwk.kid, { jwk, key: await importJWK(jwk, jwk.alg) });
}
const last = checkpoint('checkpoint');
const ranged = existsSync(join(bundle, 'checkpoint.from'));
const first = ranged ? checkpoint('checkpoint.from') : { size: 0 };
const stack = ranged ? read('frontier').toString().trim().split('\n').map((l) => Buffer.from(l, 'base64')) : [];
if (ranged && root(stack) !== first.root) fault(first.size, 'the frontier is not that of checkpoint.from');

let size = first.size, signatures = 0;
for (const [index, jws] of entries(first.size, last.size)) {
  if (index < first.size) continue;
  grow(stack, size++, leafHash(jws));
  try {
    const text = jws.toString('latin1');
    const { kid } = decodeProtectedHeader(text);
    const known = keys.get(kid);
    if (!known) throw new Error('no key ' + kid);
    const { payload, protectedHeader } = await compactVerify(text, known.key, { algorithms: [known.jwk.alg] });
    const record = JSON.parse(Buffer.from(payload).toString('utf8'));
    const until = known.jwk.countersign_until ?? Infinity;
    if (record.index !== index || record.sub !== known.jwk.countersign_subject || index < known.jwk.countersign_from || index >= until || protectedHeader.typ !== 'treasury-decision+jws') {
      throw new Error('signed for another place, by another author or out of the time of its key');
    }
    signatures++;
  } catch (err) {
    fault(index, String(err.message));
  }
}
if (size !== last.size || root(stack) !== last.root) fault(size, 'the records are not those under the checkpoint');
console.log(JSON.stringify({ records: size - first.size, signatures, root: root(stack), faults }));
process.exitCode = faults.length ? 3 : 0;
