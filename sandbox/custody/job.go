package custody

import (
	"errors"
	"fmt"
	"math/big"

	"countersign/sandbox/dfns"
	"countersign/sandbox/queue"
	"countersign/sandbox/store"
)

// ErrAborted means that a job was taken back before it was signed.
var ErrAborted = errors.New("request was aborted")

// Signed records the raw transaction of a job before anyone else sees it, and
// with it that the request is Broadcasted under that hash. It fails with [ErrAborted], or
// with [ErrDelegated] when the wallet is not the requester's to use any more; then nobody may
// see the transaction.
func (c *Custody) Signed(job queue.Job, raw []byte, hash string) error {
	job.Raw = raw
	return c.DB.Update(func(tx *store.Tx) error {
		if job.RequestID == "" {
			return queue.Put(tx, job)
		}
		r, err := store.Get[Request](tx, job.Object, job.RequestID)
		if err != nil {
			return err
		}
		if r.Status != Executing {
			return fmt.Errorf("signing %s, which is %s: %w", r.ID, r.Status, ErrAborted)
		}
		wallet, err := getWallet(tx, r.WalletID)
		if err == nil && wallet.lost(r) {
			err = ErrDelegated
		}
		if err := errors.Join(err, queue.Put(tx, job)); err != nil {
			return err
		}
		r.Status, r.TxHash, r.DateBroadcasted = Broadcasted, hash, dfns.At(c.Now())
		return c.save(tx, job.Object, r)
	})
}

// Settlement is how a job ended on the chain. An empty Reason is success.
type Settlement struct {
	Fee    *big.Int // wei paid; nil when it never reached the chain
	Reason string
}

// Settled ends a job, and with it its request: Confirmed, or Failed for a reason.
func (c *Custody) Settled(job queue.Job, s Settlement) error {
	return c.DB.Update(func(tx *store.Tx) error { return c.SettledIn(tx, job, s) })
}

// SettledIn is [Custody.Settled] within a transaction of the caller's.
func (c *Custody) SettledIn(tx *store.Tx, job queue.Job, s Settlement) error {
	err := queue.Remove(tx, job.ID)
	if err != nil || job.RequestID == "" {
		return err
	}
	r, err := store.Get[Request](tx, job.Object, job.RequestID)
	if err != nil {
		return err
	}
	if r.Status != Executing && r.Status != Broadcasted {
		return errors.New("settling " + r.ID + ", which is " + r.Status)
	}
	r.Status, r.Reason = Confirmed, s.Reason
	if s.Reason != "" {
		r.Status = Failed
	} else {
		r.DateConfirmed = dfns.At(c.Now())
	}
	if s.Fee != nil {
		r.Fee = s.Fee.String()
	}
	return c.save(tx, job.Object, r)
}
