// Package demo is the product's main job in ten scenarios: each asks for
// something through the sandbox's public API, waits for the webhook, the decision
// and the chain, and checks what must be true at the end.
//
// A scenario looks at three independent places: what the platform says, what the
// trail says, and what the chain's own node says.
package demo

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/cmd/countersign/stack"
	"countersign/custody/dfns"
	"countersign/store"
	"countersign/worker"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"
)

// Patience is how long a scenario waits for any one thing.
const Patience = 30 * time.Second

// A World is a running stack with everybody's credentials.
type World struct {
	Stack    *stack.Stack
	Temporal *worker.Temporal
	Trail    *store.DB
	// WebhookURL is where the platform delivers, and Secret what it signs with.
	WebhookURL string
	secret     string

	maker, alice, admin *dfns.Client
	chain               *ethclient.Client
}

// NewWorld opens what the scenarios need.
func NewWorld(ctx context.Context, s *stack.Stack, t *worker.Temporal, trail *store.DB, webhookURL string) (*World, error) {
	w := &World{Stack: s, Temporal: t, Trail: trail, WebhookURL: webhookURL}
	secret, err := os.ReadFile(filepath.Join(s.Dir, "webhook.secret"))
	if err != nil {
		return nil, err
	}
	w.secret, _, _ = strings.Cut(string(secret), "\n") // the custodian's; the next is our watchers'
	if w.maker, err = s.Account(s.Accounts.Maker); err != nil {
		return nil, err
	}
	if w.admin, err = s.Platform.Client(); err != nil {
		return nil, err
	}
	alice, err := s.As(ctx, "alice")
	if err != nil {
		return nil, err
	}
	if w.alice, err = alice.Client(); err != nil {
		return nil, err
	}
	w.chain, err = ethclient.DialContext(ctx, s.Platform.RPCURL)
	return w, err
}

// Close releases the chain's connection.
func (w *World) Close() { w.chain.Close() }

// tokenABI is the independent encoder: go-ethereum packs what our reader reads.
var tokenABI = func() abi.ABI {
	a, err := abi.JSON(strings.NewReader(`[
		{"type":"function","name":"mint","inputs":[{"name":"to","type":"address"},{"name":"amount","type":"uint256"}]},
		{"type":"function","name":"pause","inputs":[]},
		{"type":"function","name":"balanceOf","inputs":[{"name":"owner","type":"address"}],"outputs":[{"type":"uint256"}],"stateMutability":"view"}]`))
	if err != nil {
		panic(err)
	}
	return a
}()

// units is n TUSD in its smallest unit.
func units(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(n), big.NewInt(1_000_000)) }

func mintTo(to string, amount *big.Int) []byte {
	data, err := tokenABI.Pack("mint", common.HexToAddress(to), amount)
	if err != nil {
		panic(err) // the types are fixed
	}
	return data
}

// A Request is what the maker asked for: the transaction and the approval that
// holds it.
type Request struct {
	ID, Approval string
}

// submit has the maker ask for an EVM transaction of the treasury wallet.
func (w *World) submit(ctx context.Context, to string, data []byte) (Request, error) {
	id := make([]byte, 8)
	if _, err := rand.Read(id); err != nil {
		return Request{}, err
	}
	tx, err := w.maker.CreateTransaction(ctx, w.Stack.Platform.WalletID, map[string]any{
		"kind": "Eip1559", "to": to, "data": "0x" + hex.EncodeToString(data), "externalId": "demo-" + hex.EncodeToString(id),
	})
	if err != nil {
		return Request{}, fmt.Errorf("submit: %w", err)
	}
	if tx.ApprovalID == "" {
		return Request{}, fmt.Errorf("submit: %s needs no approval: the policy did not hold it", tx.ID)
	}
	return Request{tx.ID, tx.ApprovalID}, nil
}

// eventually asks until the answer is there. A scenario waits for a condition and
// never for a guess.
func eventually[T any](ctx context.Context, what string, ask func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	for {
		v, err := ask(ctx)
		if err == nil {
			return v, nil
		}
		if !errors.Is(err, errNotYet) {
			return v, err
		}
		select {
		case <-ctx.Done():
			return v, fmt.Errorf("%s: not within %s: %w", what, Patience, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

var errNotYet = errors.New("not yet")

// record waits for a record on the trail.
func record[T any](ctx context.Context, w *World, key string) (T, error) {
	return eventually(ctx, key, func(ctx context.Context) (body T, err error) {
		e, err := w.Trail.Find(ctx, key)
		if errors.Is(err, audit.ErrNoRecord) {
			return body, fmt.Errorf("%w: %w", errNotYet, err)
		}
		if err != nil {
			return body, err
		}
		return body, e.Decode(&body)
	})
}

func (w *World) decision(ctx context.Context, r Request) (audit.Intent, error) {
	return record[audit.Intent](ctx, w, countersign.DecisionKey(r.Approval, w.Stack.Accounts.Checker.UserID))
}

func (w *World) outcome(ctx context.Context, r Request) (audit.Resolution, error) {
	return record[audit.Resolution](ctx, w, countersign.OutcomeKey(r.Approval))
}

// transaction waits until the platform says that a transaction has ended.
func (w *World) transaction(ctx context.Context, r Request) (dfns.Transaction, error) {
	return eventually(ctx, "end of "+r.ID, func(ctx context.Context) (dfns.Transaction, error) {
		tx, err := w.maker.Transaction(ctx, w.Stack.Platform.WalletID, r.ID)
		if err == nil && tx.Status != "Confirmed" && tx.Status != "Failed" && tx.Status != "Rejected" {
			err = fmt.Errorf("%w: %s is %s", errNotYet, r.ID, tx.Status)
		}
		return tx, err
	})
}

// balance asks the chain's own node.
func (w *World) balance(ctx context.Context, owner string) (*big.Int, error) {
	data, err := tokenABI.Pack("balanceOf", common.HexToAddress(owner))
	if err != nil {
		return nil, err
	}
	token := common.HexToAddress(w.Stack.Platform.Token)
	out, err := w.chain.CallContract(ctx, ethereum.CallMsg{To: &token, Data: data}, nil)
	if err != nil {
		return nil, fmt.Errorf("balance of %s: %w", owner, err)
	}
	return new(big.Int).SetBytes(out), nil
}

// approval is what the platform says now.
func (w *World) approval(ctx context.Context, r Request) (dfns.Approval, error) {
	return w.admin.Approval(ctx, r.Approval)
}
