package tests

import (
	"log/slog"
	"strings"
	"testing"

	"countersign/cmd/countersign/stack"
)

// TestAStackThatCannotStartLeavesNothing: what went wrong is said, and nobody
// listens afterwards.
func TestAStackThatCannotStartLeavesNothing(t *testing.T) {
	addrs := freeAddrs(t, 2)
	_, err := stack.Start(t.Context(), stack.Config{
		Dir: t.TempDir(), Temporal: program(t, "temporal"), Sandbox: program(t, "countersign"), // no sandbox
		TemporalAddr: addrs[0], UIAddr: addrs[1], Log: slog.New(slog.DiscardHandler),
	})
	if err == nil || !strings.Contains(err.Error(), "sandbox ended") || !strings.Contains(err.Error(), "unknown flag: --listen") {
		t.Errorf("Start = %v, want what the child said", err)
	}
	_, err = stack.Start(t.Context(), stack.Config{
		Dir: t.TempDir(), Temporal: "/none/temporal", Sandbox: "/none/sandbox", Log: slog.New(slog.DiscardHandler),
		TemporalAddr: addrs[0], UIAddr: addrs[1],
	})
	if err == nil || strings.Contains(err.Error(), "address already in use") || !strings.Contains(err.Error(), "/none/temporal") {
		t.Errorf("Start after it = %v, want free addresses and the missing program", err)
	}
}
