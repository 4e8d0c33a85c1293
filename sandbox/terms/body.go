// Package terms reads what a transfer or a transaction asks for, and turns it
// into the EVM call that carries it out. It refuses what is malformed, and by
// name what DFNS has and the sandbox does not execute. It is pure.
package terms

import (
	"encoding/json"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"countersign/sandbox/dfns"
	"countersign/sandbox/network"
	"countersign/sandbox/stellar"
)

// The two objects that have terms, by the words that DFNS's routes and events
// use for them.
const (
	Transfer    = "transfer"
	Transaction = "transaction"
)

// Body is what was asked for: the body of POST …/transfers or …/transactions,
// echoed as requestBody. Which members a kind takes says [kinds].
type Body struct {
	Kind     string  `json:"kind"`
	Contract string  `json:"contract,omitempty"` // Erc20, Erc721
	To       *string `json:"to,omitempty"`       // optional for Evm and Eip1559: creates a contract
	Amount   string  `json:"amount,omitempty"`   // minimum units, decimal
	TokenID  string  `json:"tokenId,omitempty"`  // Erc721, decimal
	Memo     string  `json:"memo,omitempty"`     // Native, where the network has memos
	Priority string  `json:"priority,omitempty"` // accepted; one block per transaction makes it moot

	CreateDestinationAccount bool `json:"createDestinationAccount,omitempty"` // where accounts have to be created

	Value                string    `json:"value,omitempty"` // wei, decimal or 0x-hex, as all below
	Data                 string    `json:"data,omitempty"`  // 0x-hex
	Nonce                *Quantity `json:"nonce,omitempty"`
	GasLimit             string    `json:"gasLimit,omitempty"`
	MaxFeePerGas         string    `json:"maxFeePerGas,omitempty"`
	MaxPriorityFeePerGas string    `json:"maxPriorityFeePerGas,omitempty"`

	Transaction json.RawMessage `json:"transaction,omitempty"` // Transaction: in 0x-hex, or an [object]

	TxHash   string `json:"txHash,omitempty"`   // of what a system-made transaction replaces
	SignedTx string `json:"signedTx,omitempty"` // a system-made transaction, raw, 0x-hex

	ExternalID string `json:"externalId,omitempty"` // 1 to 50 characters
}

// The kinds of the transactions that only the platform makes.
const (
	Cancel  = "CancelTransaction"
	SpeedUp = "SpeedUpTransaction"
)

// Quantity is an integer that came as a JSON number or as a string, and goes
// out the way it came.
type Quantity struct {
	Text string
	Bare bool // it was a JSON number
}

// UnmarshalJSON takes a number or a string.
func (q *Quantity) UnmarshalJSON(b []byte) error {
	if q.Bare = len(b) > 0 && b[0] != '"'; q.Bare {
		q.Text = string(b)
		return nil
	}
	return json.Unmarshal(b, &q.Text)
}

// MarshalJSON writes what UnmarshalJSON read.
func (q Quantity) MarshalJSON() ([]byte, error) {
	if q.Bare {
		return []byte(q.Text), nil
	}
	return json.Marshal(q.Text)
}

// kinds lists, for each family of networks and each request, the kinds that the
// sandbox executes and the members that each takes besides kind and externalId.
var kinds = map[network.Family]map[string]map[string]string{
	network.EVM: {
		Transfer: {
			"Native": "to amount priority",
			"Erc20":  "contract to amount priority",
			"Erc721": "contract to tokenId priority",
		},
		Transaction: {
			"Evm":         "to value data nonce gasLimit",
			"Eip1559":     "to value data nonce gasLimit maxFeePerGas maxPriorityFeePerGas",
			"Transaction": "transaction",
		},
	},
	network.Stellar: {
		Transfer: {"Native": "to amount memo createDestinationAccount priority"},
	},
}

// named lists the kinds that DFNS has (OpenAPI 2.0.155). What a network does not
// execute of them is refused by name.
var named = map[string][]string{
	Transfer: strings.Fields(`Native Erc20 Erc721 Erc7984 Spl Spl2022 Trc10 Trc20 Trc721 Aip21 Asa Asset Cip56 Cis2 Cis7
		Coin Hip17 Hts Iou Sep41 Snip2 Snip3 Tep74 Xls33`),
	Transaction: strings.Fields(`Evm Eip1559 Transaction Psbt SignDocDirect UserOperations FunctionCall
		TransferPreapproval CreateSolanaNonceAccounts`),
}

var (
	addressForm  = regexp.MustCompile(`^0x[0-9a-fA-F]{40}$`)
	decimalForm  = regexp.MustCompile(`^\d{1,78}$`)
	quantityForm = regexp.MustCompile(`^(\d{1,78}|0x[0-9a-fA-F]{1,64})$`)
	dataForm     = regexp.MustCompile(`^0x([0-9a-fA-F]{2})*$`)
)

