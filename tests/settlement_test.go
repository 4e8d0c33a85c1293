package tests

import (
	"context"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"countersign"
	steps "countersign/activities/settlement"
	"countersign/audit/booked"
	"countersign/cmd/countersign/demo"
	"countersign/cmd/countersign/stack"
	"countersign/ledger"
	"countersign/workflows"
	"countersign/workflows/settlement"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"
	"go.temporal.io/sdk/client"
)

// purse is what the treasury has on the chain, by the chain's own node, and in our books.
type purse struct {
	s     *site
	chain *ethclient.Client
}

func newPurse(s *site) *purse {
	s.t.Helper()
	chain, err := ethclient.DialContext(s.t.Context(), s.stack.Platform.RPCURL)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(chain.Close)
	return &purse{s, chain}
}

// onChain is a balance of an address, of the native asset or of the token.
func (p *purse) onChain(ctx context.Context, address, token string) (*big.Int, error) {
	if token == "" {
		return p.chain.BalanceAt(ctx, common.HexToAddress(address), nil)
	}
	to := common.HexToAddress(token)
	data := append(common.FromHex("0x70a08231"), common.LeftPadBytes(common.FromHex(address), 32)...) // balanceOf(address)
	out, err := p.chain.CallContract(ctx, ethereum.CallMsg{To: &to, Data: data}, nil)
	return new(big.Int).SetBytes(out), err
}

// agree holds the books of the treasury against the chain, to the last unit.
func (p *purse) agree(ctx context.Context) error {
	for token, asset := range map[string]ledger.Asset{"": {Code: "ETH", Scale: 18}, p.s.stack.Platform.Token: {Code: "TUSD", Scale: 6}} {
		want, err := p.onChain(ctx, p.s.stack.Platform.Treasury, token)
		if err != nil {
			return err
		}
		total, err := p.s.Trail.Books().Total(ctx, ledger.Key{Account: "treasury:hot", Asset: asset}, time.Time{})
		if err != nil {
			return err
		}
		if total.Balance().Cmp(want) != 0 || total.Free().Cmp(want) != 0 {
			return fmt.Errorf("the books have %s %s, %s free; the chain has %s", total.Balance(), asset.Code, total.Free(), want)
		}
	}
	return nil
}

// instruct starts a settlement as `countersign settlements submit` does.
func (s *site) instruct(i countersign.Instruction) {
	s.t.Helper()
	i.WalletID = s.stack.Platform.WalletID
	_, err := s.Temporal.ExecuteWorkflow(s.t.Context(), client.StartWorkflowOptions{ID: workflows.SettlementID(i.ExternalID), TaskQueue: workflows.TaskQueue},
		workflows.SettlementWorkflow, settlement.SettlementInput{ID: i.ExternalID, Instruction: &i})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) settlementStatus(ctx context.Context, id string) (st settlement.SettlementStatus, err error) {
	v, err := s.Temporal.QueryWorkflow(ctx, workflows.SettlementID(id), "", workflows.StatusQuery)
	if err == nil {
		err = v.Get(&st)
	}
	return st, err
}

// reaches waits until a settlement is in a state.
func (s *site) reaches(id string, state countersign.SettlementState) (st settlement.SettlementStatus) {
	s.t.Helper()
	waitFor(s.t, "settlement "+id+" "+string(state), func(ctx context.Context) (err error) {
		if st, err = s.settlementStatus(ctx, id); err == nil && st.State != state {
			err = fmt.Errorf("%+v", st)
		}
		return err
	})
	return st
}

// decides has people decide on the approval of a settlement, once it is held.
func (s *site) decides(id string, yes bool) {
	s.t.Helper()
	st := s.reaches(id, countersign.SettlementAwaitingApproval)
	r := demo.Request{ID: st.Request.ID, Approval: st.ApprovalID}
	waitFor(s.t, "abstention on "+id, func(ctx context.Context) error { return s.IsAbstained(ctx, r) })
	if yes {
		if err := s.ApproveAsAlice(s.t.Context(), r); err != nil {
			s.t.Fatal(err)
		}
		return
	}
	alice, err := s.stack.As(s.t.Context(), "alice")
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := alice.Client()
	if err != nil {
		s.t.Fatal(err)
	}
	if _, _, err := c.Decide(s.t.Context(), st.ApprovalID, "Denied", "not today"); err != nil {
		s.t.Fatal(err)
	}
}

