// A person's private key, and how DFNS wants a challenge signed with it: pure Ed25519, ECDSA over
// SHA-256 in DER, RSA PKCS#1 v1.5 over SHA-256. The key cannot be read out of the page once it is in.

const kinds = [
  { name: 'Ed25519', key: { name: 'Ed25519' }, sign: 'Ed25519' },
  ...['P-256', 'P-384', 'P-521'].map((namedCurve) => (
    { name: `ECDSA ${namedCurve}`, key: { name: 'ECDSA', namedCurve }, sign: { name: 'ECDSA', hash: 'SHA-256' }, der: true })),
  { name: 'RSA', key: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, sign: 'RSASSA-PKCS1-v1_5' },
];

// importKey reads PEM (PKCS#8). It fails with a sentence for the person.
export async function importKey(pem) {
  if (!globalThis.crypto?.subtle) {
    throw new Error('this browser signs only on a page opened as http://127.0.0.1 or http://localhost');
  }
  const found = /^\s*-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----\s*$/.exec(pem);
  if (!found) throw new Error('the private key is not PEM in PKCS#8; give the text from -----BEGIN PRIVATE KEY----- to the END line');
  let bytes;
  try {
    bytes = fromBase64(found[1].replace(/\s/g, ''));
  } catch {
    throw new Error('the private key is damaged: what stands between BEGIN and END is no base64');
  }
  for (const kind of kinds) {
    try {
      const key = await crypto.subtle.importKey('pkcs8', bytes, kind.key, false, ['sign']);
      return { kind: kind.name, sign: (message) => sign(kind, key, message) };
    } catch { /* it is of another kind */ }
  }
  throw new Error('the private key is none that this browser signs with: Ed25519, ECDSA on P-256, P-384 or P-521, or RSA');
}

async function sign(kind, key, message) {
  const raw = new Uint8Array(await crypto.subtle.sign(kind.sign, key, message));
  return kind.der ? der(raw) : raw;
}

// der turns r and s, side by side, into the ASN.1 sequence of two integers that DFNS reads.
export function der(raw) {
  const half = raw.length / 2;
  const body = [...integer(raw.subarray(0, half)), ...integer(raw.subarray(half))];
  return Uint8Array.from([0x30, ...length(body.length), ...body]);
}

function integer(bytes) {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const digits = [...bytes.subarray(from)];
  if (digits[0] & 0x80) digits.unshift(0); // else it would be negative
  return [0x02, ...length(digits.length), ...digits];
}

function length(n) {
  return n < 0x80 ? [n] : [0x81, n]; // P-521 needs 139 bytes, none needs 256
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

// toBase64URL encodes bytes without padding.
export function toBase64URL(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

export function fromBase64URL(text) {
  return fromBase64(text.replace(/-/g, '+').replace(/_/g, '/'));
}
