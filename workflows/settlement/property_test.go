package settlement_test

import (
	"math/big"
	"testing"
	"time"

	"countersign"
	"countersign/ledger"
	"countersign/workflows"
	"countersign/workflows/settlement"

	"pgregory.net/rapid"
)

// A history is what happens to one settlement, drawn at random: what the custodian says, where
// the transaction is and what it does there, and who tells of it, in any order and any number.
type history struct {
	s      *site
	rt     *rapid.T
	blocks uint64
}

// draw plans steps at random times within two hours.
func (h *history) draw() {
	at := time.Duration(0)
	for range rapid.IntRange(1, 12).Draw(h.rt, "steps") {
		at += time.Duration(rapid.IntRange(1, 900).Draw(h.rt, "seconds")) * time.Second
		h.s.at(at, h.step())
	}
}

func (h *history) step() func() {
	tells := rapid.IntRange(0, 2).Draw(h.rt, "deliveries")
	tell := func() {
		for range tells {
			h.s.hears("wallet.transfer.confirmed")
		}
	}
	hash := rapid.SampledFrom([]string{tx, "0x2"}).Draw(h.rt, "transaction")
	switch rapid.SampledFrom([]string{"word", "block", "gone", "unsure", "replaced"}).Draw(h.rt, "what") {
	case "word":
		status := rapid.SampledFrom([]countersign.RequestStatus{"pending", "executing", "broadcasted", "confirmed", "failed", "rejected"}).Draw(h.rt, "status")
		return func() { h.s.becomes(status, tx); tell() }
	case "block":
		inclusion := rapid.SampledFrom([]countersign.Inclusion{countersign.Included, countersign.Final}).Draw(h.rt, "inclusion")
		change := h.effect()
		return func() { h.alone(hash, inclusion, change); tell() }
	case "gone":
		return func() { h.s.world.on(hash, countersign.InPool, 0); tell() }
	case "unsure":
		yes := rapid.Bool().Draw(h.rt, "unsure")
		return func() { h.s.world.mu.Lock(); h.s.world.unsure = yes; h.s.world.mu.Unlock(); tell() }
	}
	kind := rapid.SampledFrom([]string{countersign.CancelTransaction, countersign.SpeedUpTransaction}).Draw(h.rt, "kind")
	return func() {
		h.s.world.set("tx-r", func(r *countersign.Request) {
			r.RequestRef = countersign.RequestRef{Kind: countersign.TransactionRequest, WalletID: "wa-hot", ID: "tx-r"}
			r.Network, r.Status, r.TxHash, r.Activity.Request = "Net", "broadcasted", "0x2", kind
		})
		h.s.world.set(xfr, func(r *countersign.Request) { r.ReplacementID = "tx-r" })
		tell()
	}
}

// alone puts a transaction into a block, and the other of the same number out of all.
func (h *history) alone(hash string, inclusion countersign.Inclusion, change func(*countersign.Effect)) {
	h.blocks++
	for _, other := range []string{tx, "0x2"} {
		if other != hash {
			h.s.world.on(other, countersign.NotSeen, 0)
		}
	}
	h.s.world.on(hash, inclusion, 100+h.blocks, change)
}

// effect is what a transaction does: anything at all.
func (h *history) effect() func(*countersign.Effect) {
	var moves []countersign.Move
	for range rapid.IntRange(0, 3).Draw(h.rt, "moves") {
		moves = append(moves, countersign.Move{
			Kind: "Erc20", Asset: rapid.SampledFrom([]string{"", token}).Draw(h.rt, "asset"), Amount: countersign.NewAmount(rapid.Uint64Range(0, 50).Draw(h.rt, "amount")),
			From: rapid.SampledFrom([]string{hot, cold, stranger}).Draw(h.rt, "from"), To: rapid.SampledFrom([]string{hot, cold, stranger}).Draw(h.rt, "to"),
		})
	}
	succeeded, fee := rapid.Bool().Draw(h.rt, "succeeded"), rapid.Uint64Range(0, 9).Draw(h.rt, "fee")
	return func(e *countersign.Effect) {
		e.Succeeded, e.Fee, e.Moves = succeeded, countersign.NewAmount(fee), nil
		if succeeded {
			e.Moves = moves
		}
	}
}

