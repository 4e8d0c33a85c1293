package tests

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/activities"
	"countersign/activities/bookkeeping"
	"countersign/activities/certify"
	"countersign/activities/reconciling"
	"countersign/activities/rescreening"
	"countersign/activities/timetable"
	"countersign/activities/wire"
	"countersign/announce"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/audit/complete"
	"countersign/audit/screened"
	"countersign/calendar"
	"countersign/calldata/risk"
	"countersign/chain"
	"countersign/chain/codepin"
	"countersign/chain/follow"
	"countersign/chain/rule"
	"countersign/chain/simulation"
	"countersign/cmd/countersign/decode"
	"countersign/cmd/countersign/doctor"
	"countersign/config"
	"countersign/ledger"
	"countersign/ledger/chart"
	"countersign/rules/backtest"
	"countersign/rules/lint"
	"countersign/rules/rulestest"
	"countersign/rules/services"
	"countersign/schedules"
	"countersign/schedules/keeper"
	"countersign/screening"
	"countersign/sources/database"
	"countersign/sources/price"
	"countersign/sources/web"
	"countersign/store"
	"countersign/watch"
	"countersign/watch/lists"
	"countersign/worker"
	"countersign/workflows"

	"go.temporal.io/sdk/workflow"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestWireNames holds every name that outlives a release: in histories, records,
// configuration. A new one is a line more in the golden file; a line less or
// another is a break of somebody's history.
func TestWireNames(t *testing.T) {
	got := strings.Join(wireNames(t), "\n") + "\n"
	golden := filepath.Join("testdata", "names.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range diff(string(want), got) {
		t.Error(line)
	}
	if t.Failed() {
		t.Log("a new name: go test ./tests -run TestWireNames -update; a renamed or lost one: don't")
	}
}

