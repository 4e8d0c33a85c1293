// Package queue is what the chains owe: jobs, each one transaction of a
// wallet's or of the faucet's. A network's jobs are done in the order in which
// they were queued, those of different networks side by side. A job whose
// transaction is signed and not final yet is parked beside the queue.
package queue

import (
	"errors"
	"time"

	"countersign/sandbox/store"
	"countersign/sandbox/terms"
)

// Kinds of stored objects, listed under their network.
const (
	kindJob    = "job"
	kindParked = "job-parked"
)

// Job is one transaction that a chain owes: a request that may execute, or the
// faucet's own work.
type Job struct {
	ID        string // of the request, when it is for one
	Network   string
	WalletID  string // who signs; "" is the faucet
	Object    string // kind of the request, or "" for the faucet's work
	RequestID string
	Call      terms.Call
	Raw       []byte // the signed transaction, once there is one
}

// always is when jobs are due.
var always = time.UnixMilli(0)

// Put puts a job at the end of its network's queue, or replaces it where it is.
func Put(tx *store.Tx, job Job) error {
	return store.Put(tx, store.Object{Kind: kindJob, ID: job.ID, Parent: job.Network, Due: always}, job)
}

// Remove takes a job off, wherever it is.
func Remove(tx *store.Tx, id string) error {
	return errors.Join(store.Delete(tx, kindJob, id), store.Delete(tx, kindParked, id))
}

// Park takes a job whose transaction is signed off the queue, to be looked at
// again when its chain changes.
func Park(tx *store.Tx, job Job) error {
	return errors.Join(store.Delete(tx, kindJob, job.ID),
		store.Put(tx, store.Object{Kind: kindParked, ID: job.ID, Parent: job.Network, Due: always}, job))
}

// Find returns the job of that ID in the queue, or among the parked ones; it
// fails with [store.ErrNotFound].
func Find(tx *store.Tx, id string, parked bool) (Job, error) {
	kind := kindJob
	if parked {
		kind = kindParked
	}
	return store.Get[Job](tx, kind, id)
}

// Busy returns those of the networks that have jobs in their queues, or parked
// ones.
func Busy(tx *store.Tx, networks []string, parked bool) ([]string, error) {
	kind := kindJob
	if parked {
		kind = kindParked
	}
	return store.Occupied(tx, kind, networks)
}

// Next returns the job at the head of a network's queue, or false when it is
// empty.
func Next(tx *store.Tx, network string) (Job, bool, error) {
	jobs, err := store.Due[Job](tx, kindJob, network, always, 1)
	if err != nil || len(jobs) == 0 {
		return Job{}, false, err
	}
	jobs[0].Network = network // one that was queued before there were several lacks it
	return jobs[0], true, nil
}

// Parked returns a network's parked jobs, the longest parked first.
func Parked(tx *store.Tx, network string) ([]Job, error) {
	return store.All[Job](tx, kindParked, network)
}
