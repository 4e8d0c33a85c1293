package audit_test

import (
	"testing"
	"time"
)

// ratio times two ways of doing one thing in turn, in one run, and reports how
// many times longer the first takes.
func ratio(b *testing.B, full, bare func() bool) {
	b.Helper()
	var fullTime, bareTime time.Duration
	timed := func(f func() bool, into *time.Duration) {
		start := time.Now()
		if !f() {
			b.Fatal("a measured step failed")
		}
		*into += time.Since(start)
	}
	for b.Loop() {
		timed(full, &fullTime)
		timed(bare, &bareTime)
	}
	b.ReportMetric(float64(fullTime)/float64(bareTime), "×bare")
}
