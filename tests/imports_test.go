package tests

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// imports is the table of who may know whom: a package and those of ours that it
// may import. What is not in the table may not exist. Tests may import anything.
var imports = map[string][]string{
	"":           {},
	"strictjson": {},
	"eip55":      {},

	"audit":                        {"", "audit/facet", "audit/form", "audit/jws"},
	"audit/jws":                    {},
	"audit/trust":                  {"audit", "audit/tree"},
	"audit/form":                   {},
	"audit/tree":                   {},
	"audit/verify/budgets":         {"", "audit/form"},
	"audit/keyring":                {"audit"},
	"audit/anchor":                 {"audit/tree"},
	"audit/csvfile":                {"", "audit", "audit/booked", "eip55"},
	"audit/booked":                 {"", "audit"},
	"audit/sink":                   {"", "audit", "audit/ocsf"},
	"audit/export":                 {"audit", "audit/beside", "audit/csvfile", "audit/export/bundle", "audit/export/gather", "audit/tree", "audit/verify"},
	"audit/export/gather":          {"audit", "audit/beside", "audit/export/bundle"},
	"audit/beside":                 {"audit"},
	"audit/known":                  {"", "audit", "audit/ocsf"},
	"audit/export/bundle":          {"", "audit", "audit/beside", "audit/csvfile", "audit/form", "audit/ocsf", "audit/tree"},
	"audit/export/check":           {"audit", "audit/beside", "audit/csvfile", "audit/export/bundle", "audit/tree", "audit/verify"},
	"audit/export/exporttest":      {"", "audit", "audit/export", "audit/tree", "audit/verify"},
	"cmd/auditverify":              {"audit", "audit/export/check", "audit/tree", "audit/verify", "cmd/auditverify/verdict"},
	"cmd/auditverify/dropfs":       {},
	"cmd/auditverify/verdict":      {"audit/export/bundle", "audit/export/check", "audit/tree", "audit/verify"},
	"cmd/auditverify/web":          {"audit/export/check", "audit/tree", "audit/verify", "cmd/auditverify/dropfs", "cmd/auditverify/verdict"},
	"cmd/auditverify/web/assemble": {},

	"calldata":                 {"", "strictjson"},
	"calldata/risk":            {"calldata"},
	"calldata/universalrouter": {"calldata", "calldata/risk"},
	"calldata/calltree":        {"", "calldata", "calldata/risk", "calldata/universalrouter"},
	"calldata/treejson":        {"calldata", "calldata/calltree"},
	"calldata/rawtx":           {"", "calldata", "eip55", "strictjson"},
	"calldata/typeddata":       {"", "calldata", "eip55", "strictjson"},
	"calldata/erc7730":         {"", "calldata", "calldata/calltree", "calldata/risk", "eip55", "strictjson"},
	"calldata/words":           {"", "calldata", "calldata/calltree", "calldata/erc7730", "calldata/risk", "eip55", "strictjson"},

	"chain/gate":               {"strictjson"},
	"chain":                    {"chain/codepin", "chain/gate", "chain/network", "chain/secrets", "chain/simulation", "chain/simulation/measure"},
	"chain/secrets":            {},
	"chain/network":            {"strictjson"},
	"chain/jsonrpc":            {"chain/secrets", "strictjson"},
	"chain/evmjson":            {"chain/follow", "chain/jsonrpc"},
	"chain/client":             {"", "chain/evmjson", "chain/follow", "chain/jsonrpc", "chain/network"},
	"chain/balance":            {"", "chain/client", "chain/evmjson", "chain/follow", "chain/jsonrpc"},
	"chain/effect":             {"", "chain/balance", "chain/client", "chain/evmjson", "chain/follow", "chain/jsonrpc"},
	"chain/rule":               {"", "calldata", "chain/evmjson"},
	"chain/scan":               {"chain/balance", "chain/client", "chain/evmjson", "chain/follow", "chain/jsonrpc", "chain/rule"},
	"chain/chaintest":          {},
	"chain/codepin":            {"eip55"},
	"chain/follow":             {},
	"chain/simulation":         {"", "eip55"},
	"chain/simulation/measure": {"", "chain/simulation"},

	"budget":          {""},
	"people":          {"strictjson"},
	"rules":           {"", "budget", "calldata", "calldata/calltree", "calldata/erc7730", "calldata/risk", "calldata/typeddata", "calldata/words", "chain/codepin", "eip55", "rules/services", "rules/source", "rules/wording", "screening"},
	"rules/services":  {"", "budget", "calendar", "chain/simulation", "eip55", "screening", "sources/database", "sources/price", "sources/web", "strictjson"},
	"rules/checks":    {"", "chain/simulation", "rules", "screening"},
	"rules/compose":   {"", "rules", "rules/services"},
	"rules/rulestest": {"", "calendar", "calldata", "chain/simulation", "eip55", "rules", "rules/services", "screening", "sources/database", "sources/price", "sources/web", "strictjson"},
	"rules/backtest":  {"", "audit", "rules", "rules/services"},
	"rules/lint":      {"calldata", "calldata/calltree", "calldata/risk", "chain/codepin", "rules", "rules/compose"},
	"ledger":          {""},
	"ledger/report":   {"audit/csvfile", "ledger"},
	"ledger/chart":    {"", "ledger", "strictjson"},
	"ledger/posting":  {"", "ledger", "ledger/chart"},
	"store/amounts":   {""},
	"store/anchored":  {"store/sqldb"},
	"store/books":     {"", "ledger", "store/sqldb"},
	"store/outbox":    {"", "store/sqldb"},
	"store/listings":  {"store/outbox", "store/sqldb"},
	"store/tracks":    {"chain/follow", "store/outbox", "store/sqldb"},
	"store/sqldb":     {"store/sqldb/prepared"},

	"screening":         {},
	"screening/web":     {"sources/web"},
	"screening/lists":   {"screening", "screening/web", "strictjson"},
	"screening/oracle":  {"eip55", "screening"},
	"screening/vendors": {"screening", "screening/web", "strictjson"},
	"screening/setup":   {"chain", "screening", "screening/lists", "screening/oracle", "screening/vendors", "screening/web", "strictjson"},

	"activities/wire":            {"", "audit"},
	"activities/bookkeeping":     {"", "activities/wire", "audit", "audit/booked", "ledger", "ledger/chart", "ledger/posting"},
	"announce":                   {"ingress", "store/outbox"},
	"rules/wording":              {"", "calldata/erc7730", "calldata/words", "eip55"},
	"rules/source":               {},
	"audit/verify/rows":          {"", "audit", "audit/form", "audit/tree", "audit/trust"},
	"audit/verify/steps":         {"audit", "audit/form", "audit/verify/rows"},
	"audit/verify":               {"", "audit", "audit/form", "audit/tree", "audit/trust", "audit/verify/budgets", "audit/verify/rows", "audit/verify/steps"},
	"audit/screened":             {"", "audit"},
	"audit/audittest":            {"", "audit"},
	"audit/api/ask":              {"audit", "audit/known", "store"},
	"cmd/countersign/auditverbs": {"*"},
	"activities/rescreening":     {"", "activities/evidence", "activities/wire", "audit", "audit/screened", "screening"},
	"activities/evidence":        {"audit", "rules/services"},
	"activities":                 {"", "activities/evidence", "activities/lineage", "activities/wire", "audit", "audit/complete", "chain/codepin", "people", "rules", "rules/services"},
	"audit/facet":                {""},
	"activities/lineage":         {"", "audit", "audit/booked"},
	"audit/api/token":            {"audit"},
	"audit/api":                  {"", "audit", "audit/api/ask", "audit/api/token", "audit/csvfile", "audit/tree", "httpserver", "store"},
	"custody/dfns/actionlog":     {"", "custody/dfns", "strictjson"},
	"custody/dfns/webhook":       {"", "custody/dfns"},
	"custody/dfns/snapshot":      {"strictjson"},
	"custody/dfns/signkey":       {},
	"custody/dfns":               {"", "strictjson", "custody/dfns/activity", "custody/dfns/signkey", "custody/dfns/snapshot"},
	"store/sqldb/prepared":       {},
	"store":                      {"", "audit", "audit/tree", "ledger", "store/anchored", "store/barrier", "store/books", "store/claims", "store/cursors", "store/evidence", "store/find", "store/halts", "store/keys", "store/sqldb", "store/treelog"},
	"store/find":                 {"", "audit", "audit/facet", "audit/tree", "store/sqldb"},
	"store/evidence":             {"audit", "store/sqldb"},
	"store/halts":                {"", "audit", "store/find", "store/sqldb"},
	"store/cursors":              {"store/sqldb"},
	"store/barrier":              {"audit/tree", "store/anchored", "store/sqldb", "store/treelog"},
	"store/keys":                 {"audit", "store/find", "store/sqldb"},
	"store/treelog":              {"audit", "audit/tree", "store/find", "store/sqldb"},
	"store/claims":               {"", "store/amounts", "store/sqldb"},
	"store/beside":               {"", "audit", "audit/beside", "audit/tree", "audit/verify", "ledger", "store/amounts", "store/claims", "store/evidence", "store/find", "store/sqldb"},
	"store/storetest":            {"audit", "audit/tree", "store"},
	"cmd/countersign/sweepverbs": {"*"},
	"activities/reconciling":     {"", "activities/bookkeeping", "activities/lineage", "activities/wire", "audit", "audit/complete", "completeness"},
	"workflows/sweep":            {"", "activities/sweep", "sweep", "workflows", "workflows/settlement", "workflows/step"},
	"httpserver":                 {},
	"sweep/text":                 {"", "sweep"},
	"chain/gas":                  {"", "chain/balance", "chain/client", "chain/evmjson", "chain/jsonrpc"},
	"activities/sweep":           {"", "activities/bookkeeping", "activities/wire", "audit", "audit/booked", "audit/swept", "ledger", "ledger/chart", "sweep"},
	"audit/swept":                {"", "audit", "sweep"},
	"sweep":                      {"", "eip55", "strictjson"},
	"watch":                      {"", "audit", "calldata", "chain/follow", "chain/rule", "store/outbox", "strictjson"},
	"cmd/countersign/describe":   {"audit", "audit/booked", "audit/complete", "audit/swept"},
	"worker":                     {"", "activities", "activities/bookkeeping", "activities/certify", "activities/reconciling", "activities/rescreening", "activities/settlement", "activities/sweep", "activities/timetable", "workflows", "workflows/settlement", "workflows/sweep"},
	"workflows":                  {"", "activities", "activities/bookkeeping", "activities/certify", "activities/reconciling", "activities/rescreening", "activities/timetable", "audit", "audit/booked", "audit/screened", "workflows/step"},
	"activities/certify":         {"", "activities/wire", "audit", "audit/complete", "completeness"},
	"completeness/sources":       {"", "audit/complete", "chain/client", "chain/follow", "chain/rule", "chain/scan", "completeness", "ingress", "store/tracks", "workflows"},
	"completeness":               {"", "audit", "audit/complete"},
	"audit/ocsf":                 {"", "audit", "audit/booked", "audit/complete", "audit/facet", "audit/screened"},
	"audit/complete":             {"audit"},
	"watch/lists":                {"", "store/listings", "store/outbox"},
	"schedules":                  {"", "calendar", "schedules/clock", "strictjson", "sweep", "workflows"},
	"schedules/clock":            {"calendar"},
	"schedules/keeper":           {"schedules"},
	"activities/timetable":       {"activities/wire"},
	"activities/settlement":      {"", "activities/lineage", "activities/wire", "audit", "audit/booked", "ledger", "ledger/chart", "ledger/posting"},
	"workflows/step":             {},
	"workflows/settlement":       {"", "activities/settlement", "audit/booked", "workflows", "workflows/step"},

	"ingress":               {"", "httpserver", "strictjson", "workflows", "workflows/settlement"},
	"custody/dfns/activity": {"", "calldata/rawtx", "strictjson"},
	"custody/dfns/holder":   {"", "custody/dfns", "custody/dfns/activity"},
	"custody/dfns/request":  {"", "custody/dfns", "custody/dfns/activity", "strictjson"},
	"custody/dfns/org":      {"", "custody/dfns", "strictjson"},
	"config":                {},
	"telemetry":             {},

	"calendar":         {"strictjson"},
	"sources":          {"calendar", "sources/database", "sources/price", "sources/web", "strictjson"},
	"sources/web":      {},
	"sources/database": {""},
	"sources/price":    {"", "sources/web", "strictjson"},

	"examples/settlement": {"", "calldata", "calldata/risk", "rules", "screening", "strictjson"},
	"examples/treasury":   {"rules", "rules/checks", "rules/compose", "strictjson"},
	"examples/vault":      {"", "calldata", "calldata/risk", "calldata/words", "chain/codepin", "chain/simulation", "rules", "rules/services", "strictjson"},
	"examples/stablecoin": {"", "calldata", "calldata/risk", "calldata/words", "chain/codepin", "chain/simulation", "rules", "rules/checks", "strictjson"},

	// These know everyone: they wire the parts.
	"cmd/countersign":                 {"*"},
	"cmd/countersign/app":             {"*"},
	"cmd/countersign/ruleverbs":       {"*"},
	"cmd/countersign/control":         {"*"},
	"cmd/countersign/keyverbs":        {"*"},
	"cmd/countersign/completeverbs":   {"*"},
	"cmd/countersign/settlementverbs": {"*"},
	"cmd/countersign/ledgerverbs":     {"*"},
	"cmd/countersign/exportverbs":     {"*"},
	"cmd/countersign/decode":          {"*"},
	"cmd/countersign/doctor":          {"*"},
	"cmd/countersign/stack":           {"*"},
	"cmd/countersign/demo":            {"*"},
	"cmd/countersign/scheduleverbs":   {"*"},
	"cmd/countersign/screening":       {"*"},
	"cmd/countersign/siem":            {"*"},
	"tests":                           {"*"},
	"tests/conformance":               {},
	"tests/vectors":                   {},
}

