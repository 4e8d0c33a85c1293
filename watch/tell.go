package watch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"countersign"
	"countersign/chain/follow"
	"countersign/store/outbox"
)

// The kinds of what is seen on chains; the state comes after: "chain.deposit.confirmed". Wire
// format.
const (
	Deposit     countersign.EventKind = "chain.deposit"
	Transaction countersign.EventKind = "chain.transaction"
	Function    countersign.EventKind = "chain.function"
	Event       countersign.EventKind = "chain.event"
	Balance     countersign.EventKind = "chain.balance"
)

// kinds are they by the first word of a rule's name.
var kinds = map[string]countersign.EventKind{
	"deposit": Deposit, "transaction": Transaction, "function": Function, "event": Event, "balance": Balance,
}

func kindOf(rule string) (countersign.EventKind, bool) {
	word, _, _ := strings.Cut(rule, "/")
	kind, ok := kinds[word]
	return kind, ok
}

// Data is the data of an event of a chain.
type Data struct {
	ChainEvent ChainEvent `json:"chainEvent"`
}

// A ChainEvent is what was seen.
type ChainEvent struct {
	// ID names this state of it: what is seen, retracted and seen again has three.
	ID      string       `json:"id"`
	Network string       `json:"network"`
	Rule    string       `json:"rule"`
	State   follow.State `json:"state"`
	Block   uint64       `json:"blockNumber"`
	Hash    string       `json:"blockHash"`
	Tx      string       `json:"txHash"`
	Index   uint64       `json:"index"`
	// Details are what the rule makes of it.
	Details json.RawMessage `json:"details,omitempty"`
}

// Tell makes the messages of a network's occurrences.
func Tell(network string) func(follow.Occurrence, time.Time, int) (outbox.Message, bool) {
	return func(o follow.Occurrence, at time.Time, number int) (outbox.Message, bool) {
		kind, ok := kindOf(o.Rule)
		if !ok {
			return outbox.Message{}, false
		}
		// Facts differ in their dates: what occurs in one moment is told apart by microseconds.
		date := at.Add(time.Duration(number) * time.Microsecond)
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n%d\n%s\n%s\n%d", network, o.Block, o.Tx, o.Index, o.Rule, o.State, date.UnixMicro()))
		e := ChainEvent{
			ID: "cev-" + hex.EncodeToString(sum[:16]), Network: network, Rule: o.Rule, State: o.State,
			Block: o.Number, Hash: o.Block.String(), Tx: o.Tx.String(), Index: o.Index, Details: o.Data,
		}
		data, err := json.Marshal(Data{e})
		if err != nil { // the rule's data is no JSON: tell of the event without it
			e.Details = nil
			if data, err = json.Marshal(Data{e}); err != nil {
				return outbox.Message{}, false
			}
		}
		return outbox.Message{ID: e.ID, Kind: countersign.EventKind(string(kind) + "." + string(o.State)), Date: date, Data: data}, true
	}
}
