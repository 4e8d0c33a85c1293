package csvfile

import (
	"strconv"
	"strings"

	"countersign/audit"
)

// columns are those of [Form], in order. Another order, or another column, is another
// form.
var columns = []struct {
	name string
	of   func(audit.Entry, facts) string
}{
	{"index", func(e audit.Entry, _ facts) string { return strconv.FormatInt(e.Index, 10) }},
	{"recorded_at", func(e audit.Entry, _ facts) string { return e.Record.At.UTC().Format("2006-01-02T15:04:05.000Z") }},
	{"type", func(e audit.Entry, _ facts) string { return string(e.Record.Type) }},
	{"key", func(e audit.Entry, _ facts) string { return e.Record.Key }},
	{"lineage", func(e audit.Entry, _ facts) string { return e.Record.Lineage }},
	{"issuer", func(e audit.Entry, _ facts) string { return e.Record.Issuer }},
	{"subject", func(e audit.Entry, _ facts) string { return e.Record.Subject }},
	{"approval_id", func(_ audit.Entry, f facts) string { return f.approval }},
	{"settlement_id", func(_ audit.Entry, f facts) string { return f.settlement }},
	{"decision", func(_ audit.Entry, f facts) string { return f.decision }},
	{"reason_code", func(_ audit.Entry, f facts) string { return f.code }},
	{"reason", func(_ audit.Entry, f facts) string { return f.reason }},
	{"initiator", func(_ audit.Entry, f facts) string { return f.initiator }},
	{"approver", func(_ audit.Entry, f facts) string { return f.approver }},
	{"by", func(_ audit.Entry, f facts) string { return f.by }},
	{"wallet", func(_ audit.Entry, f facts) string { return strings.Join(f.wallets, " ") }},
	{"network", func(_ audit.Entry, f facts) string { return f.network }},
	{"policies", func(_ audit.Entry, f facts) string { return strings.Join(f.policies, " ") }},
	{"target", func(_ audit.Entry, f facts) string { return f.target }},
	{"function", func(_ audit.Entry, f facts) string { return f.function }},
	{"arguments", func(_ audit.Entry, f facts) string { return f.arguments }},
	{"words", func(_ audit.Entry, f facts) string { return f.words }},
	{"contracts", func(_ audit.Entry, f facts) string { return strings.Join(f.contracts, " ") }},
	{"recipient", func(_ audit.Entry, f facts) string { return f.recipient }},
	{"asset", func(_ audit.Entry, f facts) string { return f.asset }},
	{"token_id", func(_ audit.Entry, f facts) string { return f.tokenID }},
	{"amount", func(_ audit.Entry, f facts) string { return f.amount }},
	{"decimals", func(_ audit.Entry, f facts) string { return f.decimals }},
	{"outcome", func(_ audit.Entry, f facts) string { return f.outcome }},
	{"tx_hash", func(_ audit.Entry, f facts) string { return f.txHash }},
	{"leaf_hash", func(e audit.Entry, _ facts) string { return e.LeafHash }},
	{"record_id", func(e audit.Entry, _ facts) string { return e.Record.ID }},
}
