package sweep

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"time"

	"countersign"
)

// A Run is one sweep of an order: what its schedule started, and when it was due.
type Run struct {
	Order Order `json:"order"`
	// Due is the scheduled time, in UTC and whole seconds. It is a part of the run's name
	// and of every external ID, so that the same window moves nothing twice.
	Due time.Time `json:"due"`
}

// ID names the run, and is its workflow's ID: sweep/NAME/2026-11-29T17:30:00Z.
func (r Run) ID() string { return "sweep/" + r.Order.Sweep + "/" + r.Due.UTC().Format(time.RFC3339) }

// Check checks the order, and refuses a time that two runs could share.
func (r Run) Check() error {
	if r.Due.IsZero() || r.Due.Nanosecond() != 0 {
		return fmt.Errorf("%w: due: %s, want the scheduled time in whole seconds", countersign.ErrInvalid, r.Due.Format(time.RFC3339Nano))
	}
	return r.Order.Check()
}

// idBytes is how much of the digest an external ID has: 20 bytes are 32 letters, so that two
// moves share an ID about as likely as two Git commits do.
const idBytes = 20

var idLetters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ExternalID names a move for us and for the custodian, for ever: by the run, what it is for,
// the wallet that it is about, and the asset. Amounts are no part of it, so that a window in
// which something came in meanwhile moves nothing twice. Of a top-up, the wallet is the one
// that is given gas, and the contract is empty.
func ExternalID(run Run, purpose Purpose, walletID, contract string) string {
	// Lists of texts cannot fail to be written.
	parts, _ := json.Marshal([]string{run.ID(), string(purpose), walletID, contract})
	sum := sha256.Sum256(parts)
	return "sweep-" + idLetters.EncodeToString(sum[:idBytes])
}
