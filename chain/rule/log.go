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

	rule int // among deposits, and after them among logs
}

// Filters are what to ask for. What several of them find is told once for each rule.
func (l *Look) Filters() (out []Filter) {
	for i, set := range l.deposits {
		var to []common.Hash
		for a := range set {
			to = append(to, common.BytesToHash(a[:]))
		}
		slices.SortFunc(to, common.Hash.Cmp)
		for part := range slices.Chunk(to, mostTopics) {
			out = append(out, Filter{Topics: []any{evmjson.Transfer, nil, part}, rule: i})
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
		return l.deposit(f.rule, log)
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

func (l *Look) deposit(i int, log evmjson.Log) (Found, bool) {
	d := l.set.rules.Deposits[i]
	moved, ok := log.Moved()
	if !ok || !l.deposits[i][moved.To] {
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