// chain is by how much the transaction that is final has changed the balances of our wallets.
func (h *history) chain() (map[ledger.Key]*big.Int, bool) {
	changes := map[ledger.Key]*big.Int{}
	account := map[string]ledger.Account{hot: "wallets:Net:wa-hot", cold: "wallets:Net:wa-cold"}
	asset := map[string]ledger.Asset{"": {Code: "ETH", Scale: 18}, token: {Code: "USDC", Scale: 6}}
	add := func(address, contract string, n *big.Int) {
		if a, ours := account[address]; ours {
			k := ledger.Key{Account: a, Asset: asset[contract]}
			if changes[k] == nil {
				changes[k] = new(big.Int)
			}
			changes[k].Add(changes[k], n)
		}
	}
	happened := false
	for _, e := range h.s.world.effects {
		if e.Inclusion != countersign.Final {
			continue
		}
		happened = true
		for _, m := range e.Moves {
			add(m.From, m.Asset, new(big.Int).Neg(m.Amount.Big()))
			add(m.To, m.Asset, m.Amount.Big())
		}
		add(e.From, "", new(big.Int).Neg(e.Fee.Big()))
	}
	return changes, happened
}

// Whatever is heard, in any order and any number, and whatever happens on the chain: in the end
// the books are what the chain says, nothing is held, and nothing is posted that is not final.
func TestTheBooksEndAsTheChainDoes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newSite(t)
		h := &history{s: s, rt: rt}
		h.draw()
		ending := rapid.SampledFrom([]string{"final", "never"}).Draw(rt, "ending")
		change := h.effect()
		s.at(4*time.Hour, func() {
			s.world.mu.Lock()
			s.world.unsure = false
			s.world.mu.Unlock()
			if ending == "final" {
				s.becomes("confirmed", tx)
				h.alone(tx, countersign.Final, change)
				return
			}
			for _, hash := range []string{tx, "0x2"} {
				s.world.on(hash, countersign.NotSeen, 0)
			}
			s.becomes("failed", tx)
			if _, replaced := s.world.requests["tx-r"]; replaced {
				s.world.set("tx-r", func(r *countersign.Request) { r.Status = "failed" })
			}
		})
		s.ExecuteWorkflow(workflows.SettlementWorkflow, settlement.SettlementInput{ID: pay, Instruction: sixty()})
		var end settlement.SettlementStatus
		if err := s.GetWorkflowError(); err != nil || s.GetWorkflowResult(&end) != nil {
			rt.Fatalf("%v", err)
		}
		h.compare(end)
	})
}

// compare holds the books against the chain, as both are when the workflow has ended. What
// changed while the nodes did not agree, at the end of its watch, nobody can have seen.
func (h *history) compare(end settlement.SettlementStatus) {
	changes, happened := h.chain()
	posted := end.State == countersign.SettlementSettled || end.State == countersign.SettlementReverted || end.State == countersign.SettlementCancelled
	if h.s.world.unsure {
		return
	}
	if posted != happened {
		h.rt.Fatalf("it is %s, and on the chain it happened: %v", end.State, happened)
	}
	for _, account := range []ledger.Account{"wallets:Net:wa-hot", "wallets:Net:wa-cold"} {
		for _, asset := range []ledger.Asset{{Code: "ETH", Scale: 18}, {Code: "USDC", Scale: 6}} {
			k := ledger.Key{Account: account, Asset: asset}
			total, err := h.s.books.Total(h.s.t.Context(), k, time.Time{})
			if err != nil {
				h.rt.Fatal(err)
			}
			opening := int64(0)
			if total.In.Cmp(countersign.NewAmount(1000)) >= 0 {
				opening = 1000 // its books have begun
			}
			want := big.NewInt(opening)
			if c := changes[k]; c != nil {
				want.Add(want, c)
			}
			if total.Balance().Cmp(want) != 0 || !total.HeldOut.IsZero() || !total.HeldIn.IsZero() {
				h.rt.Fatalf("%s has %s of %s, %s held: want %s\n%+v", account, total.Balance(), asset, total.HeldOut, want, end)
			}
		}
	}
}
