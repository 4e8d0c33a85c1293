package bookkeeping

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"countersign"
	"countersign/activities/wire"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/ledger"
)

// RecheckDepositInput names a transaction, and how it stood when it was read.
type RecheckDepositInput struct {
	Network string   `json:"network"`
	TxHash  string   `json:"tx_hash"`
	Wallets []string `json:"wallets,omitempty"`
	// Deliveries are the webhooks that were heard and are not on the trail yet.
	Deliveries []countersign.Event `json:"deliveries,omitempty"`
	// Round, End, Block and FollowedBy are those of [BookDepositInput] and [BookDepositResult].
	Round      int                  `json:"round,omitempty"`
	End        string               `json:"end"`
	Block      countersign.BlockRef `json:"block,omitzero"`
	FollowedBy string               `json:"followed_by"`
}

// RecheckDepositResult says whether it still stands so.
type RecheckDepositResult struct {
	// Gone says that it does not: the transaction is to be read anew, in the next round.
	Gone bool `json:"gone,omitempty"`
	// Now is how it stands instead.
	Now string `json:"now,omitempty"`
	// Index is the record that takes back what was said; none where nothing was said.
	Index int64 `json:"index,omitempty"`
}

// RecheckDeposit reads whether a transaction that was final is still in its block, which by
// the network's own rule cannot change: a broken network, or a node that lies. What was booked
// on it is reversed when it is not, and an alarm is raised, once.
func (d *Deposits) RecheckDeposit(ctx context.Context, in RecheckDepositInput) (RecheckDepositResult, error) {
	res, err := d.recheck(ctx, in)
	if err != nil {
		return res, wire.Error(fmt.Errorf("deposit %s on %s: %w", in.TxHash, in.Network, err))
	}
	return res, nil
}

func (d *Deposits) recheck(ctx context.Context, in RecheckDepositInput) (RecheckDepositResult, error) {
	entry, there, err := d.said(ctx, in.Network, in.TxHash, in.reversalKey())
	if err != nil {
		return RecheckDepositResult{}, err
	}
	if there {
		return reversed(entry)
	}
	e, err := d.standing(ctx, in)
	if err != nil {
		return RecheckDepositResult{}, err
	}
	if err := d.hear(ctx, in.Network, in.TxHash, in.Deliveries); err != nil || in.holds(e) {
		return RecheckDepositResult{}, err
	}
	return d.reverse(ctx, in, nowIs(e))
}

// standing is where the transaction is, by the word of whoever was believed.
func (d *Deposits) standing(ctx context.Context, in RecheckDepositInput) (countersign.Effect, error) {
	if in.FollowedBy == booked.ByCustodian {
		return d.Custodian.Incoming(ctx, in.Network, in.TxHash, in.Wallets)
	}
	ours, err := d.ours(ctx, in.Network, in.Block.Time)
	if err != nil {
		return countersign.Effect{}, err
	}
	return d.Chain.Effect(ctx, in.Network, in.TxHash, slices.Sorted(maps.Keys(ours)))
}

// holds reports whether the transaction is where it was.
func (in RecheckDepositInput) holds(e countersign.Effect) bool {
	if in.FollowedBy == booked.ByCustodian {
		return e.Inclusion == countersign.Final
	}
	return (e.Inclusion == countersign.Included || e.Inclusion == countersign.Final) && e.Block.Hash == in.Block.Hash
}

// nowIs says where a transaction is.
func nowIs(e countersign.Effect) string {
	if e.Block.Hash != "" && (e.Inclusion == countersign.Included || e.Inclusion == countersign.Final) {
		return "in block " + e.Block.Hash
	}
	return strings.ReplaceAll(string(e.Inclusion), "_", " ")
}

func (in RecheckDepositInput) reversalKey() string {
	return inRound(DepositKey(in.Network, in.TxHash)+"/reversed", "/", in.Round)
}

// reverse takes back what the round's record has said, and what it has booked.
func (d *Deposits) reverse(ctx context.Context, in RecheckDepositInput, now string) (RecheckDepositResult, error) {
	entry, err := d.Trail.Find(ctx, roundKey(in.Network, in.TxHash, in.Round))
	if errors.Is(err, audit.ErrNoRecord) { // nothing was said
		return RecheckDepositResult{Gone: true, Now: now}, nil
	}
	var said booked.Deposit
	if err == nil {
		err = entry.Decode(&said)
	}
	if err != nil {
		return RecheckDepositResult{}, err
	}
	body := booked.DepositReversal{
		Network: in.Network, TxHash: in.TxHash, FollowedBy: in.FollowedBy, Block: in.Block, Now: now, Reverses: entry.Index,
		Wallets: said.Wallets, Workflow: wire.Here(ctx),
	}
	var booking ledger.Booking
	if said.Entry != "" {
		s := ledger.Step{ID: said.Entry, State: ledger.Reversed}
		booking.Steps = append(booking.Steps, s)
		body.Reversed = booked.Booking{Entry: s.ID, State: string(s.State), Step: s.Digest()}
	}
	lineage := DepositKey(in.Network, in.TxHash)
	entry, err = d.Trail.Book(ctx, audit.Draft{
		Key: in.reversalKey(), Type: booked.DepositReversed, Lineage: lineage, Body: body, Retold: true,
		After: []audit.Draft{{
			Key:  countersign.AlarmKey(string(audit.FinalityBroken), lineage, strconv.Itoa(max(in.Round, 1))),
			Type: audit.AlarmRaised, Lineage: lineage,
			Body: audit.Alarm{
				Code: audit.FinalityBroken, Workflow: wire.Here(ctx),
				What: fmt.Sprintf("transaction %s on %s, which somebody else sent, was final by the %s's word (%s), and now it is %s", in.TxHash, in.Network, in.FollowedBy, in.End, now),
			},
		}},
	}, booking)
	if err != nil {
		return RecheckDepositResult{}, err
	}
	return reversed(entry)
}

// reversed reads a reversal from its record.
func reversed(e audit.Entry) (RecheckDepositResult, error) {
	var body booked.DepositReversal
	if err := e.Decode(&body); err != nil {
		return RecheckDepositResult{}, err
	}
	return RecheckDepositResult{Gone: true, Now: body.Now, Index: e.Index}, nil
}

// hear puts deliveries on the trail that no other record stands behind.
func (d *Deposits) hear(ctx context.Context, network, txHash string, deliveries []countersign.Event) error {
	for _, heard := range wire.Deliveries(ctx, DepositKey(network, txHash), deliveries) {
		if _, err := d.Trail.Append(ctx, heard); err != nil {
			return err
		}
	}
	return nil
}
