package sweepverbs_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/audit/swept"
	"countersign/audit/tree"
	"countersign/cmd/countersign/app"
	"countersign/cmd/countersign/sweepverbs"
	"countersign/store"
	"countersign/sweep"
	"countersign/workflows"
	flow "countersign/workflows/sweep"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/mock"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"
)

const id = "sweep/nightly/2026-11-29T17:30:00Z"

var (
	due        = time.Date(2026, 11, 29, 17, 30, 0, 0, time.UTC)
	errUsage   = errors.New("usage")
	errRefused = errors.New("refused")
	errAway    = errors.New("no configuration")
)

// desk is the verbs over a trail of their own, and a Temporal that answers as it is told.
type desk struct {
	*testing.T
	dsn      string
	log      *store.Log
	temporal *mocks.Client
	dir      string
	away     error // what the configuration says
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	key, err := tree.NewKey("trail.test", seed("log"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	d := &desk{T: t, dsn: filepath.Join(dir, "trail.db"), log: &store.Log{Keys: []*tree.Key{key}}, temporal: mocks.NewClient(t), dir: dir}
	d.temporal.On("Close").Maybe()
	trail, err := d.open()
	if err == nil {
		defer trail.DB.Close()
		err = trail.Found(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func seed(name string) ed25519.PrivateKey {
	s := sha256.Sum256([]byte("a seed for tests: " + name))
	return ed25519.NewKeyFromSeed(s[:])
}

func (d *desk) open() (*store.Trail, error) {
	db, err := store.Open(d.Context(), d.dsn)
	if err != nil {
		return nil, err
	}
	return &store.Trail{DB: db, Signer: &audit.Signer{Key: seed("us"), Issuer: "test", Subject: "us-1", Now: time.Now}}, db.SignWith(d.Context(), d.log)
}

// does runs a verb: it ends well, as a wrong command line or as a no, and says some words.
func (d *desk) does(want error, words []string, args ...string) string {
	d.Helper()
	asJSON := false
	for _, a := range args {
		asJSON = asJSON || a == "--json"
	}
	cmd := sweepverbs.New(sweepverbs.Options{
		JSON: &asJSON, Now: func() time.Time { return due.Add(300 * time.Millisecond) },
		App:      func(*cobra.Command) (*app.App, error) { return &app.App{}, d.away },
		Temporal: func(*cobra.Command) (client.Client, string, error) { return d.temporal, "queue", nil },
		Reading:  func(cmd *cobra.Command) (*store.DB, error) { return store.Open(cmd.Context(), d.dsn) },
		Signing:  func(*cobra.Command) (*store.Trail, error) { return d.open() },
		Usage:    func(err error) error { return errors.Join(errUsage, err) },
		Refused:  func(err error) error { return errors.Join(errRefused, err) },
	})
	var out bytes.Buffer
	cmd.PersistentFlags().Bool("json", false, "")
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(d.Context())
	if (want == nil) != (err == nil) || want != nil && !errors.Is(err, want) {
		d.Fatalf("sweep %s: %v, want %v\n%s", strings.Join(args, " "), err, want, out.String())
	}
	text := out.String()
	if err != nil {
		text += err.Error()
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			d.Errorf("sweep %s does not say %q:\n%s", strings.Join(args, " "), w, text)
		}
	}
	return out.String()
}

func order() sweep.Order {
	return sweep.Order{
		Sweep: "nightly", Network: "Net", Tag: "deposit", Treasury: "wa-treasury", Assets: []sweep.Asset{{}},
		MaxGasPrice: countersign.NewAmount(9), Approval: true,
	}
}

func (d *desk) file(name, text string) string {
	d.Helper()
	path := filepath.Join(d.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		d.Fatal(err)
	}
	return path
}

// planned puts a plan on the trail.
func (d *desk) planned() {
	d.Helper()
	draft, err := swept.DraftPlan(sweep.Plan{
		Run: sweep.Run{Order: order(), Due: due}, Treasury: "0x00000000000000000000000000000000000000cc",
		Moves: []sweep.Move{{ExternalID: "sweep-one", Purpose: sweep.ToTreasury, WalletID: "wa-one", Amount: countersign.NewAmount(7)}},
	}, audit.Workflow{})
	d.append(draft, err)
}

// reported puts a report of one move on the trail.
func (d *desk) reported(state countersign.SettlementState, moved int) {
	d.Helper()
	d.append(swept.DraftReport(swept.Closed{
		SweepID: id, Network: "Net", Planned: 1, Moved: moved, Failed: 1 - moved, Skipped: map[sweep.Reason]int{sweep.Dust: 3},
	}, []swept.Result{{SettlementID: "sweep-one", Purpose: sweep.ToTreasury, WalletID: "wa-one", State: state, Reason: "as it is"}}))
}

func (d *desk) append(draft audit.Draft, err error) {
	d.Helper()
	if err == nil {
		var trail *store.Trail
		if trail, err = d.open(); err == nil {
			defer trail.DB.Close()
			_, err = trail.Append(d.Context(), draft)
		}
	}
	if err != nil {
		d.Fatal(err)
	}
}

// stands has the workflow answer that it stands somewhere, or that nobody knows it.
func (d *desk) stands(st *flow.SweepStatus) {
	d.Helper()
	if st == nil {
		d.temporal.On("QueryWorkflow", mock.Anything, mock.Anything, "", workflows.StatusQuery).Return(nil, serviceerror.NewNotFound("none")).Once()
		return
	}
	d.temporal.On("QueryWorkflow", mock.Anything, id, "", workflows.StatusQuery).Return(value{st}, nil).Once()
}

// value is an answer to a query.
type value struct{ st *flow.SweepStatus }

func (v value) HasValue() bool { return true }
func (v value) Get(ptr any) error {
	p, err := converter.GetDefaultDataConverter().ToPayload(v.st)
	if err != nil {
		return err
	}
	return converter.GetDefaultDataConverter().FromPayload(p, ptr)
}

func TestARunIsStartedOnceUnderItsName(t *testing.T) {
	d := newDesk(t)
	text, err := json.Marshal(order())
	if err != nil {
		t.Fatal(err)
	}
	asJSON := d.file("order.json", string(text))
	asYAML := d.file("order.yaml", "sweep: nightly\nnetwork: Net\ntag: deposit\ntreasury: wa-treasury\nassets: [{}]\nmax_gas_price: \"9\"\napproval: true\n")
	schedule := d.file("schedules.yaml", "schedules: [{id: sweep/nightly, note: n, workflow: ScheduledSweep, every: 1h, catch_up: 1m, input: "+string(text)+"}, {id: other, note: n, workflow: W, every: 1h, catch_up: 1m}]")
	for _, where := range [][]string{{"--file", asJSON}, {"--file", asYAML}, {"--schedule", "sweep/nightly", "--schedules-file", schedule}} {
		d.temporal.On("ExecuteWorkflow", mock.Anything, mock.MatchedBy(func(o client.StartWorkflowOptions) bool {
			return o.ID == id && o.TaskQueue == "queue" && o.WorkflowExecutionErrorWhenAlreadyStarted
		}), workflows.SweepWorkflow, flow.SweepInput{Run: sweep.Run{Order: order(), Due: due}}).Return(nil, nil).Once()
		d.does(nil, []string{id + " has begun"}, append([]string{"run"}, where...)...)
	}
	d.temporal.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(nil, serviceerror.NewWorkflowExecutionAlreadyStarted("x", "", "")).Once()
	d.does(errRefused, []string{"nothing is moved twice"}, "run", "--file", asJSON)

	d.does(errUsage, []string{"either --file or --schedule"}, "run", "--file", asJSON, "--schedule", "x")
	d.does(errUsage, []string{"COUNTERSIGN_SCHEDULES_FILE"}, "run", "--schedule", "x")
	d.does(errRefused, []string{`no schedule "x"`}, "run", "--schedule", "x", "--schedules-file", schedule)
	d.does(errRefused, []string{"starts workflow W"}, "run", "--schedule", "other", "--schedules-file", schedule)
	for _, bad := range []string{"tomorrow", "2026-11-29", "2026-11-29T17:30:00.5Z"} {
		d.does(errUsage, []string{"--due"}, "run", "--file", asJSON, "--due", bad)
	}
	for text, want := range map[string]string{
		`{"sweep": "Nightly"}`: `order: sweep: "Nightly"`, `{"swep": "x"}`: `"swep"`, "sweep: a\nsweep: b": "twice", "": "sweep",
	} {
		d.does(errRefused, []string{strings.TrimPrefix(want, "order: ")}, "run", "--file", d.file("bad.yaml", text))
	}
}

func TestAPlanIsPrintedAndNotWritten(t *testing.T) {
	d := newDesk(t)
	d.does(errUsage, []string{"countersign sweep run"}, "plan", "--file", "x")
	text, err := json.Marshal(order())
	if err != nil {
		t.Fatal(err)
	}
	d.away = errAway
	if out := d.does(errAway, nil, "plan", "--dry-run", "--file", d.file("order.json", string(text))); out != "" {
		t.Errorf("without a configuration it says %q", out)
	}
}
