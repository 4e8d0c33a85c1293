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
	"countersign/ledger/posting"
)

// BookDepositInput names a transaction.
type BookDepositInput struct {
	Network string `json:"network"`
	TxHash  string `json:"tx_hash"`
	// Wallets are those that its events have named, for networks without a node.
	Wallets []string `json:"wallets,omitempty"`
	// Deliveries are the webhooks that were heard and are not on the trail yet.
	Deliveries []countersign.Event `json:"deliveries,omitempty"`
	// GiveUp says that it has been waited for long enough.
	GiveUp bool `json:"give_up,omitempty"`
	// Round counts from 1, which may be left out: each time that what stood as final has left
	// the chain there is another.
	Round int `json:"round,omitempty"`
}

// The ends of a deposit. Wire format.
const (
	EndBooked     = "booked"     // it stands in the books
	EndSettlement = "settlement" // a wallet of ours sent it: its settlement books it
	EndNothing    = "nothing"    // it moved nothing of ours that is not in an opening
	EndReverted   = "reverted"   // it failed on the chain
	EndDoubtful   = "doubtful"   // what it moved is not sure: people must look
	EndVanished   = "vanished"   // no block has it any more
)

// BookDepositResult is where it stands.
type BookDepositResult struct {
	Inclusion countersign.Inclusion `json:"inclusion"`
	// End is one of the ends, empty while the transaction is not final.
	End   string `json:"end,omitempty"`
	Index int64  `json:"index,omitempty"`
	Why   string `json:"why,omitempty"`
	// Block had the transaction, by the word of FollowedBy: chain or custodian.
	Block      countersign.BlockRef `json:"block,omitzero"`
	FollowedBy string               `json:"followed_by,omitempty"`
}

// DepositKey is the record key of what became of a transaction in the first round, and the
// lineage of all that is said of it.
func DepositKey(network, txHash string) string { return "deposit/" + network + "/" + txHash }

// roundKey is the record key of what became of a transaction in a round.
func roundKey(network, txHash string, round int) string {
	return inRound(DepositKey(network, txHash), "/", round)
}

// inRound is a name for the first round, and tells those of later ones apart.
func inRound(name, separator string, round int) string {
	if round > 1 {
		return name + separator + strconv.Itoa(round)
	}
	return name
}

// BookDeposit reads a transaction and, when it is final, books what it moved of ours. It is
// booked once, however often that is asked.
func (d *Deposits) BookDeposit(ctx context.Context, in BookDepositInput) (BookDepositResult, error) {
	res, err := d.bookDeposit(ctx, in)
	if err != nil {
		return res, wire.Error(fmt.Errorf("deposit %s on %s: %w", in.TxHash, in.Network, err))
	}
	return res, nil
}

func (d *Deposits) bookDeposit(ctx context.Context, in BookDepositInput) (BookDepositResult, error) {
	entry, there, err := d.said(ctx, in.Network, in.TxHash, roundKey(in.Network, in.TxHash, in.Round))
	if err != nil {
		return BookDepositResult{}, err
	}
	if there {
		return ended(entry)
	}
	r := reading{d: d, in: in, by: booked.ByChain}
	if err := r.read(ctx); err != nil {
		return BookDepositResult{}, err
	}
	return r.conclude(ctx)
}

// said finds what is said of a transaction under a key, and whether it is. It refuses a network
// or a hash that is no ID.
func (d *Deposits) said(ctx context.Context, network, txHash, key string) (e audit.Entry, there bool, err error) {
	for _, id := range []string{network, txHash} {
		if err := countersign.CheckID(id); err != nil {
			return e, false, err
		}
	}
	e, err = d.Trail.Find(ctx, key)
	if errors.Is(err, audit.ErrNoRecord) {
		return e, false, nil
	}
	return e, err == nil, err
}

// without ends a transaction that leaves no record of its own; what was heard of it stands on
// the trail all the same.
func (r *reading) without(ctx context.Context, end string) (BookDepositResult, error) {
	if err := r.d.hear(ctx, r.in.Network, r.in.TxHash, r.in.Deliveries); err != nil {
		return BookDepositResult{}, err
	}
	return BookDepositResult{Inclusion: r.effect.Inclusion, End: end, Block: r.effect.Block, FollowedBy: r.by}, nil
}

// reading is one look at a transaction.
type reading struct {
	d      *Deposits
	in     BookDepositInput
	by     string // who was believed
	effect countersign.Effect
	ours   map[string]countersign.Wallet // by address
}

// read reads what the transaction did, and whose addresses those are.
func (r *reading) read(ctx context.Context) (err error) {
	if r.ours, err = r.d.ours(ctx, r.in.Network, r.effect.Block.Time); err != nil {
		return err
	}
	for {
		r.effect, err = r.d.Chain.Effect(ctx, r.in.Network, r.in.TxHash, slices.Sorted(maps.Keys(r.ours)))
		if errors.Is(err, countersign.ErrNoNode) {
			r.by = booked.ByCustodian
			r.effect, err = r.d.Custodian.Incoming(ctx, r.in.Network, r.in.TxHash, r.in.Wallets)
		}
		if err != nil || r.effect.Inclusion != countersign.Final {
			return err
		}
		// The list of wallets must be no older than the block: then it has all that the
		// block can pay.
		before := len(r.ours)
		if r.ours, err = r.d.ours(ctx, r.in.Network, r.effect.Block.Time); err != nil || len(r.ours) == before {
			return err
		}
	}
}

