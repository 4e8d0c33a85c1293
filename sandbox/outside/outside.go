// Package outside is an account that the platform does not know: where deposits
// come from.
//
// There is one account for a data directory, the same on every EVM network, and
// it signs for itself, as any stranger does. The faucet pays it the native asset
// that it needs. A token it can only pass on once it holds some: it mints where
// anyone may, and elsewhere whoever may mint has to send it some first.
package outside

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rpc"

	"countersign/sandbox/dfns"
	"countersign/sandbox/evm"
	"countersign/sandbox/queue"
	"countersign/sandbox/store"
	"countersign/sandbox/terms"
	"countersign/sandbox/token"
)

// patience bounds, in real time, how long a payment waits for what has to be
// mined before it; unheld, that takes milliseconds.
const patience = 10 * time.Second

// purse is what the faucet pays at least, so that it pays seldom: a thousand
// coins. most is the largest deposit, a tenth of all that the faucet has.
var (
	purse = coins(1000)
	most  = coins(100_000_000)
)

// Account pays deposits. Make one with [New].
type Account struct {
	// TokenOn returns the address of TestUSD on an EVM network.
	TokenOn func(network string) string

	db  *store.DB
	key *ecdsa.PrivateKey
	mu  sync.Mutex // one payment at a time
}

// New returns the account of a data directory, whose faucet has the given key.
func New(db *store.DB, faucet *ecdsa.PrivateKey, tokenOn func(string) string) (*Account, error) {
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte("countersign sandbox outside"), crypto.FromECDSA(faucet)))
	if err != nil {
		return nil, fmt.Errorf("making the outside account's key: %w", err)
	}
	return &Account{TokenOn: tokenOn, db: db, key: key}, nil
}

// Address returns where tokens can be sent to it.
func (a *Account) Address() common.Address { return crypto.PubkeyToAddress(a.key.PublicKey) }

// A Deposit is a payment to make.
type Deposit struct {
	Network  string
	To       common.Address
	Amount   *big.Int        // minimum units, above 0
	Contract *common.Address // of an ERC-20 token; nil for the native asset
}

// Pay sends a deposit and returns its hash. It does not wait until it is mined,
// which may be held up. What cannot be paid is a [dfns.Error] that says why.
func (a *Account) Pay(ctx context.Context, chain *evm.Chain, d Deposit) (common.Hash, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	hash, err := a.pay(ctx, chain, d)
	var said *dfns.Error
	if overdue(ctx, err) && !errors.As(err, &said) {
		return common.Hash{}, pending("what has to come before the deposit")
	}
	return hash, err
}

// overdue tells whether the time of a payment is over. The pipe to the chain has the same
// deadline and may be the first to notice.
func overdue(ctx context.Context, err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
		err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded)
}

// pending is the answer when what a payment waits for is not mined in time.
func pending(what string) *dfns.Error {
	return dfns.Errorf(http.StatusServiceUnavailable, "%s is not mined yet; release what is held, resume the settler, and ask again", what)
}

func (a *Account) pay(ctx context.Context, chain *evm.Chain, d Deposit) (common.Hash, error) {
	need := new(big.Int).Set(coins(1)) // for gas
	if d.Contract == nil {
		need.Add(need, d.Amount)
	}
	if err := a.fund(ctx, chain, d.Network, need); err != nil {
		return common.Hash{}, err
	}
	if d.Contract == nil {
		return a.send(ctx, chain, ethereum.CallMsg{To: &d.To, Value: d.Amount})
	}
	if err := a.stock(ctx, chain, d); err != nil {
		return common.Hash{}, err
	}
	hash, err := a.send(ctx, chain, ethereum.CallMsg{To: d.Contract, Data: token.Transfer(d.To, d.Amount)})
	if err != nil {
		return hash, dfns.Errorf(http.StatusUnprocessableEntity, "contract: the token refuses the transfer: %v", err)
	}
	return hash, nil
}

// fund has the faucet pay, when the account holds less than it needs.
func (a *Account) fund(ctx context.Context, chain *evm.Chain, network string, need *big.Int) error {
	if need.Cmp(most) > 0 {
		return dfns.BadRequest("amount: it is above what the faucet pays, %s", most)
	}
	code, err := chain.Client.CodeAt(ctx, common.HexToAddress(a.TokenOn(network)), nil)
	if err != nil {
		return fmt.Errorf("looking for the token: %w", err)
	}
	if len(code) == 0 { // the faucet's first work on a network, which fixes the token's address
		return dfns.Errorf(http.StatusUnprocessableEntity, "network: nobody has a wallet on %s yet; make one first", network)
	}
	balance, err := a.balance(ctx, chain)
	if err != nil || balance.Cmp(need) >= 0 {
		return err
	}
	pay := queue.Job{ID: "outside/" + dfns.NewID("fund"), Network: network,
		Call: terms.Call{To: a.Address().Hex(), Value: new(big.Int).Add(need, purse)}}
	if err := a.db.Update(func(tx *store.Tx) error { return queue.Put(tx, pay) }); err != nil {
		return err
	}
	return await(ctx, "the faucet's payment to the outside account", func() (bool, error) {
		balance, err := a.balance(ctx, chain)
		return err == nil && balance.Cmp(need) >= 0, err
	})
}

