// Package api lets others read the trail over HTTP: records and decisions by filter, as
// pages, as NDJSON and as CSV; receipts; and the log itself as C2SP tlog-tiles serves
// it, so that any tool of that world can mirror and check it.
//
// # Who may read
//
// A bearer token, known by its digest only, says what it may do by its scopes. Some
// things are for everybody: the checkpoint, the keys, the policy, the document of the
// API and its health; they tell how many records there are and whose keys sign them, and
// nothing of what is in them. A token may be bound to wallets: it then reads the records
// that name those and no other wallet, and no tiles at all.
//
// # What reading leaves behind
//
// The first use of a token in a process is a record (api.signed_in), written before the
// first answer. So is every export (export.made), written before its first byte. When
// the record cannot be written, nothing is read: the answer is 503.
//
// # Paging
//
// Records are paged by their index in the log and by nothing else. Indexes have no gaps
// and are given at commit, so that what was passed by is never filled later: a reader
// that goes on after the last index it saw misses nothing, however much is appended
// meanwhile.
//
// The server shows records and vouches for none: it verifies no signature. What is
// shown carries its JWS, and `countersign audit verify` needs nothing else but the keys.
package api
