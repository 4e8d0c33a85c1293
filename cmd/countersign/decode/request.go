package decode

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"countersign"
	"countersign/calldata"
	"countersign/calldata/calltree"
	"countersign/eip55"
	"countersign/strictjson"
)

// A Request is one transaction with all that may be known of the contracts in it.
// The field names are wire format; members that are not listed are passed over, so
// that a pipeline may carry its own.
type Request struct {
	// Name comes back in the answer.
	Name string `json:"name"`
	// ChainID is a number, or a string in decimal or 0x-hex. It is for the caller's
	// own use: the ABIs are those of one chain.
	ChainID json.RawMessage `json:"chainId"`
	// To is null for a transaction that creates a contract.
	To *string `json:"to"`
	// Value is in wei: a string in decimal or 0x-hex, or a number. Zero when missing.
	Value json.RawMessage `json:"value"`
	// Data is 0x and hex.
	Data string `json:"data"`
	// TxType is the EIP-2718 type, 0 when missing; 4 gives accounts code.
	TxType json.RawMessage `json:"txType"`
	// AuthorizationList is EIP-7702's; only the addresses count.
	AuthorizationList []struct {
		Address string `json:"address"`
	} `json:"authorizationList"`
	// ABI holds human-readable signatures by address.
	ABI map[string][]string `json:"abi"`
	// Protocols says which protocol an address speaks where signatures do not.
	Protocols map[string]calltree.Protocol `json:"protocols"`
}

// errABI marks an error in the ABI of a request.
var errABI = errors.New("abi")

// Line reads one request in JSON and answers it. It never fails: a request that
// cannot be read is an answer that refuses.
func Line(text []byte) Answer {
	var q Request
	if err := strictjson.Check(text); err != nil {
		return refusedRequest("", InvalidRequest, err)
	}
	if err := json.Unmarshal(text, &q); err != nil {
		return refusedRequest(q.Name, InvalidRequest, err)
	}
	reader, err := q.reader()
	if err != nil {
		code := InvalidRequest
		if errors.Is(err, errABI) {
			code = InvalidABI
		}
		return refusedRequest(q.Name, code, err)
	}
	tx, err := q.transaction()
	if err != nil {
		return refusedRequest(q.Name, InvalidRequest, err)
	}
	return Of(q.Name, reader.Read(tx))
}

func (q Request) reader() (*calltree.Reader, error) {
	known := map[calltree.Address]calltree.Contract{}
	for text, signatures := range q.ABI {
		a, err := Address(text)
		if err != nil {
			return nil, fmt.Errorf("abi: %w", err)
		}
		if _, twice := known[a]; twice {
			return nil, fmt.Errorf("abi: address %s is listed twice", a)
		}
		abi, err := calldata.ParseSignatures(signatures...)
		if err != nil {
			return nil, fmt.Errorf("%w of %s: %w", errABI, a, err)
		}
		known[a] = calltree.Contract{ABI: abi}
	}
	for text, p := range q.Protocols {
		a, err := Address(text)
		if err != nil {
			return nil, fmt.Errorf("protocols: %w", err)
		}
		c, pinned := known[a]
		if !pinned {
			return nil, fmt.Errorf("protocols: no abi for %s", a)
		}
		c.Protocol = p
		known[a] = c
	}
	return calltree.New(known)
}

func (q Request) transaction() (tx calltree.Transaction, err error) {
	if q.To != nil {
		to, err := Address(*q.To)
		if err != nil {
			return tx, fmt.Errorf("to: %w", err)
		}
		tx.To = &to
	}
	value, err := number(q.Value)
	if err != nil {
		return tx, fmt.Errorf("value: %w", err)
	}
	tx.Value = calltree.WeiOf(value)
	if tx.Data, err = Hex(q.Data); err != nil {
		return tx, fmt.Errorf("data: %w", err)
	}
	if tx.SetCode, err = setsCode(q.TxType); err != nil {
		return tx, err
	}
	for i, a := range q.AuthorizationList {
		delegate, err := Address(a.Address)
		if err != nil {
			return tx, fmt.Errorf("authorizationList %d: address: %w", i, err)
		}
		tx.Delegates = append(tx.Delegates, delegate)
	}
	return tx, nil
}

// setsCode reads an EIP-2718 type and reports whether it is EIP-7702's.
func setsCode(raw json.RawMessage) (bool, error) {
	text := strings.Trim(string(raw), `"`)
	switch text {
	case "", "null":
		return false, nil
	case "legacy", "eip2930", "eip1559", "eip4844": // viem's names
		return false, nil
	case "eip7702":
		return true, nil
	}
	n, err := strconv.ParseUint(text, 0, 8)
	if err != nil || n > 4 {
		return false, fmt.Errorf("txType: %.40s is not a transaction type, want 0 to 4", raw)
	}
	return n == 4, nil
}

// number reads an amount: a JSON string in decimal or 0x-hex, or a JSON integer.
func number(raw json.RawMessage) (countersign.Amount, error) {
	text := strings.Trim(string(raw), `"`)
	if text == "" || text == "null" {
		return countersign.Amount{}, nil
	}
	digits, isHex := strings.CutPrefix(text, "0x")
	if !isHex {
		return countersign.ParseAmount(text)
	}
	i, ok := new(big.Int).SetString(digits, 16)
	if !ok || strings.ContainsAny(digits, "_+-") {
		return countersign.Amount{}, fmt.Errorf("%.80q is not a number", text)
	}
	return countersign.AmountFromBig(i)
}

// Address reads 0x and 40 hex digits; mixed case must be the EIP-55 checksum.
func Address(text string) (calltree.Address, error) { return eip55.Parse(text) }

// Hex reads hex digits with or without 0x.
func Hex(text string) ([]byte, error) {
	b, err := hex.DecodeString(strings.TrimPrefix(strings.TrimSpace(text), "0x"))
	if err != nil {
		return nil, fmt.Errorf("not hex: %w", err)
	}
	return b, nil
}
