package csvfile

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"countersign"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/eip55"
)

// facts are what the columns want of a body, whatever its type; empty where it has none.
type facts struct {
	approval, settlement, decision, code, reason string
	// approver is whose decision it is, a person or a service account; by is who did
	// anything else, as they are named.
	initiator, approver, by string
	network                 string
	// target is what is called, and what it is called with.
	target, function, arguments, words string
	moved
	outcome, txHash string
	// contracts are EVM addresses, with their checksum (EIP-55), and * where there are more.
	wallets, policies, contracts []string
}

// moved is an asset that goes to somebody.
type moved struct {
	recipient, asset, tokenID string
	// amount is in the smallest unit of the asset, a decimal string; decimals is how many of
	// its digits are behind the point, where the record tells.
	amount, decimals string
}

// weiDecimals are those of an EVM chain's own currency, which it counts in wei.
const weiDecimals = "18"

// factsOf reads a body: of an intent all of it, of others the members that they share.
func factsOf(e audit.Entry) facts {
	if e.Record.Type == audit.DecisionIntent {
		var in audit.Intent
		if e.Decode(&in) == nil {
			return intentFacts(e, in)
		}
	}
	var b body
	// A member of another kind than here is left out, and the rest is read.
	if err := json.Unmarshal(e.Record.Body, &b); err != nil && !errors.As(err, new(*json.UnmarshalTypeError)) {
		return facts{}
	}
	f := b.facts()
	if e.Record.Type == audit.DecisionOutcome {
		f.approver = e.Record.Subject
	}
	return f
}

// body is what bodies of different types share.
type body struct {
	ApprovalID   string                 `json:"approval_id"`
	SettlementID string                 `json:"settlement_id"`
	WalletID     string                 `json:"wallet_id"`
	Wallets      []string               `json:"wallets"`
	Network      string                 `json:"network"`
	Verdict      string                 `json:"verdict"`
	Vote         countersign.Vote       `json:"vote"`
	Code         countersign.ReasonCode `json:"code"`
	Issue        string                 `json:"issue"`
	Reason       string                 `json:"reason"`
	Why          string                 `json:"why"`
	What         string                 `json:"what"`
	By           string                 `json:"by"`
	Name         string                 `json:"name"` // of a token
	Result       string                 `json:"result"`
	Outcome      countersign.Outcome    `json:"outcome"`
	Screening    string                 `json:"screening"`
	Change       string                 `json:"change"`
	State        string                 `json:"state"`
	End          string                 `json:"end"`
	Form         string                 `json:"form"`   // of an export
	Filter       string                 `json:"filter"` // of an export
	TxHash       string                 `json:"tx_hash"`
	FollowedBy   string                 `json:"followed_by"`
	Event        countersign.Event      `json:"event"`
	// Instruction and Request are what a settlement was opened with, Effect what it or a
	// deposit did, and Balances what books begin with.
	Instruction *countersign.Instruction `json:"instruction"`
	Request     *countersign.Request     `json:"request"`
	Effect      *countersign.Effect      `json:"effect"`
	Balances    []booked.Balance         `json:"balances"`
}

func (b body) facts() facts {
	f := facts{
		approval: b.ApprovalID, settlement: b.SettlementID,
		decision: first(b.Verdict, string(b.Vote.Verdict)), code: first(string(b.Code), b.Issue),
		reason:   first(b.Why, b.Reason, b.What, b.Vote.Reason, b.Filter),
		approver: b.Vote.UserID, by: first(b.By, b.Name), wallets: b.Wallets, network: b.Network, txHash: b.TxHash,
		outcome: first(b.Result, string(b.Outcome.Status), b.Screening, b.Change, b.State, b.End, b.Form),
	}
	if w := first(b.WalletID, b.Event.WalletID); w != "" && !slices.Contains(f.wallets, w) {
		f.wallets = append([]string{w}, f.wallets...)
	}
	switch {
	case b.Instruction != nil:
		f.asked(countersign.Activity{Transfer: b.Instruction.Transfer, Call: b.Instruction.Call})
	case b.Request != nil:
		f.approval, f.initiator = first(f.approval, b.Request.ApprovalID), b.Request.InitiatorID
		f.network, f.txHash = first(f.network, b.Request.Network), first(f.txHash, b.Request.TxHash)
		f.asked(b.Request.Activity)
	case b.Effect != nil:
		f.network, f.txHash = first(f.network, b.Effect.Network), first(f.txHash, b.Effect.TxHash)
		if len(b.Effect.Moves) == 1 { // of several, no one row can tell
			m := b.Effect.Moves[0]
			f.moved = moved{recipient: checksummed(m.To), asset: checksummed(first(m.Asset, m.Kind)), tokenID: m.TokenID, amount: m.Amount.String()}
			if m.Kind == countersign.KindNative && b.FollowedBy == booked.ByChain {
				f.decimals = weiDecimals
			}
		}
	case len(b.Balances) == 1:
		asset, decimals, _ := strings.Cut(b.Balances[0].Asset, "/")
		f.moved = moved{asset: first(checksummed(b.Balances[0].Contract), asset), amount: b.Balances[0].Amount.String(), decimals: decimals}
	}
	return f
}

func intentFacts(e audit.Entry, in audit.Intent) facts {
	f := facts{
		approval: in.ApprovalID, initiator: in.InitiatorID, approver: e.Record.Subject, policies: in.Policies,
		decision: string(in.Decision.Verdict), code: string(in.Decision.Code), reason: in.Decision.Reason,
		network: in.Request.Network, words: strings.Join(in.Words, " | "),
	}
	if in.Request.WalletID != "" {
		f.wallets = []string{in.Request.WalletID}
	}
	if d := in.Decoded; d != nil {
		f.function = d.Function
		if text, err := json.Marshal(d.Args); err == nil && len(d.Args) > 0 {
			f.arguments = string(text)
		}
	}
	f.asked(in.Request)
	if in.Request.Transfer != nil && in.Unit != nil {
		f.decimals = strconv.Itoa(in.Unit.Decimals)
	}
	for _, facet := range e.Record.Facets() {
		if address := checksummed(facet.Value); facet.Name == audit.FacetContract && !slices.Contains(f.contracts, address) {
			f.contracts = append(f.contracts, address)
		}
	}
	return f
}

// asked fills in what is asked for. A call moves what its arguments say, which only its contract
// knows: the asset and the amount here are of the value that goes along, if any does.
func (f *facts) asked(a countersign.Activity) {
	call := a.Call
	if call == nil && len(a.Operations) == 1 {
		call = &a.Operations[0]
	}
	switch {
	case a.Transfer != nil:
		t := a.Transfer
		f.moved = moved{recipient: checksummed(t.To), asset: checksummed(first(t.Asset, t.Kind)), tokenID: t.TokenID, amount: t.Amount.String()}
	case call != nil:
		f.target = checksummed(call.To)
		if !call.Value.IsZero() {
			f.moved = moved{recipient: f.target, asset: countersign.KindNative, amount: call.Value.String(), decimals: weiDecimals}
		}
	}
}

// checksummed is an EVM address with its checksum; any other text as it is.
func checksummed(s string) string {
	address, err := eip55.Parse(s)
	if err != nil {
		return s
	}
	return eip55.Format(address)
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