func wireNames(t *testing.T) (names []string) {
	add := func(kind string, values ...string) {
		for _, v := range values {
			names = append(names, kind+" "+v)
		}
	}
	add("workflow", registered()...)
	for _, a := range []any{&activities.Approvals{}, &activities.Events{}, &activities.Reconciler{}, &rescreening.Screening{}, &activities.Comparison{}, &bookkeeping.Deposits{}, &certify.Completeness{}, &reconciling.Reconciliation{}, &timetable.Timetable{}} {
		for i := range reflect.TypeOf(a).NumMethod() {
			add("activity", reflect.TypeOf(a).Method(i).Name)
		}
	}
	add("signal", workflows.EventSignal)
	add("query", workflows.StatusQuery)
	add("search-attribute", workflows.SearchAttributes()...)
	add("error-type", append(wire.PermanentErrors(), workflows.ErrScreeningIncomplete)...)
	for _, s := range schedules.Own(schedules.Intervals{Reconcile: time.Minute, Compare: time.Minute, Screening: time.Minute}) {
		add("schedule", s.ID)
	}
	add("task-queue", workflows.TaskQueue)
	add("memo", schedules.Marker)
	add("workflow-id", workflows.ApprovalID("ID"), workflows.EventID("ROOT"), workflows.DepositID("NETWORK", "HASH"), workflows.OpeningID("NETWORK", "WALLET"))
	add("record-key", countersign.DecisionKey("ID", "APPROVER"), countersign.PostKey("ID", "APPROVER"),
		countersign.OutcomeKey("ID"), countersign.EventKey("ROOT"), countersign.WebhookKey("ROOT"), countersign.EscalationKey("ID", "APPROVER", "STEP"),
		countersign.HumanKey("ID", "USER"), countersign.AlarmKey("CODE", "ID", "APPROVER"), audit.KeyRecordKey("KID", audit.KeyEnrolled), bookkeeping.OpeningKey("NETWORK", "WALLET"), bookkeeping.DepositKey("NETWORK", "HASH"), countersign.RefreshKey("RUN"), countersign.RescreenKey("ID", "APPROVER", "LISTS", "VERDICT"))
	add("halt-scope", countersign.HaltScopes("ID", []string{"BOOK"}, []string{"RULE"})...)
	add("media-type", audit.MediaType)
	add("check", doctor.IDs()...)
	for _, c := range []struct{ kind, dir, of string }{
		{"reason-code", "..", "ReasonCode"}, {"verdict", "..", "Verdict"}, {"approval-status", "..", "ApprovalStatus"},
		{"record-type", "../audit", "Type"}, {"record-type", "../audit/booked", "Type"}, {"record-type", "../audit/complete", "Type"}, {"alarm", "../audit/complete", "AlarmCode"}, {"alarm", "../watch", "AlarmCode"}, {"inclusion", "..", "Inclusion"}, {"event-kind", "../watch/lists", "EventKind"}, {"event-kind", "../watch", "EventKind"}, {"key-use", "../audit", "KeyUse"}, {"alarm", "../audit", "AlarmCode"}, {"post-result", "../audit", "PostResult"},
		{"phase", "../workflows", "Phase"}, {"calldata-code", "../calldata", "Code"},
		{"calldata-code", "../calldata/calltree", "Code"}, {"protocol", "../calldata/calltree", "Protocol"},
		{"rawtx-code", "../calldata/rawtx", "Code"}, {"typed-data-code", "../calldata/typeddata", "Code"},
		{"typed-data-form", "../calldata/typeddata", "FormName"}, {"decode-code", "../cmd/countersign/decode", "Code"},
		{"proxy", "../chain/codepin", "ProxyKind"}, {"simulation-method", "../chain/simulation", "Method"},
		{"screening-verdict", "../screening", "Verdict"}, {"list-format", "../screening/lists", "Format"},
		{"screening-vendor", "../screening/vendors", "Vendor"}, {"lint-code", "../rules/lint", "Code"},
		{"evidence-kind", "../rules/services", "Kind"}, {"backtest-gap", "../rules/backtest", "Gap"}, {"compose-mode", "../rules/compose", "Mode"},
		{"check-result", "../cmd/countersign/doctor", "Result"},
		{"schedule-change", "../schedules/keeper", "Kind"}, {"overlap", "../schedules", "Overlap"}, {"entry-state", "../ledger", "State"}, {"chain-event-state", "../chain/follow", "State"}, {"balance-side", "../chain/rule", "Side"},
	} {
		add(c.kind, constants(t, c.dir, c.of)...)
	}
	add("risk", (^risk.Set(0)).Names()...)
	for _, f := range config.Describe() {
		add("setting", f.Name)
	}
	for _, v := range []any{
		countersign.Event{}, workflows.ApprovalInput{}, workflows.ApprovalResult{}, workflows.ApprovalStatus{}, workflows.EventInput{},
		activities.DecideInput{}, activities.DecideResult{}, activities.PostInput{}, activities.PostResult{},
		activities.ResolveInput{}, activities.ResolveResult{}, activities.RecordEventInput{}, activities.RecordEventResult{},
		rescreening.RefreshListsInput{}, rescreening.RefreshListsResult{}, rescreening.OpenApprovalsInput{}, rescreening.OpenApprovalsResult{},
		rescreening.RescreenInput{}, rescreening.RescreenResult{}, workflows.RefreshScreeningInput{}, workflows.RefreshScreeningResult{},
		screened.Refreshed{}, screened.Rescreened{}, activities.CompareInput{}, activities.CompareResult{},
		audit.Enrolment{}, audit.KeyEnd{}, audit.Delivery{}, audit.Escalation{}, audit.HumanDecision{}, audit.BookChange{}, audit.ScheduleChange{},
		audit.Export{}, audit.SignIn{}, audit.Alarm{},
		activities.StartMissingResult{}, audit.Record{}, audit.Intent{}, audit.Post{}, audit.Resolution{}, audit.Notice{},
		audit.Control{}, countersign.Wallet{}, screening.Report{}, screening.ListInfo{}, simulation.Request{}, simulation.Result{},
		services.Business{}, services.Tolerance{}, web.Request{}, web.Answer{}, database.Table{}, price.Price{}, calendar.Spec{},
		services.Evidence{}, lint.Finding{}, backtest.Report{}, rulestest.Case{}, rulestest.Decisions{}, store.Halt{},
		decode.Request{}, decode.Answer{}, doctor.Report{}, codepin.Pin{}, chain.Evidence{}, chain.Mismatch{}, chain.Endpoint{}, rule.LogData{}, rule.CallData{}, rule.ConfirmedData{}, rule.ThresholdData{},
		ledger.Step{}, follow.Cursor{}, follow.Occurrence{}, countersign.Effect{}, chart.File{}, announce.Envelope{}, lists.Data{}, watch.Data{}, watch.File{},
		booked.Opening{}, booked.Deposit{}, bookkeeping.BookDepositInput{}, bookkeeping.BookDepositResult{}, booked.DepositReversal{}, bookkeeping.RecheckDepositInput{}, bookkeeping.RecheckDepositResult{}, bookkeeping.OpenWalletsResult{},
		workflows.DepositInput{}, workflows.DepositStatus{}, workflows.CertifyInput{}, certify.CertifyWindowInput{}, certify.CertifyWindowResult{}, complete.Certificate{},
		timetable.RenewResult{}, schedules.File{}, schedules.Plan{}, keeper.Change{}, keeper.Entry{},
	} {
		add("json", jsonNames(reflect.TypeOf(v), reflect.TypeOf(v).String())...)
	}
	names = append(names, settlementNames(t)...)
	names = append(names, sweepNames(t)...)
	slices.Sort(names)
	return slices.Compact(names)
}

