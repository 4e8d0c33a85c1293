// Package known checks what a filter names against what this program can have written: types
// of records and verdicts. A word that no record can hold is refused, since finding nothing
// by it would look like an answer.
package known

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"countersign"
	"countersign/audit"
	"countersign/audit/ocsf"
)

// ErrUnknown means that no record can hold a word. The error names those that one can.
var ErrUnknown = errors.New("no record can hold it")

// Type is the type of records that a filter names, empty for all.
func Type(name string) (audit.Type, error) {
	t, all := audit.Type(name), ocsf.Mapped()
	if name == "" || slices.Contains(all, t) {
		return t, nil
	}
	return "", unknown(name, "type of record", all)
}

// Verdict is the verdict that a filter names, empty for all.
func Verdict(name string) (countersign.Verdict, error) {
	v, all := countersign.Verdict(name), []countersign.Verdict{countersign.Approve, countersign.Reject, countersign.Abstain}
	if name == "" || slices.Contains(all, v) {
		return v, nil
	}
	return "", unknown(name, "decision", all)
}

func unknown[W ~string](name, what string, all []W) error {
	words := make([]string, len(all))
	for i, w := range all {
		words[i] = string(w)
	}
	return fmt.Errorf("%.60q is no %s: %w; write one of %s", name, what, ErrUnknown, strings.Join(words, ", "))
}
