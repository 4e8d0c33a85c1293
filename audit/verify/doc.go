// Package verify checks a log of signed records as a stranger would: offline, trusting
// nothing but the log's public key.
//
// [Log] reads a whole log or a range of it once, in order, with all processors and in
// bounded memory; [Receipt] checks a single record. What they find is a [Report] or a
// [Proof], which also say what they do not show: only a log or a range shows that nothing
// was left out.
//
// # What is checked
//
// Workers take batches of records and check each by itself: its leaf hash, its signature,
// that it is in the one form of the profile, and what its body says. One stage behind
// them looks at the records in their order: that no index is missing, each author's chain,
// that the key which signed was enrolled then, that no key of a record is used twice, that
// every post stands behind its intent and repeats it, that an account decides an approval once,
// that no verdict was found where machines were halted, that budgets add up. It grows the
// Merkle tree and compares its root with every checkpoint on the way.
//
// # Keys
//
// Who signs records is told by the log itself: the first record enrols the key that signed
// it, and every later key is enrolled by one before. Since the root of the tree is signed
// by the log's key, trusting that key is trusting that beginning; [Trust] may pin the
// record keys too. In a range, the keys come as receipts of the records that enrolled
// them.
//
// The package reads no file and no clock, and holds nothing but Go's library, x/mod and
// package audit, so that it fits into a small program and a web page.
package verify
