// Package verdict is what a stranger is told of an export or a receipt: whether it
// verified, what that shows, and what it does not show. The program auditverify and the
// auditor's page say the same, because both ask here.
package verdict

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"countersign/audit/export/bundle"
	"countersign/audit/export/check"
	"countersign/audit/tree"
	"countersign/audit/verify"
)

// The kinds of what is verified. Wire format.
const (
	Bundle    = "bundle"
	Selection = "selection"
	Receipt   = "receipt"
)

// A Verdict is what was found. Its JSON form is stable: members are only added.
type Verdict struct {
	// Name is what was verified, as the caller calls it; Kind one of the kinds.
	Name string `json:"name"`
	Kind string `json:"kind"`
	// OK says that nothing is wrong. It does not say that everything is shown: see Unproven.
	OK bool `json:"ok"`
	// Shown and Unproven are sentences.
	Shown    []string `json:"shown"`
	Unproven []string `json:"unproven"`
	// Faults are at most a thousand, FaultCount counts all.
	Faults     []verify.Fault `json:"faults"`
	FaultCount int64          `json:"fault_count"`
	// Report is of a bundle or a selection, Proof of a receipt.
	Report *check.Report `json:"report,omitempty"`
	Proof  *verify.Proof `json:"proof,omitempty"`
}

// OfExport verifies a bundle or a selection. The error is that of something that cannot be
// read, or of a policy that cannot be used.
func OfExport(ctx context.Context, name string, fsys fs.FS, t verify.Trust, c check.Checks) (Verdict, error) {
	o, err := check.Open(fsys)
	if err != nil {
		return Verdict{}, err
	}
	r, err := o.Verify(ctx, t, c)
	if err != nil {
		return Verdict{}, err
	}
	v := Verdict{Name: name, Kind: Bundle, OK: r.OK(), Faults: r.Faults, FaultCount: r.FaultCount, Report: &r, Shown: []string{}}
	if r.Form == bundle.SelectionForm {
		v.Kind = Selection
	}
	if v.OK {
		v.Shown = shown(r, len(c.Anchors))
	}
	v.Unproven = unproven(r, c)
	return v, nil
}

// OfReceipt verifies a receipt, with those of the records about keys behind it in the order
// of the log. A receipt that proves nothing is a verdict, not an error.
func OfReceipt(name string, text []byte, t verify.Trust, keys ...[]byte) (Verdict, error) {
	v := Verdict{Name: name, Kind: Receipt, Faults: []verify.Fault{}, Shown: []string{}, Unproven: []string{}}
	if _, err := verify.ParsePolicy(t.Policy()); err != nil {
		return v, err
	}
	p, err := verify.ReceiptWithKeys(text, t, keys...)
	if err != nil {
		v.Faults, v.FaultCount = []verify.Fault{{Index: max(indexOf(text), 0), Code: verify.ReceiptBad, What: err.Error()}}, 1
		return v, nil
	}
	v.OK, v.Proof, v.Shown, v.Unproven = true, &p, p.Proves, append(p.Unproven, worldly)
	return v, nil
}

// A NamedReceipt is a receipt as the caller calls it.
type NamedReceipt struct {
	Name string
	Text []byte
}

// OfReceipts verifies receipts. Those of records about keys stand behind the others; where
// there are no others, the last of them is verified by those before it.
func OfReceipts(all []NamedReceipt, t verify.Trust) (out []Verdict, err error) {
	var records, keys []NamedReceipt
	for _, r := range all {
		if aboutKeys(r.Text) {
			keys = append(keys, r)
		} else {
			records = append(records, r)
		}
	}
	slices.SortStableFunc(keys, func(a, b NamedReceipt) int { return cmp.Compare(indexOf(a.Text), indexOf(b.Text)) })
	if n := len(keys) - 1; len(records) == 0 && n >= 0 {
		records, keys = keys[n:], keys[:n]
	}
	var texts [][]byte
	for _, k := range keys {
		texts = append(texts, k.Text)
	}
	for _, r := range records {
		v, err := OfReceipt(r.Name, r.Text, t, texts...)
		if err != nil {
			return out, err
		}
		out = append(out, v)
	}
	return out, nil
}

// aboutKeys reports whether a receipt says that its record changes the keys of the log.
func aboutKeys(text []byte) bool {
	r, err := tree.ParseReceipt(text)
	return err == nil && bundle.AboutKeys(bundle.EntryOf(r.Index, r.Record).Record.Type)
}

// indexOf is the place that a receipt names; -1 where it names none.
func indexOf(text []byte) int64 {
	r, err := tree.ParseReceipt(text)
	if err != nil {
		return -1
	}
	return r.Index
}

