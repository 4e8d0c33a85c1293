package activity

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"countersign"
	"countersign/calldata/rawtx"
)

// callMembers are the members of a transaction of kind Evm or Eip1559 (dfns.md
// §5.3). To, value and data are what happens; the others say at what fee and in
// which order.
var callMembers = []string{
	"kind", "to", "value", "data", "externalId", "nonce", "gasLimit", "maxFeePerGas", "maxPriorityFeePerGas",
}

// transaction reads the body of a transaction request into the activity, by its
// kind. Kinds that hide what they do in a form of their own are not read, and say so
// by name.
func transaction(a *countersign.Activity, body map[string]json.RawMessage) (err error) {
	switch a.Request {
	case "Evm", "Eip1559":
		a.Call, err = call(body)
	case "Transaction":
		a.Call, err = serialized(a.Network, body)
	case "UserOperations":
		a.Operations, err = userOperations(body)
	case "FunctionCall":
		// DFNS documents the member "call" and not what is in it (dfns.md §5.3).
		err = errors.New("what its call holds is not documented")
	default:
		return fmt.Errorf("transactions of kind %.64q are not read", a.Request)
	}
	if err != nil {
		return fmt.Errorf("transaction of kind %s: %w", a.Request, err)
	}
	return nil
}

// call reads a call of an EVM contract, member by member.
func call(body map[string]json.RawMessage) (*countersign.Call, error) {
	r := reader{body: body}
	r.only(callMembers)
	c := &countersign.Call{
		Value: r.number("value"), Data: r.bytes("data"),
		GasLimit: r.number("gasLimit"), MaxFeePerGas: r.number("maxFeePerGas"), MaxPriorityFeePerGas: r.number("maxPriorityFeePerGas"),
	}
	if r.has("to") {
		c.To = r.address("to", true)
	}
	if r.err != nil {
		return nil, r.err
	}
	return c, nil
}

// serialized reads a transaction that comes ready to be signed, as hex or as an
// object. It must be for the wallet's own network: signed for another chain, it is
// good there.
func serialized(network string, body map[string]json.RawMessage) (*countersign.Call, error) {
	r := reader{body: body}
	r.only([]string{"kind", "transaction", "externalId"})
	chain, known := chainIDs[network]
	switch {
	case r.err != nil:
		return nil, r.err
	case !known:
		return nil, fmt.Errorf("network %.64q has no chain ID that we know, so the transaction may be for another chain", network)
	}
	var tx *rawtx.Transaction
	var err error
	if raw := r.body["transaction"]; len(raw) > 0 && raw[0] == '{' {
		tx, err = rawtx.ParseJSON(raw)
	} else if b := r.bytes("transaction"); r.err == nil {
		tx, err = rawtx.Parse(b)
		if err == nil && tx.ChainID == nil {
			err = errors.New("it names no chain (EIP-155), and signed it would be good on every one")
		}
	}
	switch {
	case r.err != nil:
		return nil, r.err
	case err != nil:
		return nil, err
	case tx.Signed:
		return nil, errors.New("it is signed already")
	case tx.ChainID != nil && *tx.ChainID != chain:
		return nil, fmt.Errorf("it is for chain %d, and %s is chain %d", *tx.ChainID, network, chain)
	}
	return fromRaw(tx), nil
}

func fromRaw(tx *rawtx.Transaction) *countersign.Call {
	c := &countersign.Call{To: tx.To, Value: tx.Value, Data: tx.Data, SetsCode: tx.Type == 4}
	if tx.Gas != nil {
		c.GasLimit = countersign.NewAmount(*tx.Gas)
	}
	if tx.MaxFeePerGas != nil {
		c.MaxFeePerGas = *tx.MaxFeePerGas
	}
	if tx.MaxPriorityFeePerGas != nil {
		c.MaxPriorityFeePerGas = *tx.MaxPriorityFeePerGas
	}
	for _, a := range tx.Authorizations {
		c.Delegates = append(c.Delegates, a.Address)
	}
	return c
}

// userOperations reads calls that a smart account makes together. Who pays the gas
// (feeSponsorId) changes nothing in them.
func userOperations(body map[string]json.RawMessage) ([]countersign.Call, error) {
	r := reader{body: body}
	r.only([]string{"kind", "userOperations", "feeSponsorId", "externalId"})
	if r.err != nil {
		return nil, r.err
	}
	var list []json.RawMessage
	if json.Unmarshal(r.body["userOperations"], &list) != nil || len(list) == 0 {
		return nil, errors.New("userOperations is not a list of calls")
	}
	calls := make([]countersign.Call, len(list))
	for i, raw := range list {
		op := reader{body: members(raw)}
		op.only([]string{"to", "value", "data"})
		calls[i] = countersign.Call{To: op.address("to", true), Value: op.number("value"), Data: op.bytes("data")}
		if op.err != nil {
			return nil, fmt.Errorf("userOperations %d: %w", i, op.err)
		}
	}
	return calls, nil
}

// signature reads the body of a signature request: bytes that leave the custodian
// signed, for whoever gets hold of them to use. Only those whose meaning is fixed
// are read.
func signature(a *countersign.Activity, body map[string]json.RawMessage) (err error) {
	switch a.Request {
	case "Transaction":
		a.Call, err = serialized(a.Network, body)
	case "Eip712":
		a.TypedData, err = typedData(a.Network, body)
	default:
		return fmt.Errorf("signatures of kind %.64q are not read", a.Request)
	}
	if err != nil {
		return fmt.Errorf("signature of kind %s: %w", a.Request, err)
	}
	return nil
}

// typedData keeps an EIP-712 message as it is; the rules' engine reads it.
func typedData(network string, body map[string]json.RawMessage) (*countersign.TypedData, error) {
	r := reader{body: body}
	r.only([]string{"kind", "types", "domain", "message", "network", "blockchainKind", "externalId"})
	chain, known := chainIDs[network]
	switch {
	case r.err != nil:
		return nil, r.err
	case !known:
		return nil, fmt.Errorf("network %.64q has no chain ID that we know, so the message may be for another chain", network)
	case r.has("network") && text(r.body["network"]) != network:
		return nil, fmt.Errorf("it is for network %.64s, and the wallet is on %s", r.body["network"], network)
	case !r.has("types") || !r.has("domain") || !r.has("message"):
		return nil, errors.New("types, domain and message are required")
	}
	return &countersign.TypedData{Types: r.body["types"], Domain: r.body["domain"], Message: r.body["message"], ChainID: chain}, nil
}

// number returns an amount written in decimal or in 0x-hex; zero when missing.
func (r *reader) number(name string) countersign.Amount {
	if !r.has(name) {
		return countersign.Amount{}
	}
	digits, isHex := strings.CutPrefix(text(r.body[name]), "0x")
	if !isHex {
		return r.decimal(name)
	}
	if digits == "" || len(digits) > 64 || strings.Trim(digits, "0123456789abcdefABCDEF") != "" {
		r.fail("%s is not a number of at most 256 bits", name)
		return countersign.Amount{}
	}
	i, _ := new(big.Int).SetString(digits, 16)
	a, err := countersign.AmountFromBig(i)
	if err != nil {
		r.fail("%s: %w", name, err)
	}
	return a
}

// bytes returns what is written in 0x-hex; none when missing.
func (r *reader) bytes(name string) []byte {
	if !r.has(name) {
		return nil
	}
	digits, ok := strings.CutPrefix(text(r.body[name]), "0x")
	b, err := hex.DecodeString(digits)
	if !ok || err != nil {
		r.fail("%s is not 0x and pairs of hex digits", name)
		return nil
	}
	return b
}