// Parse reads and checks the body of a [Transfer] or [Transaction] on a network.
// Its errors are 400s and 501s for the caller.
func Parse(on network.Network, object string, raw []byte) (Body, error) {
	var members map[string]json.RawMessage
	var body Body
	if err := dfns.Decode(raw, &members); err != nil {
		return body, err
	}
	if json.Unmarshal(members["kind"], &body.Kind) != nil {
		return body, dfns.BadRequest("kind is required")
	}
	takes, known := kinds[on.Family][object][body.Kind]
	if !known && body.Kind == "FunctionCall" && object == Transaction {
		return body, dfns.NotImplemented("transactions of kind FunctionCall: no source says what its call holds; use Evm with data")
	}
	if !known && slices.Contains(named[object], body.Kind) {
		return body, dfns.NotImplemented("%ss of kind %s on networks of kind %s", object, body.Kind, on.Family)
	}
	if !known {
		return body, dfns.BadRequest("kind must be a kind of %s: %q is not", object, body.Kind)
	}
	allowed := append(strings.Fields(takes), "kind", "externalId")
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !slices.Contains(allowed, name) {
			return body, dfns.BadRequest("%s %s does not take %q in the sandbox", body.Kind, object, name)
		}
	}
	if err := dfns.Decode(raw, &body); err != nil {
		return body, err
	}
	if e, given := members["externalId"]; given && (body.ExternalID == "" || len([]rune(body.ExternalID)) > 50) {
		return body, dfns.BadRequest("externalId must have 1 to 50 characters, not %s", e)
	}
	if on.Family == network.Stellar {
		return body, body.checkPayment()
	}
	if object == Transfer {
		return body, body.checkTransfer()
	}
	if body.Kind == Raw {
		return body, checkRaw(body.Transaction, on)
	}
	return body, body.checkTransaction()
}

func (b Body) checkTransfer() error {
	switch {
	case b.To == nil || !addressForm.MatchString(*b.To):
		return dfns.BadRequest("to must be an address, 0x and 40 hex digits")
	case b.Kind != "Native" && !addressForm.MatchString(b.Contract):
		return dfns.BadRequest("contract must be an address, 0x and 40 hex digits")
	case b.Kind == "Erc721" && (!decimalForm.MatchString(b.TokenID) || number(b.TokenID).BitLen() > 256):
		return dfns.BadRequest("tokenId must be a decimal integer, as a string of at most 256 bits")
	case b.Kind != "Erc721" && (!decimalForm.MatchString(b.Amount) || number(b.Amount).BitLen() > 256):
		return dfns.BadRequest("amount must be a decimal integer in minimum units, as a string of at most 256 bits")
	}
	return b.checkPriority()
}

// checkPayment checks a transfer on Stellar.
func (b Body) checkPayment() error {
	switch {
	case b.To == nil || !stellar.Valid(*b.To):
		return dfns.BadRequest("to must be the address of an account, G and 55 characters with a right checksum")
	case !decimalForm.MatchString(b.Amount):
		return dfns.BadRequest("amount must be a decimal integer in stroops, as a string")
	case len(b.Memo) > stellar.MaxMemo:
		return dfns.BadRequest("memo is longer than %d bytes", stellar.MaxMemo)
	}
	return b.checkPriority()
}

func (b Body) checkPriority() error {
	if b.Priority != "" && b.Priority != "Slow" && b.Priority != "Standard" && b.Priority != "Fast" {
		return dfns.BadRequest("priority must be Slow, Standard or Fast")
	}
	return nil
}

func (b Body) checkTransaction() error {
	if b.To != nil && !addressForm.MatchString(*b.To) {
		return dfns.BadRequest("to must be an address, 0x and 40 hex digits")
	}
	if b.Data != "" && !dataForm.MatchString(b.Data) {
		return dfns.BadRequest("data must be 0x and an even number of hex digits")
	}
	if b.To == nil && len(b.Data) <= 2 {
		return dfns.BadRequest("a transaction without to creates a contract and needs data")
	}
	type quantity struct {
		name, text string
		bits       int
	}
	quantities := []quantity{
		{"value", b.Value, 256}, {"gasLimit", b.GasLimit, 64},
		{"maxFeePerGas", b.MaxFeePerGas, 256}, {"maxPriorityFeePerGas", b.MaxPriorityFeePerGas, 256},
	}
	if b.Nonce != nil {
		quantities = append(quantities, quantity{"nonce", b.Nonce.Text, 64})
	}
	for _, q := range quantities {
		if q.text != "" && (!quantityForm.MatchString(q.text) || number(q.text).BitLen() > q.bits) {
			return dfns.BadRequest("%s must be an integer of at most %d bits, decimal or 0x-hex", q.name, q.bits)
		}
	}
	return nil
}

// number reads a checked decimal or 0x-hex integer; "" is nil.
func number(text string) *big.Int {
	if text == "" {
		return nil
	}
	base := 10
	if strings.HasPrefix(text, "0x") {
		text, base = text[2:], 16
	}
	n, _ := new(big.Int).SetString(text, base)
	return n
}