// registry collects what worker.RegisterWorkflows registers.
type registry struct {
	names []string
}

func (r *registry) RegisterWorkflow(any) {}
func (r *registry) RegisterWorkflowWithOptions(_ any, o workflow.RegisterOptions) {
	r.names = append(r.names, o.Name)
}

func (r *registry) RegisterDynamicWorkflow(any, workflow.DynamicRegisterOptions) {}

func registered() []string {
	var r registry
	worker.RegisterWorkflows(&r)
	return r.names
}

// typeIs reports whether a type is written as name or as pkg.name.
func typeIs(e ast.Expr, name string) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == name
	case *ast.SelectorExpr:
		return e.Sel.Name == name
	}
	return false
}

// constants returns the string constants of a named type in a package.
func constants(t *testing.T, dir, typeName string) (values []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no Go files in %s: %v", dir, err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if typeIs(spec.Type, typeName) {
				for _, v := range spec.Values {
					if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
						values = append(values, strings.Trim(lit.Value, `"`))
					}
				}
			}
			return true
		})
	}
	if len(values) == 0 {
		t.Fatalf("%s has no constants of type %s", dir, typeName)
	}
	return values
}

// jsonNames lists the members of a type's JSON form, nested ones with their path. A
// type inside itself is listed once.
func jsonNames(t reflect.Type, path string, around ...reflect.Type) (names []string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if slices.Contains(around, t) {
		return nil
	}
	around = append(slices.Clip(around), t)
	if t.Kind() != reflect.Struct || t.PkgPath() == "time" || t == reflect.TypeFor[countersign.Amount]() || t == reflect.TypeFor[ledger.Asset]() {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			names = append(names, jsonNames(f.Type, path, around...)...)
		case f.IsExported():
			if name == "" {
				name = "UNTAGGED " + f.Name
			}
			names = append(names, path+"."+name)
			names = append(names, jsonNames(f.Type, path+"."+name, around...)...)
		}
	}
	return names
}

func diff(want, got string) (lines []string) {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for _, l := range w {
		if !slices.Contains(g, l) {
			lines = append(lines, fmt.Sprintf("lost: %s", l))
		}
	}
	for _, l := range g {
		if !slices.Contains(w, l) {
			lines = append(lines, fmt.Sprintf("new: %s", l))
		}
	}
	return lines
}
