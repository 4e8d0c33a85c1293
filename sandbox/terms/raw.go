package terms

import (
	"encoding/json"
	"math/big"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"countersign/sandbox/dfns"
	"countersign/sandbox/network"
	"countersign/sandbox/unsigned"
)

// Raw is the kind of a transaction that the caller has made himself, whole or in part.
const Raw = "Transaction"

// object is DFNS's EvmTransactionJson. What is absent is the platform's to choose.
type object struct {
	Type                 *int      `json:"type"` // 0 or 2, which is the default
	To                   *string   `json:"to"`   // absent creates a contract
	Value                string    `json:"value"`
	Data                 string    `json:"data"`
	Nonce                *Quantity `json:"nonce"`
	GasLimit             string    `json:"gasLimit"`
	GasPrice             string    `json:"gasPrice"` // of type 0
	MaxFeePerGas         string    `json:"maxFeePerGas"`
	MaxPriorityFeePerGas string    `json:"maxPriorityFeePerGas"`

	AuthorizationList json.RawMessage `json:"authorizationList"` // of type 4
}

// checkRaw checks a transaction in either form. One in hex must be for the network's chain.
func checkRaw(transaction json.RawMessage, on network.Network) error {
	if len(transaction) > 0 && transaction[0] == '{' {
		var o object
		if err := dfns.Decode(transaction, &o); err != nil {
			return dfns.BadRequest("transaction: %v", err)
		}
		return o.check()
	}
	raw, err := rawBytes(transaction)
	if err != nil {
		return dfns.BadRequest("transaction must be an unsigned EVM transaction in 0x-hex, or an object")
	}
	u, err := unsigned.Read(raw)
	if err != nil {
		return err
	}
	if u.ChainID == nil || u.ChainID.Cmp(new(big.Int).SetUint64(on.ChainID)) != 0 {
		return dfns.BadRequest("transaction must be for chain %d, which is %s; it is for chain %v", on.ChainID, on.Name, u.ChainID)
	}
	return nil
}

func (o object) check() error {
	kind := 2
	if o.Type != nil {
		kind = *o.Type
	}
	switch {
	case kind == 4:
		return dfns.NotImplemented("transactions of type 4")
	case kind != 0 && kind != 2:
		return dfns.BadRequest("transaction.type must be 0, 2 or 4, not %d", kind)
	case o.AuthorizationList != nil:
		return dfns.BadRequest("transaction.authorizationList is of type 4, not %d", kind)
	case kind == 0 && (o.MaxFeePerGas != "" || o.MaxPriorityFeePerGas != ""):
		return dfns.BadRequest("transaction of type 0 takes gasPrice, not maxFeePerGas and maxPriorityFeePerGas")
	case kind == 2 && o.GasPrice != "":
		return dfns.BadRequest("transaction of type 2 takes maxFeePerGas and maxPriorityFeePerGas, not gasPrice")
	}
	return o.body().checkTransaction()
}

// body is the same transaction as one of kind Eip1559 asks for it.
func (o object) body() Body {
	b := Body{Kind: "Eip1559", To: o.To, Value: o.Value, Data: o.Data, Nonce: o.Nonce, GasLimit: o.GasLimit,
		MaxFeePerGas: o.MaxFeePerGas, MaxPriorityFeePerGas: o.MaxPriorityFeePerGas}
	if o.GasPrice != "" {
		b.MaxFeePerGas, b.MaxPriorityFeePerGas = o.GasPrice, o.GasPrice
	}
	return b
}

// rawCall turns a checked transaction into a call.
func rawCall(transaction json.RawMessage) Call {
	if raw, err := rawBytes(transaction); err == nil {
		return Call{Unsigned: raw}
	}
	var o object
	_ = json.Unmarshal(transaction, &o) // it was decoded strictly when it was checked
	call := o.body().Call("")
	call.Legacy = o.Type != nil && *o.Type == 0
	return call
}

func rawBytes(transaction json.RawMessage) ([]byte, error) {
	var text string
	if err := json.Unmarshal(transaction, &text); err != nil {
		return nil, err
	}
	return hexutil.Decode(text)
}
