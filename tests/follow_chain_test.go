package tests

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"countersign"
	"countersign/chain/client"
	"countersign/chain/effect"
	"countersign/chain/follow"
	"countersign/chain/network"
	"countersign/chain/rule"
	"countersign/chain/scan"
	"countersign/cmd/countersign/stack"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"
)

// A rough is the sandbox's chain in bad weather, with a follower of ours.
type rough struct {
	t        *testing.T
	platform struct {
		stack.Platform
		Control string `json:"SANDBOX_CONTROL_URL"`
	}
	sandbox, dir string
	client       *client.Client
	told         []follow.Occurrence
	kept         *follow.Cursor
}

func newRough(t *testing.T) *rough {
	r := &rough{t: t, sandbox: program(t, "sandbox"), dir: t.TempDir()}
	cmd := exec.Command(r.sandbox, "serve", "--data", r.dir, "--listen", "127.0.0.1:0", "--rpc-listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0", "--finality", "8", "--block-time", "100ms")
	log, err := os.Create(filepath.Join(r.dir, "sandbox.log"))
	r.ok(err)
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	r.ok(cmd.Start())
	t.Cleanup(func() {
		if t.Failed() {
			showLogs(t, r.dir)
		}
	})
	t.Cleanup((&process{t: t, name: "sandbox", cmd: cmd}).kill)
	waitFor(t, "sandbox", func(ctx context.Context) error {
		out, err := exec.CommandContext(ctx, r.sandbox, "env", "--data", r.dir, "--json").Output()
		if err == nil {
			err = json.Unmarshal(out, &r.platform)
		}
		if err == nil && r.platform.Control == "" {
			err = errors.New("it does not say where its control API is")
		}
		return err
	})
	id, err := strconv.ParseUint(r.platform.ChainID, 10, 64)
	r.ok(err)
	// One node by two names is asked as two are, which must agree.
	r.client, err = client.New(map[string]network.Network{r.platform.Network: {
		URLs: []string{r.platform.RPCURL, strings.Replace(r.platform.RPCURL, "127.0.0.1", "localhost", 1)}, ChainID: id, Quorum: 2,
	}}, nil)
	r.ok(err)
	return r
}

