package verify

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"

	"countersign/audit"
	"countersign/audit/tree"
	"countersign/audit/trust"
	"countersign/audit/verify/budgets"
	"countersign/audit/verify/rows"
	"countersign/audit/verify/steps"

	"golang.org/x/mod/sumdb/tlog"
)

// Log verifies a whole log or a range of it. What is wrong with the log is in the report;
// the error is that of a source that cannot be read, a policy that cannot be used, or the
// context's, and the report then says what was found so far. Its memory grows by some 60
// bytes for each record, 150 for each decision and 50 for each vote that the custodian proves.
func (o Options) Log(ctx context.Context, s Source, t Trust) (Report, error) {
	r, err := t.Open()
	if err != nil {
		return Report{}, err
	}
	if s.Entries == nil {
		return Report{}, fmt.Errorf("%w: it has no entries", ErrSource)
	}
	if (s.First != nil || s.Frontier != nil || s.Keys != nil) && s.Tile != nil {
		return Report{}, fmt.Errorf("%w: tiles can be compared with a whole log only", ErrSource)
	}
	v := newVerifier(o, s, r)
	ok, err := v.begin()
	if err != nil || !ok {
		return v.report, err
	}
	in := rows.Source{Entries: s.Entries, Checkpoints: s.Checkpoints, From: v.from, HashesOnly: o.HashesOnly, Workers: o.Workers}
	for b := range rows.Read(ctx, in, r, &v.keys) {
		err = v.batch(b)
		if err == nil {
			err = b.Err
		}
		if err != nil {
			break
		}
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = v.finish()
	}
	return v.report, err
}

// A verifier is the stage that sees records in their order.
type verifier struct {
	options Options
	source  Source
	*trust.Roots
	report Report

	origin  string
	final   *trust.Checkpoint  // nil when it is bad or missing,
	unended func()             // which this says then
	anchors []trust.Checkpoint // smallest first; those that were met are gone

	from, size int64 // the range's first index, and the size of the tree so far
	next       int64 // the index that the next entry must bear
	lead       int64 // how many records still stand in front of the range
	front      tree.Tree
	grown      interface {
		Append(leaf tlog.Hash)
		Root() tlog.Hash
	}
	tiler  *tree.Tiler // grown, when tiles are compared
	seen   noted
	agreed int64 // the size of the last checkpoint that agreed with the tree

	keys     rows.Keyring
	registry audit.Registry
	learned  int         // counts records about keys
	opener   rows.Worker // for what the workers could not open yet
	issuer   []byte
	pinned   map[string]bool // pinned keys that were believed without enrolment
	believed []uint32        // for each record the number of its key
	disowned map[string]bool // revoked keys whose records were reported
	runs     []run

	chains  map[string]*chain
	used    map[rows.Digest]int64
	intents map[tlog.Hash]intent
	budgets *budgets.Book
	steps   steps.Book
}

// noted is what the stored checkpoints have told so far.
type noted struct {
	size int64 // of the last one that is good
	torn bool  // one did not agree with the tree: no later one can
}

func newVerifier(o Options, s Source, r *trust.Roots) *verifier {
	v := &verifier{
		options: o, source: s, Roots: r, report: Report{Kind: WholeLog, HashesOnly: o.HashesOnly, Keys: []Key{}, Faults: []Fault{}},
		pinned: map[string]bool{}, disowned: map[string]bool{}, chains: map[string]*chain{}, used: map[rows.Digest]int64{},
		intents: map[tlog.Hash]intent{},
	}
	v.opener.Keys = &v.keys
	v.origin = r.Origin
	if v.origin == "" {
		v.origin = r.Logs[0].Origin
	}
	return v
}

// begin opens what stands around the records; ok says whether they can be read at all.
func (v *verifier) begin() (ok bool, err error) {
	if c, err := v.Checkpoint(v.source.Final); err == nil {
		v.final, v.origin = &c, c.Origin
	} else if v.unended = func() { v.fault(v.agreed, codeOf(err), "the last checkpoint: %v", err) }; len(v.source.Final) == 0 {
		v.unended = func() {
			v.fault(v.agreed, NoCheckpoint, "there is no signed checkpoint: nobody says how long the log is")
		}
	}
	v.report.Origin = v.origin
	v.grown = &tree.Tree{}
	if v.source.Tile != nil {
		v.tiler = &tree.Tiler{}
		v.grown = v.tiler
	}
	for kid, pub := range v.Pinned {
		if audit.KeyID(pub) != kid || v.keys.Add(pub, nil) != nil {
			return false, fmt.Errorf("%w: pinned key %.60q is no Ed25519 or P-256 key, or has another ID", ErrTrust, kid)
		}
	}
	if v.source.First != nil || len(v.source.Frontier) > 0 || v.source.Keys != nil {
		if !v.beginRange() {
			return false, nil
		}
		if err := v.keysBefore(); err != nil {
			return false, err
		}
	}
	v.openAnchors()
	v.report.From, v.report.To = v.from, v.from
	v.size, v.next, v.agreed, v.seen.size = v.from, v.from, v.from, v.from
	v.budgets = budgets.NewBook(v.from > 0)
	v.check()
	return true, nil
}

