package check

import "runtime/debug"

// Passing sets the collector for records that pass through once: fewer collections, within a
// quarter of a gigabyte. What it returns makes it as it was.
func Passing() func() {
	percent, limit := debug.SetGCPercent(400), debug.SetMemoryLimit(200<<20)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}