func (r *rough) ok(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// control asks the sandbox for weather. What it refuses is returned, not fatal.
func (r *rough) control(path string, body any, out any) error {
	text, err := json.Marshal(body)
	r.ok(err)
	res, err := http.Post(r.platform.Control+path, "application/json", bytes.NewReader(text))
	r.ok(err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	r.ok(err)
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %d %s", path, res.StatusCode, answer)
	}
	if out != nil {
		r.ok(json.Unmarshal(answer, out))
	}
	return nil
}

func (r *rough) deploy(name string) string {
	out, err := exec.Command(r.sandbox, "deploy", name, "--data", r.dir).Output()
	r.ok(err)
	address, _, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	address, _, _ = strings.Cut(address, "\n")
	return strings.ToLower(address)
}

// deposit pays the treasury, and returns the transaction.
func (r *rough) deposit(amount int, contract string) string {
	body := map[string]any{"network": r.platform.Network, "to": r.platform.Treasury, "amount": strconv.Itoa(amount)}
	if contract != "" {
		body["contract"] = contract
	}
	var paid struct {
		TxHash string `json:"txHash"`
	}
	waitFor(r.t, "deposit", func(context.Context) error {
		err := r.control("/deposits", body, &paid)
		if err != nil { // what it needs first is held
			r.ok(r.control("/chain/"+r.platform.Network+"/release", map[string]any{}, nil))
		}
		return err
	})
	return strings.ToLower(paid.TxHash)
}

// The rough keeps what a follower says, and may forget the follower.

func (r *rough) Load(context.Context) (*follow.Cursor, error) { return r.kept, nil }

func (r *rough) Keep(_ context.Context, c follow.Cursor, occurred []follow.Occurrence) error {
	r.kept, r.told = &c, append(r.told, occurred...)
	return nil
}

func (r *rough) follower() *follow.Follower {
	chain, err := r.client.Chain(r.platform.Network)
	r.ok(err)
	set, err := rule.Compile(rule.Rules{Deposits: []rule.Deposit{{Name: "deposit", Native: true, Addresses: func() []string { return []string{r.platform.Treasury} }}}})
	r.ok(err)
	return &follow.Follower{Source: &scan.Source{Chain: chain, Rules: set}, Keeper: r}
}

// In thirty rounds of deposits, reorganisations and transactions that are dropped and come back,
// with the follower forgotten now and then: at finality every deposit that has happened is told once,
// and nothing that is none; and what each did is read from the chain without a doubt.
func TestDepositsThroughReorganisations(t *testing.T) {
	t.Parallel()
	r := newRough(t)
	contracts := []string{"", r.deploy("PlainToken"), r.deploy("FeeToken"), r.deploy("NoReturnToken")}
	at, weather := "/chain/"+r.platform.Network, rand.New(rand.NewPCG(5, 5))
	f := r.follower()
	r.ok(f.Step(t.Context()))
	deposits, reorganised := map[string]int{}, 0
	var sent []string
	for round := range 30 {
		amount := 1000 * (round + 1)
		tx := r.deposit(amount, contracts[round%len(contracts)])
		deposits[tx] = amount
		sent = append(sent, tx)
		if weather.IntN(2) == 0 {
			if r.control(at+"/reorganise", map[string]any{"depth": 1 + weather.IntN(6), "drop": weather.IntN(3) == 0}, nil) == nil {
				reorganised++
			}
		}
		if weather.IntN(3) == 0 {
			r.ok(r.control(at+"/release", map[string]any{}, nil))
		}
		if err := f.Step(t.Context()); errors.Is(err, follow.ErrFinality) {
			t.Fatal(err)
		}
		if weather.IntN(10) == 0 {
			f = r.follower()
		}
	}
	r.finalize(f, deposits)
	confirmed, retracted := r.confirmed()
	for tx := range deposits {
		if n := len(confirmed[tx]); n != 1 {
			t.Errorf("deposit %s was confirmed %d times", tx, n)
		}
	}
	for tx := range confirmed {
		if deposits[tx] == 0 {
			t.Errorf("transaction %s was confirmed as a deposit and is none", tx)
		}
	}
	r.happened(sent, deposits)
	t.Logf("%d deposits, %d reorganisations, %d early sightings retracted", len(deposits), reorganised, retracted)
	if len(deposits) < 15 || reorganised < 8 || retracted == 0 {
		t.Errorf("%d deposits, %d reorganisations, %d sightings retracted: the experiment is too small", len(deposits), reorganised, retracted)
	}
	for tx, amount := range deposits {
		r.reads(tx, amount, confirmed[tx][0])
	}
}

// finalize releases what is held, makes all deposits final, and has the follower see it. What a
// reorganisation has dropped for good is no deposit any more.
func (r *rough) finalize(f *follow.Follower, deposits map[string]int) {
	at := "/chain/" + r.platform.Network
	reader := effect.Reader{Client: r.client}
	waitFor(r.t, "final deposits", func(ctx context.Context) error {
		r.ok(r.control(at+"/release", map[string]any{}, nil))
		r.ok(r.control(at+"/mine", map[string]any{"blocks": 10}, nil))
		for tx := range deposits {
			e, err := reader.Effect(ctx, r.platform.Network, tx, nil)
			switch {
			case err == nil && e.Inclusion == countersign.NotSeen:
				// Another took its nonce when it was dropped: nothing was paid.
				delete(deposits, tx)
			case err == nil && e.Inclusion != countersign.Final:
				err = fmt.Errorf("deposit %s is %s", tx, e.Inclusion)
			}
			if err != nil {
				return err
			}
		}
		return f.Step(ctx)
	})
}

// happened asks go-ethereum's own client which of the deposits there are.
func (r *rough) happened(sent []string, deposits map[string]int) {
	r.t.Helper()
	receipts, err := ethclient.DialContext(r.t.Context(), r.platform.RPCURL)
	r.ok(err)
	defer receipts.Close()
	for _, tx := range sent {
		receipt, err := receipts.TransactionReceipt(r.t.Context(), common.HexToHash(tx))
		if happened := err == nil && receipt.Status == 1; happened != (deposits[tx] > 0) {
			r.t.Errorf("deposit %s has happened: %t, it was counted: %t", tx, happened, deposits[tx] > 0)
		}
	}
}

func (r *rough) confirmed() (confirmed map[string][]countersign.Move, retracted int) {
	confirmed = map[string][]countersign.Move{}
	for _, o := range r.told {
		var m countersign.Move
		r.ok(json.Unmarshal(o.Data, &m))
		switch o.State {
		case follow.Retracted:
			retracted++
		case follow.Confirmed:
			confirmed[o.Tx.String()] = append(confirmed[o.Tx.String()], m)
		}
	}
	return confirmed, retracted
}

// reads holds what was told against the effect.
func (r *rough) reads(tx string, amount int, told countersign.Move) {
	r.t.Helper()
	treasury := strings.ToLower(r.platform.Treasury)
	e, err := effect.Reader{Client: r.client}.Effect(r.t.Context(), r.platform.Network, tx, []string{treasury})
	r.ok(err)
	came := 0
	for _, m := range e.Moves {
		if m.To == treasury {
			came++
			if m.Kind != told.Kind || m.Asset != told.Asset || m.Amount.Cmp(told.Amount) != 0 || m.From != told.From || m.Log != told.Log {
				r.t.Errorf("deposit %s: the effect says %+v, the event %+v", tx, m, told)
			}
		}
	}
	least := amount
	if told.Asset != "" {
		least = amount - amount/100 // FeeToken burns one percent on the way
	}
	if got := told.Amount.Big().Int64(); came != 1 || e.Inclusion != countersign.Final || !e.Succeeded || len(e.Doubts) > 0 || got > int64(amount) || got < int64(least) || told.To != treasury {
		r.t.Errorf("deposit %s of %d was told as %+v; its effect is %+v", tx, amount, told, e)
	}
}
