// Package bundle is the form of exports: which files they have, how records stand in them,
// and what is told of records beside them. Package audit/export writes it, package
// audit/export/check reads it back.
//
// A bundle is a directory, or a zip of one:
//
//	checkpoint             the signed checkpoint that it ends with
//	checkpoint.from        the one that it begins behind; absent in a whole log
//	frontier               the tree at checkpoint.from, a hash in base64 per line
//	tile/entries/…         the records: each a length in two bytes and a compact JWS
//	tile/<L>/…             the tree of a whole log
//	checkpoints            every checkpoint that was signed in between
//	keys/<index>.tlog-proof  receipts of the records about keys before a range
//	jwks.json              every key, with the indexes that it may sign at
//	evidence/<sha256>      what records name by that; absent unless it was asked for
//	policy                 whom the exporter trusts (c2sp.org/tlog-policy)
//	records-v2.csv         the records for a spreadsheet
//	ocsf.ndjson            the records for a SIEM, OCSF 1.8.0
//	README.md              all this for an auditor
//	manifest.json          written last: what belongs to the bundle
//
// Entries and tiles have the paths and bytes of c2sp.org/tlog-tiles. The CSV, the OCSF
// events and the JWK set are views: what counts is what they were made from, and a verifier
// makes them again and compares.
//
// A selection has records/<index>.tlog-proof instead of entries and tiles, and no OCSF.
package bundle