// mintTo is a call that makes 100 of the token.
func (s *site) mintTo(id, address string) countersign.Instruction {
	data := callOf(mint, address, 100_000_000)
	return countersign.Instruction{ExternalID: id, Call: &countersign.Call{To: strings.ToLower(s.stack.Platform.Token), Data: data}}
}

func transferOf(id, kind, asset, to string, n uint64) countersign.Instruction {
	return countersign.Instruction{ExternalID: id, Purpose: "test", Transfer: &countersign.Transfer{Kind: kind, Asset: asset, To: to, Amount: countersign.NewAmount(n)}}
}

// TestSettlementsAgainstTheRealPlatform has a call approved by the checker, a token and a native
// transfer by people, and one denied; the books are the chain's balances throughout.
func TestSettlementsAgainstTheRealPlatform(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.startWorker()
	s.startIngress()
	p := newPurse(s)
	s.instruct(s.mintTo("mint-1", stack.Recipient))
	st := s.reaches("mint-1", countersign.SettlementSettled)
	if st.FollowedBy != booked.ByChain || st.ApprovalID == "" || st.Escalations != 0 {
		t.Errorf("%+v", st)
	}
	if err := p.agree(t.Context()); err != nil {
		t.Error(err)
	}

	s.instruct(s.mintTo("mint-2", s.stack.Platform.Treasury)) // the rules know no such recipient
	s.decides("mint-2", true)
	s.reaches("mint-2", countersign.SettlementSettled)
	const to = "0x2222222222222222222222222222222222222222"
	p.settles(transferOf("native-1", "Native", "", to, 1_000_000_007), countersign.SettlementSettled)
	p.settles(transferOf("token-1", "Erc20", strings.ToLower(s.stack.Platform.Token), to, 60_000_001), countersign.SettlementSettled)
	p.settles(transferOf("denied-1", "Native", "", to, 5), countersign.SettlementDenied)
	s.byCommandLine()
	if report, err := s.Verify(t.Context()); err != nil || !report.OK() {
		t.Errorf("the trail does not verify: %v %v", err, report.Faults)
	}
	s.settlementsListed()
}

// settles has people decide on a transfer, and looks what the recipient has and what we have.
func (p *purse) settles(i countersign.Instruction, end countersign.SettlementState) {
	s, t := p.s, p.s.t
	t.Helper()
	before, err := p.onChain(t.Context(), i.Transfer.To, i.Transfer.Asset)
	if err != nil {
		t.Fatal(err)
	}
	s.instruct(i)
	s.decides(i.ExternalID, end == countersign.SettlementSettled)
	st := s.reaches(i.ExternalID, end)
	want := before
	if end == countersign.SettlementSettled {
		want = new(big.Int).Add(before, i.Transfer.Amount.Big())
	}
	after, err := p.onChain(t.Context(), i.Transfer.To, i.Transfer.Asset)
	if err != nil || after.Cmp(want) != 0 || len(st.Differs) > 0 {
		t.Errorf("%s: the recipient has %s, want %s, %v, %+v", i.ExternalID, after, want, err, st)
	}
	if err := p.agree(t.Context()); err != nil {
		t.Errorf("%s: %v", i.ExternalID, err)
	}
}