// stock mints what is missing of a token, if it lets anyone.
func (a *Account) stock(ctx context.Context, chain *evm.Chain, d Deposit) error {
	held, err := a.units(ctx, chain, *d.Contract)
	if err != nil || held.Cmp(d.Amount) >= 0 {
		return err
	}
	_, err = a.send(ctx, chain, ethereum.CallMsg{To: d.Contract, Data: token.Mint(a.Address(), d.Amount)})
	if err != nil {
		return dfns.Errorf(http.StatusUnprocessableEntity,
			"contract: the outside account holds %s units of %s and may not mint; have its minter mint to %s, then ask again",
			held, d.Contract, a.Address())
	}
	return await(ctx, "minting", func() (bool, error) {
		held, err := a.units(ctx, chain, *d.Contract)
		return err == nil && held.Cmp(d.Amount) >= 0, err
	})
}

// send signs a transaction with the fees of the moment and hands it to the chain.
func (a *Account) send(ctx context.Context, chain *evm.Chain, call ethereum.CallMsg) (common.Hash, error) {
	call.From = a.Address()
	gas, err := chain.Client.EstimateGas(ctx, call)
	if err != nil {
		return common.Hash{}, fmt.Errorf("estimating gas: %w", err)
	}
	head, err := chain.Client.HeaderByNumber(ctx, nil)
	if err != nil {
		return common.Hash{}, fmt.Errorf("reading head: %w", err)
	}
	nonce, err := chain.Client.PendingNonceAt(ctx, call.From)
	if err != nil {
		return common.Hash{}, fmt.Errorf("reading nonce: %w", err)
	}
	tip := big.NewInt(params.GWei)
	fee := new(big.Int).Lsh(head.BaseFee, 1) // room for the base fee to double
	tx, err := types.SignNewTx(a.key, types.LatestSignerForChainID(chain.ID()), &types.DynamicFeeTx{ChainID: chain.ID(),
		Nonce: nonce, To: call.To, Value: call.Value, Data: call.Data, Gas: gas, GasTipCap: tip, GasFeeCap: fee.Add(fee, tip)})
	if err != nil {
		return common.Hash{}, fmt.Errorf("signing: %w", err)
	}
	if err := chain.Client.SendTransaction(ctx, tx); err != nil {
		return common.Hash{}, fmt.Errorf("sending: %w", err)
	}
	return tx.Hash(), nil
}

func (a *Account) balance(ctx context.Context, chain *evm.Chain) (*big.Int, error) {
	balance, err := chain.Client.BalanceAt(ctx, a.Address(), nil)
	if err != nil {
		return nil, fmt.Errorf("reading the outside account's balance: %w", err)
	}
	return balance, nil
}

// units is what the account holds of a token.
func (a *Account) units(ctx context.Context, chain *evm.Chain, contract common.Address) (*big.Int, error) {
	out, err := chain.Client.CallContract(ctx, ethereum.CallMsg{To: &contract, Data: token.BalanceOf(a.Address())}, nil)
	var answer rpc.Error // the contract's, as of a call that reverts; else it is about us or our time
	if err != nil && !errors.As(err, &answer) {
		return nil, fmt.Errorf("reading what the outside account holds of %s: %w", contract, err)
	}
	if err != nil || len(out) != 32 {
		return nil, dfns.BadRequest("contract: %s does not answer balanceOf as an ERC-20 token does", strings.ToLower(contract.Hex()))
	}
	return new(big.Int).SetBytes(out), nil
}

// await polls until holds does, or answers 503 with what is still to come.
func await(ctx context.Context, what string, holds func() (bool, error)) error {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		done, err := holds()
		if done {
			return nil
		}
		if err != nil && !overdue(ctx, err) {
			return err
		}
		select {
		case <-ctx.Done():
			return pending(what)
		case <-ticker.C:
		}
	}
}

// coins are so many of a native asset, in wei.
func coins(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(n), big.NewInt(params.Ether)) }
