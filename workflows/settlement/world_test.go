package settlement_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"countersign"
)

const (
	hot      = "0x00000000000000000000000000000000000000a1"
	cold     = "0x00000000000000000000000000000000000000b2"
	stranger = "0x00000000000000000000000000000000000000cc"
	token    = "0x00000000000000000000000000000000000000dd"
)

var (
	noon    = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	errLost = errors.New("connection lost")
)

// world is a custodian and a chain that keep their promises, and what may go wrong with them.
type world struct {
	mu        sync.Mutex
	requests  map[string]countersign.Request // by ID
	approvals map[string]countersign.Approval
	effects   map[string]countersign.Effect // by hash
	noNode    bool
	unsure    bool
	submitted int // submissions that made something
	asked     int // all of them

	loseEffect, loseAnswer int // of the next submissions
	refuse                 error
}

// Submit keeps DFNS's promise: the same external ID with the same terms is the same request.
func (w *world) Submit(_ context.Context, i countersign.Instruction) (countersign.Request, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	if w.refuse != nil {
		return countersign.Request{}, w.refuse
	}
	if w.loseEffect > 0 {
		w.loseEffect--
		return countersign.Request{}, errLost
	}
	id := "xfr-" + i.ExternalID
	r, there := w.requests[id]
	if !there {
		w.submitted++
		r = countersign.Request{
			RequestRef: countersign.RequestRef{Kind: countersign.TransferRequest, WalletID: i.WalletID, ID: id},
			Network:    "Net", ExternalID: i.ExternalID, Status: countersign.RequestPending, ApprovalID: "ap-" + i.ExternalID,
			Activity: countersign.Activity{Kind: "Wallets:Sign", Transfer: i.Transfer, Call: i.Call}, Raw: []byte(`{"id":"` + id + `"}`),
		}
		w.requests[id] = r
	}
	if w.loseAnswer > 0 {
		w.loseAnswer--
		return countersign.Request{}, errLost
	}
	return r, nil
}

func (w *world) Request(_ context.Context, ref countersign.RequestRef) (countersign.Request, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, ok := w.requests[ref.ID]
	if !ok {
		return r, fmt.Errorf("%w: %s", countersign.ErrNotFound, ref.ID)
	}
	return r, nil
}

func (w *world) Replaced(_ context.Context, by countersign.RequestRef) (countersign.Request, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.requests {
		if r.ReplacementID == by.ID {
			return r, nil
		}
	}
	return countersign.Request{}, countersign.ErrNotFound
}

var wallets = []countersign.Wallet{{ID: "wa-hot", Network: "Net", Address: hot}, {ID: "wa-cold", Network: "Net", Address: cold}}

func (w *world) WalletByID(_ context.Context, id string) (countersign.Wallet, error) {
	for _, x := range wallets {
		if x.ID == id {
			return x, nil
		}
	}
	return countersign.Wallet{}, countersign.ErrNotFound
}

func (w *world) Approval(_ context.Context, id string) (countersign.Approval, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.approvals[id], nil
}

func (w *world) Wallets(context.Context) iter.Seq2[countersign.Wallet, error] {
	return func(yield func(countersign.Wallet, error) bool) {
		for _, x := range wallets {
			if !yield(x, nil) {
				return
			}
		}
	}
}

func (w *world) Holdings(context.Context, string) ([]countersign.Holding, error) {
	return []countersign.Holding{{Kind: "Native", Balance: countersign.NewAmount(1000)}, {Kind: "Erc20", Asset: token, Balance: countersign.NewAmount(1000)}}, nil
}

func (w *world) Incoming(context.Context, string, string, []string) (countersign.Effect, error) {
	return countersign.Effect{}, errLost
}

func (w *world) Effect(_ context.Context, network, tx string, _ []string) (countersign.Effect, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e, ok := w.effects[tx]; {
	case w.noNode:
		return countersign.Effect{}, countersign.ErrNoNode
	case w.unsure:
		return countersign.Effect{}, countersign.ErrUnsure
	case !ok:
		return countersign.Effect{Network: network, TxHash: tx, Inclusion: countersign.NotSeen}, nil
	default:
		e.Moves = slices.Clone(e.Moves)
		return e, nil
	}
}

func (w *world) Balances(context.Context, string, string, []string) (countersign.BlockRef, []countersign.Amount, []string, error) {
	if w.noNode {
		return countersign.BlockRef{}, nil, nil, countersign.ErrNoNode
	}
	return countersign.BlockRef{Number: 100, Hash: "0xopen", Time: noon.Add(-time.Hour)}, []countersign.Amount{countersign.NewAmount(1000), countersign.NewAmount(1000)}, make([]string, 2), nil
}

// set changes a request.
func (w *world) set(id string, change func(*countersign.Request)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.requests[id]
	change(&r)
	w.requests[id] = r
}

// on puts a transaction into a block, or takes it out of all.
func (w *world) on(tx string, inclusion countersign.Inclusion, block uint64, change ...func(*countersign.Effect)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e := countersign.Effect{
		Network: "Net", TxHash: tx, Inclusion: inclusion, Succeeded: true, From: hot, To: token, Fee: countersign.NewAmount(7),
		Block: countersign.BlockRef{Number: block, Hash: fmt.Sprint("0xb", block), Time: noon.Add(-time.Minute)},
		Moves: []countersign.Move{{Kind: "Erc20", Asset: token, From: hot, To: stranger, Amount: countersign.NewAmount(60)}},
	}
	for _, c := range change {
		c(&e)
	}
	w.effects[tx] = e
}