// conclude says what the effect means for the books, and books it.
func (r *reading) conclude(ctx context.Context) (BookDepositResult, error) {
	e := r.effect
	res := BookDepositResult{Inclusion: e.Inclusion}
	if e.Inclusion != countersign.Final {
		if r.in.GiveUp && e.Inclusion == countersign.NotSeen {
			return r.record(ctx, booked.DepositVanished, nil, nil, "no node and no block has had it for a month")
		}
		return res, nil
	}
	if _, mine := r.ours[posting.Address(e.From)]; mine {
		return r.without(ctx, EndSettlement)
	}
	if !e.Succeeded {
		return r.without(ctx, EndReverted)
	}
	touched, err := r.touched(ctx)
	if err != nil {
		return res, err
	}
	postings, err := posting.Of(r.d.Chart, touched, e)
	switch {
	case errors.Is(err, posting.ErrEffect) || errors.Is(err, countersign.ErrAmount):
		return r.record(ctx, booked.DepositDoubtful, touched, nil, err.Error())
	case err != nil:
		return res, err
	case len(postings) == 0:
		return r.without(ctx, EndNothing)
	case len(e.Doubts) > 0:
		feigned, err := r.feigned(ctx)
		if err != nil {
			return res, err
		}
		if feigned {
			return r.without(ctx, EndNothing)
		}
		return r.record(ctx, booked.DepositDoubtful, touched, nil, strings.Join(e.Doubts, "; "))
	}
	return r.record(ctx, booked.DepositBooked, touched, postings, "")
}

// touched are the wallets of ours that the transaction moved something to or from, with where
// their books begin.
func (r *reading) touched(ctx context.Context) (posting.Wallets, error) {
	touched := posting.Wallets{}
	for _, m := range r.effect.Moves {
		for _, address := range []string{m.From, m.To} {
			w, mine := r.ours[posting.Address(address)]
			if _, there := touched.Of(address); there || !mine {
				continue
			}
			o, err := r.d.opening(ctx, w)
			if err != nil {
				return nil, err
			}
			touched.Add(address, posting.Wallet{ID: w.ID, Opening: begins(o, r.effect.Block)})
		}
	}
	return touched, nil
}

// begins is the block at which a wallet's books begin. By the custodian's word they begin at a
// time, so what is asked is whether this block was before it.
func begins(o booked.Opening, b countersign.BlockRef) uint64 {
	switch {
	case o.FollowedBy == booked.ByChain:
		return o.Block.Number
	case !b.Time.After(o.Block.Time):
		return b.Number
	}
	return 0
}

// record puts the end on the trail, with the entry that it causes.
func (r *reading) record(ctx context.Context, kind audit.Type, touched posting.Wallets, postings []ledger.Posting, why string) (BookDepositResult, error) {
	body := booked.Deposit{Network: r.in.Network, TxHash: r.in.TxHash, FollowedBy: r.by, Effect: r.effect, Why: booked.Sentence(why), Workflow: wire.Here(ctx)}
	for _, w := range touched {
		body.Wallets = append(body.Wallets, w.ID)
	}
	body.Wallets = booked.Names(body.Wallets)
	var evidence [][]byte
	if len(r.effect.Moves) > booked.MaxMoves || len(r.effect.Doubts) > 0 { // else the record has all of it
		brief, whole, digest, err := booked.Brief(r.effect, func(address string) bool { _, ours := touched.Of(address); return ours })
		if err != nil {
			return BookDepositResult{}, err
		}
		body.Effect, body.Evidence, evidence = brief, digest, [][]byte{whole}
	}
	var booking ledger.Booking
	if len(postings) > 0 {
		s := ledger.Step{ID: inRound("deposit:"+r.in.Network+":"+r.in.TxHash, ":", r.in.Round), State: ledger.Posted, Postings: postings}
		body.Entry, body.Step = s.ID, s.Digest()
		booking.Steps = append(booking.Steps, s)
	}
	lineage := DepositKey(r.in.Network, r.in.TxHash)
	entry, err := r.d.Trail.Book(ctx, audit.Draft{
		Key: roundKey(r.in.Network, r.in.TxHash, r.in.Round), Type: kind, Lineage: lineage, Body: body, Retold: true,
		Before: wire.Deliveries(ctx, lineage, r.in.Deliveries), Evidence: evidence,
	}, booking)
	if err != nil {
		return BookDepositResult{}, err
	}
	return ended(entry)
}

// ended reads an end from its record.
func ended(e audit.Entry) (BookDepositResult, error) {
	var body booked.Deposit
	if err := e.Decode(&body); err != nil {
		return BookDepositResult{}, err
	}
	end := map[audit.Type]string{booked.DepositBooked: EndBooked, booked.DepositDoubtful: EndDoubtful, booked.DepositVanished: EndVanished}[e.Record.Type]
	return BookDepositResult{
		Inclusion: body.Effect.Inclusion, End: end, Index: e.Index, Why: body.Why, Block: body.Effect.Block, FollowedBy: body.FollowedBy,
	}, nil
}