// Plain is a text that a stranger may have written, in one line, with nothing in it that moves a
// cursor or turns text around: what cannot be printed is U+FFFD.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, text)
}

// worldly is what no signature shows.
const worldly = "that what was recorded is true of the world: it is shown who said what, and in which order"

// shown says what a report without faults shows.
func shown(r check.Report, anchors int) (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if r.Kind == verify.Selected {
		say("each of the %d records stands in the log %q, to the byte", r.Records, r.Origin)
		if r.Unsigned < r.Records {
			say("%d of them are signed with a key that was enrolled for their author then", r.Records-r.Unsigned)
		}
		if e := r.Evidence; e != nil && e.Here > 0 {
			say("%d of the %d pieces of evidence that they name by a digest are here, to the byte", e.Here, e.Named)
		}
		return out
	}
	if r.Complete {
		say("between record %d and record %d of the log %q nothing was altered, added, moved or left out", r.From, r.To-1, r.Origin)
	}
	if !r.HashesOnly {
		say("each of the %d records is signed with a key that its author could sign with then, and says the same in every view that was compared", r.Records)
		say("every post stands behind its decision and repeats it, and budgets add up as the records say")
	}
	if e := r.Evidence; e != nil && e.Here > 0 {
		say("%d of the %d pieces of evidence that records name by a digest are here, to the byte", e.Here, e.Named)
	}
	if r.Checkpoints > 1 {
		say("%d checkpoints that the log has signed are beginnings of it", r.Checkpoints)
	}
	if n := int64(anchors) - r.Unproven.Anchors - r.Unproven.Later; n > 0 {
		say("the log extends what you knew of it (checkpoints: %d)", n)
	}
	for _, w := range r.Witnesses {
		say("the witness %s has signed the last checkpoint", w)
	}
	return out
}

// more says that not all of the extra files are named.
func more(r check.Report) string {
	if r.ExtraCount > int64(len(r.Extra)) {
		return " and more"
	}
	return ""
}

// unproven says what a report does not show, whatever it found.
func unproven(r check.Report, c check.Checks) (out []string) {
	say := func(when bool, format string, args ...any) {
		if when {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	picked := r.Kind == verify.Selected
	say(picked, "that no other record was left out: somebody picked these; only a bundle of a whole range shows that")
	say(r.Unsigned > 0, "who has signed %d of the records: no receipt here enrols their key, and it is not pinned", r.Unsigned)
	say(r.HashesOnly && !picked, "what the records say and who has signed them: only hashes were looked at")
	say(r.Kind == verify.Range, "anything before record %d", r.From)
	u := r.Unproven
	say(u.Intents > 0, "what %d outcomes refer to: their decisions lie before the range", u.Intents)
	say(u.Chains > 0, "that %d authors have said nothing more before the range", u.Chains)
	say(u.Budgets > 0, "%d balances of budgets: only a longer history shows what they held", u.Budgets)
	say(u.Keys > 0, "that %d keys, which are believed by a receipt or because you pinned them, had not ended before the range", u.Keys)
	say(u.Anchors > 0, "that the range extends %d of the checkpoints that you know: they end before it", u.Anchors)
	say(u.Later > 0, "that the export is a beginning of what %d of the checkpoints that you know cover: it ends before them, at record %d; ask for an export up to them or beyond", u.Later, r.To-1)
	say(picked && len(c.Anchors) > 0, "that the log extends the checkpoints that you know: picked records cannot be compared with them")
	say(u.Halts > 0, "that no machine was halted before the range where %d verdicts in it were found", u.Halts)
	say(r.CustodianUnproven > 0, "by the custodian's own credential that it took %d of the posts: it is the word of the log", r.CustodianUnproven)
	if e := r.Evidence; e != nil {
		say(e.Named > e.Here, "what %d of the %d pieces of evidence say that records name by a digest: they are not here (ask for an export --with-evidence)", e.Named-e.Here, e.Named)
		say(e.Unnamed > 0, "that %d files in %s/ are evidence of anything: no record that was read names them", e.Unnamed, bundle.EvidenceDir)
	}
	for _, name := range r.Uncompared {
		say(!r.HashesOnly || picked, "that %s says what the records say: it was not compared", name)
	}
	say(r.ExtraCount > 0, "what files here say that are no part of the export (%d): %q%s", r.ExtraCount, r.Extra, more(r))
	compared := !picked && int64(len(c.Anchors)) > u.Anchors+u.Later
	say(!compared && len(r.Witnesses) == 0, "that the log has not shown other records to somebody else: compare it with a checkpoint that was kept elsewhere, or demand witnesses in the policy")
	return append(out, worldly)
}
