// Package check verifies exports: it reads a bundle or a selection back and says what is
// wrong with it, and what it does not show. [Open] takes a directory, a zip or anything else
// that is a file system, and believes nothing in it; [Opened.Verify] wants nothing but the
// log's public key.
//
// What is signed is package verify's to check. Here the rest is compared with it: the views,
// which are made again from the records, and the files that the manifest names. Everything
// that is read is bounded, because a stranger may have written it.
package check
