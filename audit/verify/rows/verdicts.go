package rows

import (
	"time"

	"countersign"
)

// Verdicts are those that there are.
var Verdicts = []countersign.Verdict{countersign.Approve, countersign.Reject, countersign.Abstain}

// VerdictOf is a verdict's place in [Verdicts]; ok says whether it is one.
func VerdictOf(text []byte) (place byte, ok bool) {
	for i, v := range Verdicts {
		if string(v) == string(text) {
			return byte(i), true //nolint:gosec // of three
		}
	}
	return 0, false
}

// Micros is a time in microseconds since 1970.
func Micros(text []byte) (int64, bool) {
	t, err := time.Parse(time.RFC3339Nano, string(text))
	return t.UnixMicro(), err == nil
}
