// Package rule says what to look for on a chain: deposits, events, calls, transactions that are
// waited for, and balances that cross a level. Rules are Go values, and conditions are written
// in Go. Package scan looks for them, and package follow tells what they find as
// [follow.Event]s, whose Rule is the rule's name and whose Data is the JSON of [countersign.Move],
// [LogData], [CallData], [ConfirmedData] or [ThresholdData]. Wire format.
//
// What matches by its selector or its topic but cannot be read is told all the same, with why,
// and without asking the condition: nobody can say that it is not meant.
//
// An event's Index is 0 for the transaction itself, and one more than the index of the log in its
// block for a log. A balance is of no transaction: its Tx is zero.
package rule

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"countersign"
	"countersign/calldata"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// Rules are all that is looked for on one chain. Names are of letters, and told with each event;
// no two rules may share one.
type Rules struct {
	Deposits   []Deposit
	Logs       []Log
	Calls      []Call
	Confirmed  []Confirmed
	Thresholds []Threshold
}

// A Deposit looks for what comes to addresses: ERC-20 and ERC-721 by their logs, and the native
// asset by the value of transactions. Native money that a call inside a transaction brings has no
// log and is not found; it shows in the effect of the transaction and in a [Threshold].
type Deposit struct {
	Name string
	// Addresses are 0x and 40 hex digits. They are asked for anew for each block or range, so
	// that the set may grow.
	Addresses func() []string
	// Native looks for the native asset too, for which every block is read in full.
	Native bool
	// Taken looks for tokens that leave the addresses, too, where none of them has sent the
	// transaction: an allowance lets others take them.
	Taken bool
	// When tells which of them count; nil means all.
	When func(countersign.Move) bool
}

// A Log looks for an event of a contract.
type Log struct {
	Name string
	// Contract is 0x and 40 hex digits.
	Contract string
	// Event is its signature with names: "Mint(address indexed to, uint256 amount)".
	Event string
	// When tells which of them count; nil means all.
	When func(Args) bool
}

// LogData is what a [Log] tells.
type LogData struct {
	Contract string `json:"contract"`
	// Event is the canonical signature.
	Event string `json:"event"`
	Log   int    `json:"log"`
	Args  []Arg  `json:"args,omitempty"`
	// Refused says why the arguments could not be read.
	Refused string `json:"refused,omitempty"`
}

// A Call looks for transactions that call a function of a contract. Calls from other contracts
// are not found.
type Call struct {
	Name string
	// To is the contract, 0x and 40 hex digits.
	To string
	// Function is its signature with names: "mint(address to, uint256 amount)".
	Function string
	// When tells which of them count; nil means all. The call is a view that must not be kept.
	When func(*calldata.Call) bool
}

// CallData is what a [Call] tells.
type CallData struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Function is the canonical signature.
	Function string             `json:"function"`
	Value    countersign.Amount `json:"value"`
	// Succeeded is false for a call that was reverted.
	Succeeded bool   `json:"succeeded"`
	Args      []Arg  `json:"args,omitempty"`
	Refused   string `json:"refused,omitempty"`
}

// A Confirmed looks for transactions that are waited for.
type Confirmed struct {
	Name string
	// Hashes are 0x and 64 hex digits, asked for anew for each block or range.
	Hashes func() []string
}

// ConfirmedData is what a [Confirmed] tells.
type ConfirmedData struct {
	Succeeded bool `json:"succeeded"`
}

// A Threshold looks at a balance after each block. It tells when it has come to a side other
// than that of the last time, and at first when it is on either: below at Low or less, above at
// High or more. Between the two it stays where it was.
type Threshold struct {
	Name string
	// Asset is the contract, 0x and 40 hex digits; empty for the native asset.
	Asset  string
	Holder string
	// Low is less than High, in the smallest unit.
	Low, High countersign.Amount
	// From is the first block that is looked at: the state of older ones is not read.
	From uint64
}

// A Side is where a balance is.
type Side string

// The sides. Wire format.
const (
	Below Side = "below"
	Above Side = "above"
)

// ThresholdData is what a [Threshold] tells.
type ThresholdData struct {
	Side    Side               `json:"side"`
	Asset   string             `json:"asset,omitempty"`
	Holder  string             `json:"holder"`
	Balance countersign.Amount `json:"balance"`
	Low     countersign.Amount `json:"low"`
	High    countersign.Amount `json:"high"`
}

// Cross is what to tell of a balance, where that was on a side before, empty for none yet.
func (t Threshold) Cross(before Side, balance countersign.Amount) (data ThresholdData, crossed bool) {
	now := before
	switch {
	case balance.Cmp(t.Low) <= 0:
		now = Below
	case balance.Cmp(t.High) >= 0:
		now = Above
	}
	return ThresholdData{now, strings.ToLower(t.Asset), strings.ToLower(t.Holder), balance, t.Low, t.High}, now != before
}

// SideOf reads the side from what a [Threshold] told.
func SideOf(data []byte) (Side, error) {
	var d ThresholdData
	if err := json.Unmarshal(data, &d); err != nil {
		return "", fmt.Errorf("what a balance rule told: %w", err)
	}
	if d.Side != Below && d.Side != Above {
		return "", fmt.Errorf("what a balance rule told has side %.20q, want below or above", d.Side)
	}
	return d.Side, nil
}

// check says what is wrong with a rule's texts.
func check(name string, addresses ...string) error {
	if name == "" {
		return errors.New("a rule has no name: name it after what it looks for")
	}
	for _, a := range addresses {
		if b, err := hexutil.Decode(a); err != nil || len(b) != common.AddressLength {
			return fmt.Errorf("rule %s: address %.60q is not 0x and 40 hex digits", name, a)
		}
	}
	return nil
}

// Found is what a rule with a name tells.
func (d ThresholdData) Found(name string) Found { return found(name, d) }
