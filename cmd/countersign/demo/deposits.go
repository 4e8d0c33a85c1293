package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"countersign/cmd/countersign/stack"
	"countersign/custody/dfns"
	"countersign/ledger"

	"github.com/ethereum/go-ethereum/common"
)

// fund makes the wallet that pays for gas and the deposit wallets, has somebody outside pay
// them, and returns once our own books have it all.
func (w *World) fund(ctx context.Context) (wallets []dfns.Wallet, station dfns.Wallet, err error) {
	if err := w.issue(ctx); err != nil {
		return nil, station, err
	}
	if station, err = w.open(ctx, "gas station", stack.GasTag); err != nil {
		return nil, station, err
	}
	if err := w.pay(ctx, station, deposit{ether: 100_000}); err != nil {
		return nil, station, err
	}
	for i, d := range deposits {
		wallet, err := w.open(ctx, fmt.Sprintf("deposits of customer %d", i+1), stack.DepositTag)
		if err == nil {
			err = w.pay(ctx, wallet, d)
		}
		if err != nil {
			return nil, station, err
		}
		wallets = append(wallets, wallet)
	}
	for i, wallet := range append([]dfns.Wallet{station}, wallets...) {
		want := deposit{ether: 100_000}
		if i > 0 {
			want = deposits[i-1]
		}
		if err := w.booked(ctx, wallet, want); err != nil {
			return nil, station, err
		}
	}
	return wallets, station, nil
}

func (w *World) open(ctx context.Context, name, tag string) (wallet dfns.Wallet, err error) {
	body := map[string]any{"network": w.Stack.Platform.Network, "name": name, "tags": []string{tag}}
	if err = w.admin.Do(ctx, http.MethodPost, "/wallets", body, &wallet); err != nil {
		err = fmt.Errorf("open wallet %q: %w", name, err)
	}
	return wallet, err
}

// pay has the sandbox's outside account send a deposit.
func (w *World) pay(ctx context.Context, to dfns.Wallet, d deposit) error {
	if d.ether > 0 {
		if err := w.send(ctx, map[string]string{"to": to.Address, "amount": d.wei().String()}); err != nil {
			return err
		}
	}
	if d.tusd > 0 {
		return w.send(ctx, map[string]string{"to": to.Address, "amount": units(d.tusd).String(), "contract": w.Stack.Platform.Token})
	}
	return nil
}

func (w *World) send(ctx context.Context, what map[string]string) error {
	what["network"] = w.Stack.Platform.Network
	return w.control(ctx, http.MethodPost, "/deposits", what, nil)
}

// issue gives the outside account the TUSD that it will pay: a mint that no rule approves, since
// its recipient is a stranger, and that a person does.
func (w *World) issue(ctx context.Context) error {
	var state struct{ OutsideAccount string }
	if err := w.control(ctx, http.MethodGet, "/state", nil, &state); err != nil {
		return err
	}
	all := int64(0)
	for _, d := range deposits {
		all += d.tusd
	}
	r, err := w.Mint(ctx, state.OutsideAccount, all)
	if err != nil {
		return err
	}
	if err := w.ApproveAsAlice(ctx, r); err != nil {
		return fmt.Errorf("alice's vote: %w", err)
	}
	_, err = w.transaction(ctx, r)
	return err
}

// control asks the sandbox's control API.
func (w *World) control(ctx context.Context, method, path string, what, answer any) error {
	var body io.Reader
	if what != nil {
		text, err := json.Marshal(what)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, w.Stack.Platform.ControlURL+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("sandbox's control API: %w", err)
	}
	defer res.Body.Close()
	said, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil || res.StatusCode != http.StatusOK {
		return fmt.Errorf("sandbox's control API: %s %s: %s: %s", method, path, res.Status, said)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(said, answer)
}

// booked waits until our books have what a wallet was paid.
func (w *World) booked(ctx context.Context, wallet dfns.Wallet, want deposit) error {
	account := ledger.Account("wallets:" + wallet.Network + ":" + wallet.ID)
	for asset, amount := range map[ledger.Asset]*big.Int{{Code: "ETH", Scale: 18}: want.wei(), {Code: "TUSD", Scale: 6}: units(want.tusd)} {
		_, err := eventually(ctx, "books of "+wallet.ID, func(ctx context.Context) (ledger.Total, error) {
			total, err := w.Trail.Books().Total(ctx, ledger.Key{Account: account, Asset: asset}, time.Time{})
			if err == nil && total.Free().Cmp(amount) != 0 {
				err = fmt.Errorf("%w: the books have %s %s, want %s", errNotYet, total.Free(), asset.Code, amount)
			}
			return total, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// wei is a deposit's ether.
func (d deposit) wei() *big.Int { return new(big.Int).Mul(big.NewInt(d.ether), millionth) }

// held is what an address has on the chain, of ether and of the token.
func (w *World) held(ctx context.Context, address string) (wei, token *big.Int, err error) {
	if wei, err = w.chain.BalanceAt(ctx, common.HexToAddress(address), nil); err != nil {
		return nil, nil, fmt.Errorf("balance of %s: %w", address, err)
	}
	token, err = w.balance(ctx, address)
	return wei, token, err
}

// commands runs this program as an operator would, one call after the other, and prints what
// was typed and what it said.
func (w *World) commands(ctx context.Context, out io.Writer, calls ...[]string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, args := range calls {
		fmt.Fprintf(out, "$ countersign %s\n", typed(args))
		said, err := exec.CommandContext(ctx, self, append([]string{"--config", w.Stack.ConfigFile}, args...)...).CombinedOutput()
		fmt.Fprintf(out, "%s\n", said)
		if err != nil {
			return fmt.Errorf("countersign %s: %w", args[0], err)
		}
	}
	return nil
}

// typed is a call as somebody types it into a shell.
func typed(args []string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		if strings.ContainsAny(a, " *'") {
			a = "'" + a + "'"
		}
		quoted[i] = a
	}
	return strings.Join(quoted, " ")
}