func TestImportsPointOneWay(t *testing.T) {
	seen := map[string]bool{}
	goFiles(t, func(path, pkg string) {
		allowed, known := imports[pkg]
		if !known {
			if !seen[pkg] {
				t.Errorf("package %q is not in the table of imports", pkg)
			}
			seen[pkg] = true
			return
		}
		seen[pkg] = true
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range file.Imports {
			name := strings.Trim(imp.Path.Value, `"`)
			ours := strings.TrimPrefix(name, "countersign/")
			if name == "countersign" {
				ours = ""
			} else if ours == name {
				if pkg == "" && strings.Contains(name, ".") {
					t.Errorf("%s imports %s: the vocabulary knows the standard library only", path, name)
				}
				continue
			}
			if strings.HasPrefix(ours, "sandbox") {
				t.Errorf("%s imports %s: the product never links the sandbox", path, name)
			}
			if !slices.Contains(allowed, ours) && !slices.Contains(allowed, "*") {
				t.Errorf("%s: package %q may not import %q", path, pkg, ours)
			}
		}
	})
	for pkg := range imports {
		if !seen[pkg] {
			t.Errorf("the table of imports names %q, which does not exist", pkg)
		}
	}
}

func TestTheSandboxDoesNotKnowTheProduct(t *testing.T) {
	err := filepath.WalkDir("../sandbox", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imp := range file.Imports {
			name := strings.Trim(imp.Path.Value, `"`)
			if name == "countersign" || (strings.HasPrefix(name, "countersign/") && !strings.HasPrefix(name, "countersign/sandbox")) {
				t.Errorf("%s imports %s: each checks the other, so they share no code", path, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
