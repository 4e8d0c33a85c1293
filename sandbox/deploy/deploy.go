// Package deploy puts a contract of package contracts on the chain of a running sandbox, as
// a transaction of the treasury that the seeded administrator asks for over the API.
//
// It is idempotent: the same contract with the same arguments is deployed once, and asked
// for again it is found at the address that it has.
package deploy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/ethclient"

	"countersign/sandbox"
	"countersign/sandbox/abiform"
	"countersign/sandbox/client"
	"countersign/sandbox/contracts"
)

// poll is how often a transaction under way is looked at.
const poll = 50 * time.Millisecond

// request is what is read of a transaction.
type request struct {
	ID, Status, Reason, TxHash, ApprovalID string
}

// Contract deploys a contract and returns its address. Arguments are those of its
// constructor, as text, lists with commas; none are the usual ones: the treasury as minter
// or only owner, TestUSD as asset. It fails when a policy holds the transaction up, and says
// which approval to wait for.
func Contract(ctx context.Context, e sandbox.Env, c contracts.Contract, arguments []string) (string, error) {
	data, err := creation(e, c, arguments)
	if err != nil {
		return "", err
	}
	key, err := client.ParseKey(e.PrivateKey)
	if err != nil {
		return "", err
	}
	caller := client.Client{Base: e.BaseURL, Token: e.AuthToken, CredID: e.CredID, Key: key}
	path := "/wallets/" + e.WalletID + "/transactions"
	digest := sha256.Sum256(data)
	body := fmt.Sprintf(`{"kind":"Evm","data":%q,"externalId":"deploy/%s/%x"}`, hexutil.Encode(data), c.Name, digest[:8])
	answer, err := caller.Call(ctx, http.MethodPost, path, []byte(body))
	for {
		if err != nil {
			return "", fmt.Errorf("deploying %s: %w", c.Name, err)
		}
		var r request
		if answer.Status != http.StatusOK || json.Unmarshal(answer.Body, &r) != nil {
			return "", fmt.Errorf("deploying %s: the sandbox answered %d: %s", c.Name, answer.Status, answer.Body)
		}
		switch r.Status {
		case "Confirmed":
			return address(ctx, e.RPCURL, r.TxHash)
		case "Pending":
			return "", fmt.Errorf("deploying %s: transaction %s waits for approval %s; deploy again once it is approved", c.Name, r.ID, r.ApprovalID)
		case "Failed", "Rejected":
			return "", fmt.Errorf("deploying %s: transaction %s is %s: %s", c.Name, r.ID, r.Status, r.Reason)
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("deploying %s: waiting for transaction %s: %w", c.Name, r.ID, ctx.Err())
		case <-time.After(poll):
		}
		answer, err = caller.Get(ctx, path+"/"+r.ID)
	}
}

// creation is the data of the transaction that deploys c.
func creation(e sandbox.Env, c contracts.Contract, arguments []string) ([]byte, error) {
	usual := map[string][]string{"TestUSD": {e.TreasuryAddress}, "Vault": {e.TokenAddress}, "Safe": {e.TreasuryAddress, "1"}}
	if len(arguments) == 0 {
		arguments = usual[c.Name]
	}
	inputs := c.ABI.Constructor.Inputs
	list := make([]any, len(arguments))
	for i, text := range arguments {
		list[i] = text
		if i < len(inputs) && inputs[i].Type.T == abi.SliceTy {
			list[i] = strings.Split(text, ",")
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	values, err := abiform.Values(inputs, text)
	if err != nil {
		return nil, fmt.Errorf("constructor of %s%s: %w", c.Name, c.ABI.Constructor.Sig, err)
	}
	return c.Data(values...)
}

// address is where the transaction put its contract.
func address(ctx context.Context, rpc, hash string) (string, error) {
	chain, err := ethclient.DialContext(ctx, rpc)
	if err != nil {
		return "", fmt.Errorf("dialling chain: %w", err)
	}
	defer chain.Close()
	raw, err := hex.DecodeString(strings.TrimPrefix(hash, "0x"))
	if err != nil {
		return "", fmt.Errorf("reading transaction hash %q: %w", hash, err)
	}
	receipt, err := chain.TransactionReceipt(ctx, common.BytesToHash(raw))
	if err != nil {
		return "", fmt.Errorf("reading receipt of %s: %w", hash, err)
	}
	return receipt.ContractAddress.Hex(), nil
}
