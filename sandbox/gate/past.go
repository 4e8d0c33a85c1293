package gate

import (
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/rule"
	"countersign/sandbox/store"
)

// kindMoved is the kind of what a wallet was asked to move, listed under the wallet in the
// order in which it was asked.
const kindMoved = "moved"

// moved is one activity on a wallet, as rules that look back see it. One that a policy
// blocked is not kept, and one whose approval was denied or expired is forgotten.
type moved struct {
	rule.Movement
	At dfns.Time
}

func remember(tx *store.Tx, c Case, now time.Time) error {
	return store.Put(tx, store.Object{Kind: kindMoved, ID: c.SubjectID, Parent: c.Scope.WalletID},
		moved{Movement: c.Movement, At: dfns.At(now)})
}

func forget(tx *store.Tx, subject string) error { return store.Delete(tx, kindMoved, subject) }

// past returns what a wallet was asked to move after since, the latest first.
func past(tx *store.Tx, wallet string, since time.Time) ([]rule.Movement, error) {
	found, err := store.Latest(tx, kindMoved, wallet, func(m moved) bool { return m.At.After(since) })
	movements := make([]rule.Movement, len(found))
	for i, m := range found {
		movements[i] = m.Movement
	}
	return movements, err
}
