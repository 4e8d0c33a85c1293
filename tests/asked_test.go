package tests

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/cmd/countersign/stack"
	"countersign/custody/dfns"
	"countersign/custody/dfns/holder"
	"countersign/ledger"
	"countersign/ledger/chart"
	"countersign/workflows"
	"countersign/workflows/settlement"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/rpc"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// ask asks for a job until it was heard, however often an answer is lost.
func (r *thousand) ask(j *job) {
	r.t.Helper()
	r.eventually("answer to "+j.id, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if j.observed {
			return r.askCustodian(ctx, *j)
		}
		i := transferOf(j.id, "Native", "", j.to, j.amount)
		switch {
		case j.kind == "mint":
			j.token, j.to = strings.ToLower(r.stack.Platform.Token), stack.Recipient
			i = countersign.Instruction{ExternalID: j.id, Call: &countersign.Call{To: j.token, Data: callOf(mint, j.to, j.amount)}}
		case j.token != "":
			i = transferOf(j.id, "Erc20", j.token, j.to, j.amount)
		}
		i.WalletID = j.wallet.ID
		_, err := r.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: workflows.SettlementID(j.id), TaskQueue: workflows.TaskQueue, WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		}, workflows.SettlementWorkflow, settlement.SettlementInput{ID: j.id, Instruction: &i})
		var there *serviceerror.WorkflowExecutionAlreadyStarted
		if errors.As(err, &there) {
			return nil
		}
		return err
	})
}

// askCustodian is a person who asks the custodian for a job.
func (r *thousand) askCustodian(ctx context.Context, j job) error {
	body := map[string]string{"kind": "Native", "to": j.to, "amount": fmt.Sprint(j.amount), "externalId": j.id}
	if j.token != "" {
		body["kind"], body["contract"] = "Erc20", j.token
	}
	_, err := r.people.CreateTransfer(ctx, j.wallet.ID, body)
	return err
}

