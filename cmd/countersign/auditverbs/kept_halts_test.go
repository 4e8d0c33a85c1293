package auditverbs_test

import (
	"testing"

	"countersign/audit"
)

// halt halts two wallets, and lets one go on.
func (v *vault) halt(t *testing.T) {
	t.Helper()
	control := func(key string, kind audit.Type, scope string) audit.Draft {
		return audit.Draft{Key: key, Type: kind, Body: audit.Control{Scope: scope, Reason: "incident 42", By: "ops"}}
	}
	for _, scope := range []string{"wallet/wa-8", "wallet/wa-9"} {
		e, err := v.Halt(t.Context(), control("halt/"+scope, audit.ControlHalted, scope), scope)
		v.put(t, e, err)
	}
	e, err := v.Resume(t.Context(), control("resume", audit.ControlResumed, "wallet/wa-8"), "wallet/wa-8")
	v.put(t, e, err)
}