// beginRange takes the tree up at the first checkpoint.
func (v *verifier) beginRange() bool {
	first, err := v.Checkpoint(v.source.First)
	if err == nil && first.Origin != v.origin {
		err = fmt.Errorf("%w: it is that of %q, the last that of %q", trust.ErrOrigin, first.Origin, v.origin)
	}
	if err != nil {
		v.report.Kind = Range
		v.fault(0, codeOf(err), "the first checkpoint of the range: %v", err)
		return false
	}
	v.from = first.Size
	if v.from > 0 {
		v.report.Kind = Range
	}
	t, err := tree.FromFrontier(first.Size, v.source.Frontier)
	if err != nil || t.Root() != first.Root {
		v.report.From, v.report.To = v.from, v.from
		v.fault(v.from, FrontierDiffers, "the frontier is not that of the first checkpoint, of %d records", first.Size)
		return false
	}
	v.grown = &t
	v.sign(first)
	return true
}

// openAnchors opens the checkpoints known from elsewhere.
func (v *verifier) openAnchors() {
	for _, msg := range v.source.Anchors {
		c, err := v.Checkpoint(msg)
		if err == nil && c.Origin != v.origin {
			err = fmt.Errorf("%w: it is that of %q, this is %q", trust.ErrOrigin, c.Origin, v.origin)
		}
		switch {
		case err != nil:
			v.fault(v.from, codeOf(err), "a checkpoint known from elsewhere: %v", err)
		case c.Size < v.from:
			v.report.Unproven.Anchors++
		default:
			v.anchors = append(v.anchors, c)
		}
	}
	slices.SortStableFunc(v.anchors, func(a, b trust.Checkpoint) int { return cmp.Compare(a.Size, b.Size) })
}

func (v *verifier) fault(index int64, code FaultCode, format string, args ...any) {
	v.report.fault(index, "", code, fmt.Sprintf(format, args...))
}

// batch looks at records and checkpoints in their order.
func (v *verifier) batch(b *rows.Batch) error {
	notes := b.Notes
	for i := range b.Rows {
		notes = v.notes(notes)
		if err := v.row(&b.Rows[i]); err != nil {
			return err
		}
	}
	for _, n := range v.notes(notes) { // more than there are records
		v.fault(v.size, RolledBack, "a checkpoint of %d records is stored, the log has %d", n.Size, v.size)
	}
	return nil
}

// row puts a record under the tree and looks at it.
func (v *verifier) row(r *rows.Row) error {
	if v.size == v.from && v.next == v.from && rows.Leads(r.Index, v.from) {
		v.next, v.lead = r.Index, v.from-r.Index
	}
	if r.Index != v.next {
		v.fault(r.Index, IndexGap, "index %d follows %d: records are missing or out of order", r.Index, v.next-1)
	}
	v.next = r.Index + 1
	if r.LeafHash != "" && r.LeafHash != hexOf(r.Leaf) {
		v.fault(r.Index, LeafDiffers, "the leaf hash stored beside it is not that of the record")
	}
	if v.lead > 0 {
		v.leading(r)
		return nil
	}
	v.report.Records++
	v.grown.Append(r.Leaf)
	v.size++
	if v.tiler != nil {
		if err := v.tiles(); err != nil {
			return err
		}
	}
	if !v.options.HashesOnly {
		v.record(r)
	}
	v.check()
	return nil
}

// leading compares the records in front of a range with its frontier: the end of that is
// the subtrees over them.
func (v *verifier) leading(r *rows.Row) {
	v.front.Append(r.Leaf)
	if v.lead--; v.lead > 0 {
		return
	}
	over := v.front.Frontier()
	if !slices.Equal(over, v.source.Frontier[len(v.source.Frontier)-len(over):]) {
		v.fault(v.next-v.front.Size(), FrontierDiffers, "the %d records in front of the range are not under its frontier", v.front.Size())
	}
}

func hexOf(h tlog.Hash) string { return hex.EncodeToString(h[:]) }

func base64Of(h tlog.Hash) string { return base64.StdEncoding.EncodeToString(h[:]) }