// byCommandLine asks what the command line shows, and that one ID is not used twice.
func (s *site) byCommandLine() {
	s.t.Helper()
	const to = "0x2222222222222222222222222222222222222222"
	again := []string{"settlements", "submit", "--wallet", s.stack.Platform.WalletID, "--to", to, "--amount", "5", "--external-id", "denied-1"}
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{again, 3, "external ID already names another effect"},
		{append(again, "--purpose", "test"), 0, "had begun already, with the same instruction"},
		{[]string{"settlements", "submit", "--to", to}, 2, "--amount"},
		{[]string{"settlements", "show", "token-1"}, 0, `"state": "settled"`},
		{[]string{"settlements", "show", "none-1"}, 3, "no settlement"},
		{[]string{"settlements", "list", "--state", "settled"}, 0, "native-1"},
		{[]string{"ledger", "balances", "--under", "treasury"}, 0, "39.999999"},
		{[]string{"ledger", "entries", "token-1"}, 0, "60.000001 TUSD"},
		{[]string{"ledger", "entries", "none-1"}, 3, "no entry"},
		{[]string{"ledger", "export", "--format", "journal"}, 0, "treasury:hot"},
		{[]string{"ledger", "export", "--format", "xml"}, 2, "want csv or journal"},
		{[]string{"settlements", "accept", "none-1", "--tx", "0x1", "--by", "carol", "--reason", "looked"}, 3, "none-1"},
	} {
		cmd := exec.CommandContext(s.t.Context(), program(s.t, "countersign"), append(tt.args, "--config", s.stack.ConfigFile)...)
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != tt.code || !strings.Contains(string(out), tt.want) {
			s.t.Errorf("%v: exit %d, want %d with %q:\n%s", tt.args, cmd.ProcessState.ExitCode(), tt.code, tt.want, out)
		}
	}
}

// settlementsListed asks by the search attribute.
func (s *site) settlementsListed() {
	s.t.Helper()
	for state, want := range map[string]int64{"settled": 4, "denied": 1} {
		waitFor(s.t, "settlements that are "+state, func(ctx context.Context) error {
			n, err := s.Temporal.CountWorkflow(ctx, countRequest("WorkflowType = 'Settlement' AND SettlementState = '"+state+"'"))
			if err == nil && n.Count != want {
				err = fmt.Errorf("%d, want %d", n.Count, want)
			}
			return err
		})
	}
}

// TestRecordHistoriesOfSettlements writes those of a settlement that settled, of one that was
// denied, and of a batch.
func TestRecordHistoriesOfSettlements(t *testing.T) {
	if os.Getenv("COUNTERSIGN_TEST_RECORD") == "" {
		t.SkipNow() // a tool, not a test: it asserts what the replay tests assert
	}
	s := newSite(t)
	s.startWorker()
	s.startIngress()
	const to = "0x2222222222222222222222222222222222222222"
	s.instruct(transferOf("pay-1", "Native", "", to, 7))
	s.decides("pay-1", true)
	s.reaches("pay-1", countersign.SettlementSettled)
	save(t, "settlement-watched", s.history(workflows.SettlementID("pay-1")))
	s.instruct(transferOf("pay-2", "Native", "", to, 7))
	s.decides("pay-2", false)
	s.reaches("pay-2", countersign.SettlementDenied)
	save(t, "settlement-denied", s.history(workflows.SettlementID("pay-2")))

	one, two := transferOf("", "Native", "", to, 7), transferOf("", "Native", "", to, 8)
	one.WalletID, two.WalletID = s.stack.Platform.WalletID, s.stack.Platform.WalletID
	run, err := s.Temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflows.BatchID("b"), TaskQueue: workflows.TaskQueue},
		workflows.SettlementBatchWorkflow, settlement.SettlementBatchInput{ID: "b", Legs: []steps.Leg{{Instruction: one}, {Instruction: two}}})
	if err != nil {
		t.Fatal(err)
	}
	s.decides("b.1", true)
	s.decides("b.2", false)
	var end settlement.SettlementBatchStatus
	if err := run.Get(t.Context(), &end); err != nil || end.End != steps.BatchPartial {
		t.Fatalf("%+v, %v", end, err)
	}
	save(t, "settlement-batch-partial", s.history(workflows.BatchID("b")))
}
