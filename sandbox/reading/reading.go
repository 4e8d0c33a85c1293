// Package reading answers what is asked of networks and of no wallet: what a transaction
// costs on them now, and what contracts say. It changes nothing.
package reading

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/big"
	"strings"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rpc"

	"countersign/sandbox/abiform"
	"countersign/sandbox/dfns"
	"countersign/sandbox/evm"
	"countersign/sandbox/network"
)

// Chains gives the chain of an EVM network. [chains.Chains] is the real one.
type Chains interface {
	Chain(network string) (*evm.Chain, error)
}

// Desk reads from the networks that run. One that is unknown is a 400, one that does not run
// or has no EVM a 501.
type Desk struct {
	Networks network.Set
	Chains   Chains
}

func (d Desk) chain(name string) (*evm.Chain, error) {
	n, err := d.Networks.Find(name)
	if err != nil {
		return nil, err
	}
	if n.Family != network.EVM {
		return nil, dfns.NotImplemented("reading network %s, which has no EVM", name)
	}
	return d.Chains.Chain(name)
}

// Fees is the answer to GET /networks/fees.
type Fees struct {
	Kind          string `json:"kind"` // Eip1559
	Network       string `json:"network"`
	BlockNumber   uint64 `json:"blockNumber"`
	BaseFeePerGas string `json:"baseFeePerGas"` // wei
	Slow          Level  `json:"slow"`
	Standard      Level  `json:"standard"`
	Fast          Level  `json:"fast"`
}

// Level is what a transaction may offer, in wei.
type Level struct {
	MaxPriorityFeePerGas string `json:"maxPriorityFeePerGas"`
	MaxFeePerGas         string `json:"maxFeePerGas"`
}

// Fees returns the base fee of the newest block and three offers above it: tips of 1, 2 and
// 3 gwei under caps of twice the base fee. The first is what the sandbox itself offers for
// whoever names no fees.
func (d Desk) Fees(ctx context.Context, name string) (Fees, error) {
	chain, err := d.chain(name)
	if err != nil {
		return Fees{}, err
	}
	head, err := chain.Client.HeaderByNumber(ctx, nil)
	if err != nil {
		return Fees{}, err
	}
	level := func(gwei int64) Level {
		tip := big.NewInt(gwei * params.GWei)
		most := new(big.Int).Lsh(head.BaseFee, 1)
		return Level{tip.String(), most.Add(most, tip).String()}
	}
	return Fees{Kind: "Eip1559", Network: name, BlockNumber: head.Number.Uint64(), BaseFeePerGas: head.BaseFee.String(),
		Slow: level(1), Standard: level(2), Fast: level(3)}, nil
}

// ContractRead is the body of POST /networks/read-contract, and its answer, which has only
// kind and data.
type ContractRead struct {
	Kind     string `json:"kind"`
	Network  string `json:"network,omitempty"`
	Contract string `json:"contract,omitempty"`
	Data     string `json:"data"`
}

// ReadContract calls a contract with call data as they are.
func (d Desk) ReadContract(ctx context.Context, in ContractRead) (ContractRead, error) {
	if in.Kind != "Evm" {
		return in, dfns.BadRequest("kind must be Evm")
	}
	chain, err := d.chain(in.Network)
	if err != nil {
		return in, err
	}
	data, err := hexutil.Decode(in.Data)
	if err != nil {
		return in, dfns.BadRequest("data must be bytes in 0x-hex")
	}
	out, err := ask(ctx, chain, in.Contract, data)
	return ContractRead{Kind: "Evm", Data: hexutil.Encode(out)}, err
}

// FunctionCall is the body of POST /networks/:network/call-function.
type FunctionCall struct {
	Contract string          `json:"contract"`
	ABI      json.RawMessage `json:"abi"`
	Calldata json.RawMessage `json:"calldata"`
}

// CallFunction calls one function of a contract by its ABI. DFNS does not document the form
// of calldata and of the answer: the sandbox takes the arguments by name, or in a list, and
// answers with the values that the function returns, in a list. The network may be written
// in kebab case.
func (d Desk) CallFunction(ctx context.Context, name string, in FunctionCall) ([]any, error) {
	chain, err := d.chain(network.Unkebab(name))
	if err != nil {
		return nil, err
	}
	parsed, err := abi.JSON(bytes.NewReader(append(append([]byte("["), in.ABI...), ']')))
	if err != nil || len(parsed.Methods) != 1 {
		return nil, dfns.BadRequest("abi must be the ABI of one function")
	}
	var method abi.Method
	for _, method = range parsed.Methods {
	}
	if !method.IsConstant() {
		return nil, dfns.BadRequest("abi.stateMutability must be view or pure: nothing is sent to the chain")
	}
	data, err := abiform.Pack(method, in.Calldata)
	if err != nil {
		return nil, dfns.BadRequest("calldata: %v", err)
	}
	out, err := ask(ctx, chain, in.Contract, data)
	if err != nil {
		return nil, err
	}
	values, err := abiform.Unpack(method, out)
	if err != nil {
		return nil, dfns.BadRequest("the contract answered something else than abi.outputs: %v", err)
	}
	return values, nil
}

// ask calls a contract without a transaction. What the contract refuses is a 400.
func ask(ctx context.Context, chain *evm.Chain, contract string, data []byte) ([]byte, error) {
	if !common.IsHexAddress(contract) || !strings.HasPrefix(contract, "0x") {
		return nil, dfns.BadRequest("contract must be an address, 0x and 40 hex digits")
	}
	to := common.HexToAddress(contract)
	out, err := chain.Client.CallContract(ctx, ethereum.CallMsg{To: &to, Data: data}, nil)
	var refused rpc.Error
	if errors.As(err, &refused) {
		return nil, dfns.BadRequest("the contract refused the call: %v", err)
	}
	return out, err
}
