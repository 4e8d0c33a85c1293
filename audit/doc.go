// Package audit is the trail: signed records of what was decided, posted and
// how it ended, which a stranger can verify with nothing but a public key.
//
// # Life of a record
//
// Whoever acts makes a [Draft]: a key that names the fact, a type and a body. A
// store appends it in the same database transaction as the business change that
// it explains. Inside that transaction [Signer.Prepare] gives it its place in the
// chain of its author and signs it; the result is an [Entry]. An entry is never
// changed, and a key holds one entry for ever.
//
//   - Drafted, not appended: a crash loses it, and the change with it. Nothing
//     happened.
//   - Appended: it survives with the database. Its signature binds its content and
//     its place: its index in the log, its number among its author's records and
//     the digest of the one before. Altering, removing, inserting, swapping or
//     renumbering records shows.
//
// Package verify checks all of it. What it cannot see is the removal of the newest records
// together: for that the records stand under a Merkle tree (package tree), whose signed
// checkpoints package verify compares, and which anchors and witnesses keep.
//
// # Format
//
// A record is a compact JWS (RFC 7515) in a strict profile: EdDSA (RFC 8037) or ES256 (RFC 7518), the
// header exactly {"alg","kid","typ"} in that order and spelling, kid the RFC 7638
// thumbprint of the key. The payload is kept and verified as the bytes that were
// signed and never encoded again. The leaf hash is that of RFC 6962 §2.1 over the
// compact JWS, so that a Merkle tree can be laid over the same records.
package audit
