package activities

import (
	"errors"

	"countersign"
	"countersign/audit"

	"go.temporal.io/sdk/temporal"
)

// permanent lists the failures that no retry can cure and the name each carries
// in workflow history. The names are wire format: add to them, never rename one.
//
// What is not here is asked again, for as long as it takes: a custodian that is
// away comes back, a revoked credential is replaced, a database is repaired. A
// workflow that gave up on those would leave an approval that nobody looks at.
var permanent = []struct {
	err  error
	name string
}{
	{countersign.ErrInvalid, "InvalidRequest"},
	{countersign.ErrID, "InvalidID"},
	{audit.ErrTooLarge, "RecordTooLarge"},
	{audit.ErrNoRecord, "NoRecord"},
	{audit.ErrForged, "ForgedRecord"},
}

// PermanentErrors returns the names above.
func PermanentErrors() []string {
	names := make([]string, len(permanent))
	for i, p := range permanent {
		names[i] = p.name
	}
	return names
}

// wire gives an error the form in which it crosses into a workflow.
func wire(err error) error {
	for _, p := range permanent {
		if errors.Is(err, p.err) {
			return temporal.NewNonRetryableApplicationError(err.Error(), p.name, err)
		}
	}
	return err
}