// decides has people approve what waits for them, and deny the seventh of it.
func (r *thousand) decides(ctx context.Context) {
	alice, err := r.stack.As(ctx, "alice")
	if err != nil {
		r.t.Error(err)
		return
	}
	people, err := alice.Client()
	if err != nil {
		r.t.Error(err)
		return
	}
	seen := map[string]int{}
	for ctx.Err() == nil {
		for a, err := range people.Approvals(ctx, dfns.ApprovalFilter{Status: "Pending"}) {
			if err != nil {
				break // the platform has its faults
			}
			if _, there := seen[a.ID]; !there {
				seen[a.ID] = len(seen) + 1
			}
			value := dfns.ValueApproved
			if seen[a.ID]%7 == 0 {
				value = "Denied"
			}
			_, _, _ = people.Decide(ctx, a.ID, value, "looked") // it is asked for again while it is pending
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// agree holds the books of each wallet and asset against the chain's final block and against what
// the platform says, to the last unit; and nothing is held any more.
func (r *thousand) agree(ctx context.Context) error {
	names, err := chart.Load(filepath.Join(r.stack.Dir, "chart.json"))
	if err != nil {
		return err
	}
	network := r.stack.Platform.Network
	custodian := holder.Holder{Custodian: dfns.Custodian{Client: r.people}}
	for _, w := range r.wallets {
		holdings, err := custodian.Holdings(ctx, w.ID)
		if err != nil {
			return err
		}
		platform := map[string]*big.Int{}
		for _, h := range holdings {
			platform[strings.ToLower(h.Asset)] = h.Balance.Big()
		}
		for _, token := range append([]string{"", strings.ToLower(r.stack.Platform.Token)}, r.tokens...) {
			want, err := r.final(ctx, w.Address, token)
			if err != nil {
				return err
			}
			total, err := r.Trail.Books().Total(ctx, ledger.Key{Account: names.Wallet(network, w.ID), Asset: names.Asset(network, token)}, time.Time{})
			if err != nil {
				return err
			}
			said := platform[token]
			if said == nil {
				said = new(big.Int)
			}
			if total.Balance().Cmp(want) != 0 || total.Free().Cmp(want) != 0 || said.Cmp(want) != 0 || !total.HeldIn.IsZero() {
				return fmt.Errorf("%s of %s: the books have %s, %s free, %s to come; the chain has %s, the platform says %s", names.Asset(network, token).Code, w.ID, total.Balance(), total.Free(), total.HeldIn, want, said)
			}
		}
	}
	return nil
}

// final is a balance at the final block.
func (r *thousand) final(ctx context.Context, address, token string) (*big.Int, error) {
	at := big.NewInt(int64(rpc.FinalizedBlockNumber))
	if token == "" {
		return r.purse.chain.BalanceAt(ctx, common.HexToAddress(address), at)
	}
	to := common.HexToAddress(token)
	out, err := r.purse.chain.CallContract(ctx, ethereum.CallMsg{To: &to, Data: append(common.FromHex("0x70a08231"), common.LeftPadBytes(common.FromHex(address), 32)...)}, at)
	return new(big.Int).SetBytes(out), err
}

// happenedOnce holds what each recipient has against how the settlement ended, and the platform's
// requests against their external IDs.
func (r *thousand) happenedOnce() {
	t := r.t
	minted := new(big.Int)
	for _, j := range r.jobs {
		want := new(big.Int)
		if r.ends.of[j.id] == countersign.SettlementSettled {
			want.SetUint64(j.amount)
		}
		switch j.kind {
		case "internal": // the books of both wallets say it
			continue
		case "mint":
			minted.Add(minted, want)
			continue
		case "fee":
			want.Sub(want, new(big.Int).Div(want, big.NewInt(100)))
		}
		if got, err := r.final(t.Context(), j.to, j.token); err != nil || got.Cmp(want) != 0 {
			t.Errorf("%s, %s, is %s: its recipient has %s, want %s (%v)", j.id, j.kind, r.ends.of[j.id], got, want, err)
		}
	}
	if got, err := r.final(t.Context(), stack.Recipient, r.stack.Platform.Token); err != nil || got.Cmp(minted) != 0 {
		t.Errorf("%s was minted, the settlements say %s (%v)", got, minted, err)
	}
	asked := map[string]int{}
	for _, w := range r.wallets {
		for _, kind := range []string{"/transfers", "/transactions"} {
			for raw, err := range r.people.List(t.Context(), "/wallets/"+w.ID+kind, nil) {
				if err != nil {
					t.Fatal(err)
				}
				asked[externalID(t, raw)]++
			}
		}
	}
	for _, j := range r.jobs {
		if n := asked[j.id]; n != 1 && r.ends.of[j.id] != countersign.SettlementRefused {
			t.Errorf("the platform has %d requests of %s", n, j.id)
		}
	}
}

// balances has hledger take the journal of the books, strictly.
func (r *thousand) balances() {
	t := r.t
	path, err := exec.LookPath("hledger")
	if err != nil {
		skip(t, "no hledger: install the package hledger")
	}
	cmd := exec.CommandContext(t.Context(), program(t, "countersign"), "ledger", "export", "--format", "journal", "--config", r.stack.ConfigFile)
	journal, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "books.journal")
	if err := os.WriteFile(file, journal, 0o600); err != nil {
		t.Fatal(err)
	}
	check := exec.CommandContext(t.Context(), path, "-f", file, "check", "--strict")
	check.Env = append(os.Environ(), "LANG=C.UTF-8")
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("hledger check --strict: %v\n%s", err, out)
	}
}

// externalID is what whoever asked called a request.
func externalID(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var r struct {
		RequestBody struct {
			ExternalID string `json:"externalId"`
		} `json:"requestBody"`
		ExternalID string `json:"externalId"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	return cmp.Or(r.ExternalID, r.RequestBody.ExternalID)
}
