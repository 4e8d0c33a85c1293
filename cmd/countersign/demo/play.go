package demo

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Play runs all scenarios in order, also after one has failed, prints how each
// ended, and counts the failures.
func Play(ctx context.Context, w *World, out io.Writer) (failed int) {
	for i, s := range Scenarios() {
		start := time.Now()
		detail, err := s.Run(ctx, w)
		mark := "ok  "
		if err != nil {
			mark, detail = "FAIL", err.Error()
			failed++
		}
		fmt.Fprintf(out, "%s %2d  %-54s → %s\n         %s  (%.1f s)\n", mark, i+1, s.Name, s.Expect, detail, time.Since(start).Seconds())
		if ctx.Err() != nil {
			return failed
		}
	}
	return failed
}
