package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"strings"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/labstack/echo/v4"

	"countersign/sandbox/abiform"
	"countersign/sandbox/dfns"
	"countersign/sandbox/evm"
	"countersign/sandbox/network"
	"countersign/sandbox/permission"
)

func (a *API) networkRoutes(e *echo.Echo) {
	e.GET("/networks/fees", a.read(permission.None, a.fees))
	e.POST("/networks/read-contract", a.read(permission.None, func(c call) error {
		return decoded(c, func(in contractRead) (contractRead, error) { return a.readContract(c.Request().Context(), in) })
	}))
	e.POST("/networks/:network/call-function", a.read(permission.None, a.callFunction))
}

// evmNetwork returns the running EVM network of that name; any other is a 501.
func (a *API) evmNetwork(name string) (*evm.Chain, error) {
	n, err := a.Custody.Networks.Find(name)
	if err != nil {
		return nil, err
	}
	if n.Family != network.EVM {
		return nil, dfns.NotImplemented("reading network %s, which has no EVM", name)
	}
	return a.Chains.Chain(name)
}

// feeLevel is what a transaction may offer, in wei.
type feeLevel struct {
	MaxPriorityFeePerGas string `json:"maxPriorityFeePerGas"`
	MaxFeePerGas         string `json:"maxFeePerGas"`
}

// fees answers with the base fee of the newest block and three offers above it: tips of 1,
// 2 and 3 gwei under caps of twice the base fee. The first is what the sandbox itself
// offers for whoever names no fees.
func (a *API) fees(c call) error {
	name := c.QueryParam("network")
	chain, err := a.evmNetwork(name)
	if err != nil {
		return err
	}
	head, err := chain.Client.HeaderByNumber(c.Request().Context(), nil)
	if err != nil {
		return err
	}
	level := func(gwei int64) feeLevel {
		tip := big.NewInt(gwei * params.GWei)
		most := new(big.Int).Lsh(head.BaseFee, 1)
		return feeLevel{tip.String(), most.Add(most, tip).String()}
	}
	return reply(c, map[string]any{"kind": "Eip1559", "network": name, "blockNumber": head.Number.Uint64(),
		"baseFeePerGas": head.BaseFee.String(), "slow": level(1), "standard": level(2), "fast": level(3)}, nil)
}

// contractRead is the body of POST /networks/read-contract, and its answer, which has only
// kind and data.
type contractRead struct {
	Kind     string `json:"kind"`
	Network  string `json:"network,omitempty"`
	Contract string `json:"contract,omitempty"`
	Data     string `json:"data"`
}

func (a *API) readContract(ctx context.Context, in contractRead) (contractRead, error) {
	if in.Kind != "Evm" {
		return in, dfns.BadRequest("kind must be Evm")
	}
	chain, err := a.evmNetwork(in.Network)
	if err != nil {
		return in, err
	}
	data, err := hexutil.Decode(in.Data)
	if err != nil {
		return in, dfns.BadRequest("data must be bytes in 0x-hex")
	}
	out, err := ask(ctx, chain, in.Contract, data)
	return contractRead{Kind: "Evm", Data: hexutil.Encode(out)}, err
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

// callFunction calls one function of a contract by its ABI. DFNS does not document the form
// of calldata and of the answer: the sandbox takes the arguments by name, or in a list, and
// answers with the values that the function returns, in a list.
func (a *API) callFunction(c call) error {
	var in struct {
		Contract string          `json:"contract"`
		ABI      json.RawMessage `json:"abi"`
		Calldata json.RawMessage `json:"calldata"`
	}
	if err := dfns.Decode(c.body, &in); err != nil {
		return err
	}
	chain, err := a.evmNetwork(unkebab(c.Param("network")))
	if err != nil {
		return err
	}
	parsed, err := abi.JSON(bytes.NewReader(append(append([]byte("["), in.ABI...), ']')))
	if err != nil || len(parsed.Methods) != 1 {
		return dfns.BadRequest("abi must be the ABI of one function")
	}
	for _, method := range parsed.Methods {
		if !method.IsConstant() {
			return dfns.BadRequest("abi.stateMutability must be view or pure: nothing is sent to the chain")
		}
		data, err := abiform.Pack(method, in.Calldata)
		if err != nil {
			return dfns.BadRequest("calldata: %v", err)
		}
		out, err := ask(c.Request().Context(), chain, in.Contract, data)
		if err != nil {
			return err
		}
		values, err := abiform.Unpack(method, out)
		if err != nil {
			return dfns.BadRequest("the contract answered something else than abi.outputs: %v", err)
		}
		return c.JSON(http.StatusOK, values)
	}
	return nil
}

// unkebab returns DFNS's network whose name in kebab case is text, or text itself.
func unkebab(text string) string {
	plain := strings.ReplaceAll(text, "-", "")
	for _, name := range network.OfDFNS() {
		if strings.EqualFold(name, plain) {
			return name
		}
	}
	return text
}
