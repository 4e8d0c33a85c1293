package custody

import (
	"errors"
	"fmt"
	"math/big"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
	"countersign/sandbox/terms"
)

// Job is one transaction that the chain owes: a request that may execute, or
// the faucet's own work. The jobs of a network are done in the order in which
// they were queued.
type Job struct {
	ID        string
	Network   string
	WalletID  string // who signs; "" is the faucet
	Object    string // kind of the request, or "" for the faucet's work
	RequestID string
	Call      terms.Call
	Raw       []byte // the signed transaction, once there is one
}

// Enqueue puts a job at the end of its network's queue.
func Enqueue(tx *store.Tx, job Job) error {
	return store.Put(tx, store.Object{Kind: kindJob, ID: job.ID, Parent: job.Network, Due: time.UnixMilli(0)}, job)
}

// Busy returns the networks that have jobs in their queues, or with parked those
// that have parked jobs.
func (c *Custody) Busy(parked bool) ([]string, error) {
	kind := kindJob
	if parked {
		kind = kindParked
	}
	var networks []string
	err := c.DB.View(func(tx *store.Tx) (err error) {
		networks, err = store.Parents(tx, kind, c.Now())
		return err
	})
	return networks, err
}

// NextJob returns the job at the head of a network's queue, or false when it is
// empty.
func (c *Custody) NextJob(network string) (Job, bool, error) {
	var jobs []Job
	err := c.DB.View(func(tx *store.Tx) (err error) {
		jobs, err = store.Due[Job](tx, kindJob, network, c.Now(), 1)
		return err
	})
	if err != nil || len(jobs) == 0 {
		return Job{}, false, err
	}
	jobs[0].Network = network // one that was queued before there were several lacks it
	return jobs[0], true, nil
}

// Park takes a job whose transaction is signed off the queue, to be looked at
// again when its chain changes: it is not mined yet, or not final.
func (c *Custody) Park(job Job) error {
	return c.DB.Update(func(tx *store.Tx) error {
		return errors.Join(store.Delete(tx, kindJob, job.ID),
			store.Put(tx, store.Object{Kind: kindParked, ID: job.ID, Parent: job.Network, Due: time.UnixMilli(0)}, job))
	})
}

// Parked returns a network's parked jobs, the longest parked first.
func (c *Custody) Parked(network string) ([]Job, error) {
	var jobs []Job
	err := c.DB.View(func(tx *store.Tx) (err error) {
		jobs, err = store.All[Job](tx, kindParked, network)
		return err
	})
	return jobs, err
}

// ErrAborted means that a job was taken back before it was signed.
var ErrAborted = errors.New("request was aborted")

// Signed records the raw transaction of a job before anyone else sees it, and
// with it that the request is Broadcasted under that hash.
func (c *Custody) Signed(job Job, raw []byte, hash string) error {
	job.Raw = raw
	return c.DB.Update(func(tx *store.Tx) error {
		if job.RequestID == "" {
			return Enqueue(tx, job)
		}
		r, err := store.Get[Request](tx, job.Object, job.RequestID)
		if err != nil {
			return err
		}
		if r.Status != Executing {
			return fmt.Errorf("signing %s, which is %s: %w", r.ID, r.Status, ErrAborted)
		}
		if err := Enqueue(tx, job); err != nil {
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
func (c *Custody) Settled(job Job, s Settlement) error {
	return c.DB.Update(func(tx *store.Tx) error {
		err := errors.Join(store.Delete(tx, kindJob, job.ID), store.Delete(tx, kindParked, job.ID))
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
	})
}
