// Package export takes records out of the house: as a bundle that a stranger can verify
// offline, and as a selection that shows less and says so.
//
// A bundle is a directory, or a zip of one. It holds everything between two signed
// checkpoints, or the whole log, in the forms of C2SP (c2sp.org/tlog-tiles,
// c2sp.org/tlog-proof), so that nobody needs a tool of ours to read it: [Bundle] writes
// one, package bundle says what is in it, and package check reads it back. Because it begins and ends with a
// checkpoint, it shows that nothing in it was altered and nothing between was left out.
//
// [Selected] writes single records, each with its receipt. That shows that none of them was
// altered, and not that none was left out.
//
// Bundles of one range are the same to the byte. An export that was killed goes on where it
// stopped.
package export
