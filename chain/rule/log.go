package rule

import (
	"slices"

	"countersign"
	"countersign/chain/evmjson"

	"github.com/ethereum/go-ethereum/common"
)

// mostTopics is how many addresses one filter names. Providers bound the parameters of a request,
// Infura to 5,000.
const mostTopics = 500

// A Filter narrows eth_getLogs to what one rule looks for.
type Filter struct {
	// Address is nil for every contract.
	Address *common.Address
	// Topics are as eth_getLogs takes them.
	Topics []any

	rule  int // among deposits, and after them among logs
	taken bool
}

// Taken reports whether what the filter finds counts only where somebody else has sent the
// transaction: [Look.Sent] says of whom that is not true.
func (f Filter) Taken() bool { return f.taken }

// Sent reports whether an address is one of those that the filter's rule looks for.
func (l *Look) Sent(f Filter, sender common.Address) bool { return l.deposits[f.rule][sender] }

// Filters are what to ask for. What several of them find is told once for each rule.
func (l *Look) Filters() (out []Filter) {
	for i, set := range l.deposits {
		var words []common.Hash
		for a := range set {
			words = append(words, common.BytesToHash(a[:]))
		}
		slices.SortFunc(words, common.Hash.Cmp)
		for part := range slices.Chunk(words, mostTopics) {
			out = append(out, Filter{Topics: []any{evmjson.Transfer, nil, part}, rule: i})
			if l.set.rules.Deposits[i].Taken {
				out = append(out, Filter{Topics: []any{evmjson.Transfer, part}, rule: i, taken: true})
			}
		}
	}
	for i, r := range l.set.rules.Logs {
		contract := common.HexToAddress(r.Contract)
		out = append(out, Filter{Address: &contract, Topics: []any{l.set.events[i].topic}, rule: len(l.deposits) + i})
	}
	return out
}

// OfLog is what the filter's rule makes of a log. It looks itself whether the log passes the
// filter: nodes have been seen to answer with others.
func (l *Look) OfLog(f Filter, log evmjson.Log) (Found, bool) {
	if f.rule < len(l.deposits) {
		return l.deposit(f, log)
	}
	i := f.rule - len(l.deposits)
	r, e := l.set.rules.Logs[i], l.set.events[i]
	if log.Address != common.HexToAddress(r.Contract) || len(log.Topics) == 0 || log.Topics[0] != e.topic {
		return Found{}, false
	}
	data := LogData{Contract: evmjson.Address(log.Address), Event: e.signature, Log: int(log.Index)} //nolint:gosec // an index
	args, err := e.read(log.Topics, log.Data)
	switch {
	case err != nil:
		data.Refused = err.Error()
	case r.When != nil && !r.When(args):
		return Found{}, false
	default:
		data.Args = args.told
	}
	return found(r.Name, data), true
}

func (l *Look) deposit(f Filter, log evmjson.Log) (Found, bool) {
	d, ours := l.set.rules.Deposits[f.rule], l.deposits[f.rule]
	moved, ok := log.Moved()
	// What goes from one of them to another is found by where it comes to. Anybody may have
	// nothing leave an address, and whoever fakes its history does.
	takes := f.taken && ok && ours[moved.From] && !ours[moved.To] && (moved.Piece != nil || moved.Amount.Sign() > 0)
	if !ok || f.taken && !takes || !f.taken && !ours[moved.To] {
		return Found{}, false
	}
	amount, err := countersign.AmountFromBig(moved.Amount)
	if err != nil { // 32 bytes always are one
		return Found{}, false
	}
	m := countersign.Move{
		Kind: "Erc20", Asset: evmjson.Address(log.Address), From: evmjson.Address(moved.From), To: evmjson.Address(moved.To),
		Amount: amount, Log: int(log.Index), //nolint:gosec // an index
	}
	if moved.Piece != nil {
		m.Kind, m.TokenID = "Erc721", moved.Piece.String()
	}
	if d.When != nil && !d.When(m) {
		return Found{}, false
	}
	return found(d.Name, m), true
}
