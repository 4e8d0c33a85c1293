package rule

import (
	"encoding/json"
	"fmt"
	"strings"

	"countersign"
	"countersign/calldata"
	"countersign/chain/evmjson"

	"github.com/ethereum/go-ethereum/common"
)

// A Set is rules, compiled. It is safe for concurrent use where their functions are.
type Set struct {
	rules  Rules
	events []*event
	calls  []*calldata.ABI
}

// Compile checks rules.
func Compile(r Rules) (*Set, error) {
	s := &Set{rules: r}
	for _, l := range r.Logs {
		e, err := compileEvent(l.Event)
		if err == nil {
			err = check(l.Name, l.Contract)
		}
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", l.Name, err)
		}
		s.events = append(s.events, e)
	}
	for _, c := range r.Calls {
		abi, err := calldata.ParseSignatures(c.Function)
		if err == nil {
			err = check(c.Name, c.To)
		}
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", c.Name, err)
		}
		s.calls = append(s.calls, abi)
	}
	for _, t := range r.Thresholds {
		addresses := []string{t.Holder}
		if t.Asset != "" {
			addresses = append(addresses, t.Asset)
		}
		if err := check(t.Name, addresses...); err != nil {
			return nil, err
		}
		if t.Low.Cmp(t.High) >= 0 {
			return nil, fmt.Errorf("rule %s: low %s is not less than high %s", t.Name, t.Low, t.High)
		}
	}
	names := map[string]bool{}
	for _, name := range r.names() {
		if names[name] {
			return nil, fmt.Errorf("rule %s stands twice: name one of them otherwise", name)
		}
		names[name] = true
		if err := check(name); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (r Rules) names() (out []string) {
	for _, d := range r.Deposits {
		out = append(out, d.Name)
	}
	for _, l := range r.Logs {
		out = append(out, l.Name)
	}
	for _, c := range r.Calls {
		out = append(out, c.Name)
	}
	for _, c := range r.Confirmed {
		out = append(out, c.Name)
	}
	for _, t := range r.Thresholds {
		out = append(out, t.Name)
	}
	return out
}

// Thresholds are the rules of balances.
func (s *Set) Thresholds() []Threshold { return s.rules.Thresholds }

// A Found is what a rule makes of something.
type Found struct {
	Rule string
	Data []byte
}

func found(rule string, data any) Found {
	text, err := json.Marshal(data)
	if err != nil { // strings, numbers and lists of them
		panic(fmt.Sprintf("rule %s: %v", rule, err))
	}
	return Found{rule, text}
}

// A Look is what is looked for at one moment, with the sets as they were.
type Look struct {
	set      *Set
	deposits []map[common.Address]bool
	hashes   []map[common.Hash]bool
}

// Look takes the moment.
func (s *Set) Look() (*Look, error) {
	l := &Look{set: s}
	for _, d := range s.rules.Deposits {
		set := map[common.Address]bool{}
		for _, a := range d.Addresses() {
			if err := check(d.Name, a); err != nil {
				return nil, err
			}
			set[common.HexToAddress(a)] = true
		}
		l.deposits = append(l.deposits, set)
	}
	for _, c := range s.rules.Confirmed {
		set := map[common.Hash]bool{}
		for _, h := range c.Hashes() {
			if len(h) != 66 || !strings.HasPrefix(h, "0x") {
				return nil, fmt.Errorf("rule %s: hash %.80q is not 0x and 64 hex digits", c.Name, h)
			}
			set[common.HexToHash(h)] = true
		}
		l.hashes = append(l.hashes, set)
	}
	return l, nil
}

// Hashes are the transactions that are waited for, in no order.
func (l *Look) Hashes() (out []common.Hash) {
	seen := map[common.Hash]bool{}
	for _, set := range l.hashes {
		for h := range set {
			if !seen[h] {
				seen[h] = true
				out = append(out, h)
			}
		}
	}
	return out
}

// Full reports whether blocks must be read with their transactions.
func (l *Look) Full() bool {
	for i, d := range l.set.rules.Deposits {
		if d.Native && len(l.deposits[i]) > 0 {
			return true
		}
	}
	return len(l.set.rules.Calls) > 0
}

// Tx reports whether a transaction may matter, by what stands in it; its receipt tells the rest.
func (l *Look) Tx(tx evmjson.Tx) bool {
	for i, d := range l.set.rules.Deposits {
		if d.Native && tx.To != nil && l.deposits[i][*tx.To] && evmjson.Big(tx.Value).Sign() > 0 {
			return true
		}
	}
	for i := range l.set.calls {
		if _, ok := l.called(i, tx); ok {
			return true
		}
	}
	return l.waited(tx.Hash)
}

func (l *Look) waited(hash common.Hash) bool {
	for _, set := range l.hashes {
		if set[hash] {
			return true
		}
	}
	return false
}

// called is the function that a transaction calls, when a rule looks for it.
func (l *Look) called(i int, tx evmjson.Tx) (*calldata.Function, bool) {
	c, f := l.set.rules.Calls[i], l.set.calls[i].Functions()[0]
	if tx.To == nil || *tx.To != common.HexToAddress(c.To) || len(tx.Input) < 4 {
		return nil, false
	}
	return f, calldata.Selector(tx.Input[:4]) == f.Selector
}

// OfTx is what the rules make of a transaction with its receipt, in their order: deposits of the
// native asset, and calls.
func (l *Look) OfTx(tx evmjson.Tx, receipt evmjson.Receipt) (out []Found, err error) {
	value, err := countersign.AmountFromBig(evmjson.Big(tx.Value))
	if err != nil {
		return nil, err
	}
	for i, d := range l.set.rules.Deposits {
		if !d.Native || tx.To == nil || !l.deposits[i][*tx.To] || value.IsZero() || !receipt.Succeeded() {
			continue
		}
		m := countersign.Move{Kind: "Native", From: evmjson.Address(tx.From), To: evmjson.Address(*tx.To), Amount: value, Log: -1}
		if d.When == nil || d.When(m) {
			out = append(out, found(d.Name, m))
		}
	}
	for i, c := range l.set.rules.Calls {
		f, ok := l.called(i, tx)
		if !ok {
			continue
		}
		data := CallData{evmjson.Address(tx.From), evmjson.Address(*tx.To), f.Signature, value, receipt.Succeeded(), nil, ""}
		call, err := l.set.calls[i].Decode(tx.Input)
		switch {
		case err != nil:
			data.Refused = err.Error()
		case c.When != nil && !c.When(call):
			continue
		default:
			data.Args = argsOf(call)
		}
		out = append(out, found(c.Name, data))
	}
	return out, nil
}

// OfReceipt is what the rules make of a transaction that is waited for.
func (l *Look) OfReceipt(receipt evmjson.Receipt) (out []Found) {
	for i, c := range l.set.rules.Confirmed {
		if l.hashes[i][receipt.TxHash] {
			out = append(out, found(c.Name, ConfirmedData{receipt.Succeeded()}))
		}
	}
	return out
}
