// What differs from run to run becomes a placeholder that keeps its identity within a
// file: the first wallet is <wa-1> wherever it is met, and no other value is.
const kinds = 'us|to|cr|cc|code|ci|or|pm|as|wa|key|xfr|tx|sig|plc|plce|ap|wh|whe|ch|fs|ofr|uj|cv'
const patterns = [
  ['jwt', /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g],
  ['pem', /-----BEGIN [A-Z ]+-----[\s\S]+?-----END [A-Z ]+-----\n?/g],
  [null, new RegExp(`\\b(${kinds})-[a-z0-9]{5}-[a-z0-9]{5}-[a-z0-9]{14,16}\\b`, 'g')],
  ['date', /\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g],
  ['hex', /\b0x(?!0{20})[0-9a-fA-F]{40,}\b/g],
  ['hex', /\b[0-9a-f]{64,}\b/g],
  ['stellar', /\bG[A-Z2-7]{55}\b/g],
  ['secret', /\bwhs-\w{32}\b/g],
  ['url', /\bhttp:\/\/127\.0\.0\.1:\d+/g],
  ['error', /^\d{19}$/g],
]

// Members whose values hang on the clock, the chain's blocks or a page's place in the store.
// A number stays a number, so that the types can be held against it.
const volatile = new Set(['timestampSent', 'blockNumber', 'fee', 'nextPageToken', 'paginationToken', 'challenge', 'clientData', 'attestationData',
  'signature', 'timestamp', 'recid', 'baseFeePerGas', 'maxFeePerGas', 'maxPriorityFeePerGas', 'encryptionKey', 'signerId', 'encryptedKeyShare'])

// normaliser returns a function that makes values comparable, remembering what it has seen.
export function normaliser() {
  const seen = new Map()
  const counts = new Map()
  const placeholder = (kind, value) => {
    if (kind === 'date' || kind === 'error') return `<${kind}>`
    const key = value.toLowerCase()
    if (!seen.has(key)) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
      seen.set(key, `<${kind}-${counts.get(kind)}>`)
    }
    return seen.get(key)
  }
  const text = (s) => patterns.reduce((s, [kind, re]) => s.replace(re, (m, g) => placeholder(kind ?? g, m)), s)
  const value = (v, member) => {
    if (Array.isArray(v)) return v.map((x) => value(x, member))
    if (v !== null && typeof v === 'object') {
      return Object.fromEntries(Object.entries(v).map(([k, x]) => [text(k), value(x, k)]))
    }
    if (volatile.has(member) && typeof v === 'number') return 0
    if (volatile.has(member) && typeof v === 'string' && v !== '') return `<${member}>`
    return typeof v === 'string' ? text(v).replace(/(paginationToken=)[^&]+/, '$1<paginationToken>') : v
  }
  return value
}
