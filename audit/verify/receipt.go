package verify

import (
	"errors"
	"fmt"
	"strings"

	"countersign/audit"
	"countersign/audit/tree"
	"countersign/audit/trust"
	"countersign/audit/verify/rows"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrReceipt means that a receipt does not prove what it says: its record is not under a
// checkpoint that the log has signed, or is no record.
var ErrReceipt = errors.New("receipt does not verify")

// A Proof is what a receipt shows. Its JSON form is stable: members are only added.
type Proof struct {
	Origin string `json:"origin"`
	// Index is the record's place, Size how many records the checkpoint covers, Root and
	// LeafHash the tree's and the record's hash.
	Index    int64  `json:"index"`
	Size     int64  `json:"size"`
	Root     string `json:"root"`
	LeafHash string `json:"leaf_hash"`
	// Record is what stands there. Believe what it says when Signed is true; else only that
	// it stands in the log.
	Record audit.Record `json:"record"`
	KeyID  string       `json:"kid"`
	// Signed says that a key which may sign for the record's subject at its index has signed
	// it; By whether that key is pinned or enrolled by the receipts given.
	Signed bool   `json:"signed"`
	By     string `json:"by,omitempty"`
	// Witnesses are the policy's names of those who have signed the checkpoint.
	Witnesses []string `json:"witnesses,omitempty"`
	// Proves and Unproven say it in sentences.
	Proves   []string `json:"proves"`
	Unproven []string `json:"unproven"`
}

// Receipt verifies a .tlog-proof. Alone it proves that the record stands in the log; who
// signed the record is proven only when its key is pinned. Any fault is an error,
// [ErrReceipt] or [ErrTrust].
func Receipt(text []byte, t Trust) (Proof, error) { return ReceiptWithKeys(text, t) }

// ReceiptWithKeys verifies a .tlog-proof with receipts of the records about keys before
// it, in the order of the log: from the first, which enrols itself at index 0 or is
// pinned, to the one that enrols the record's key.
func ReceiptWithKeys(text []byte, t Trust, keys ...[]byte) (Proof, error) {
	r, err := t.Open()
	if err != nil {
		return Proof{}, err
	}
	book := &audit.Registry{}
	for i, text := range keys {
		if err := keyReceipt(r, text, book); err != nil {
			return Proof{}, fmt.Errorf("%w: receipt %d of a key: %w", ErrReceipt, i, err)
		}
	}
	return prove(r, text, book)
}

// keyReceipt learns from a receipt of a record about a key.
func keyReceipt(r *trust.Roots, text []byte, book *audit.Registry) error {
	one, err := tree.ParseReceipt(text)
	if err != nil {
		return err
	}
	if _, err := included(r, one); err != nil {
		return err
	}
	return trusted(r, one, book, book.ApplyBy)
}

// included opens the checkpoint of a receipt and checks that the record is under it.
func included(r *trust.Roots, one tree.Receipt) (trust.Checkpoint, error) {
	c, err := r.Checkpoint(one.Checkpoint)
	if err != nil {
		return c, err
	}
	if one.Index >= c.Size {
		return c, fmt.Errorf("index %d is not under a checkpoint of %d records", one.Index, c.Size)
	}
	if err := tlog.CheckRecord(one.Path, c.Size, c.Root, one.Index, tlog.RecordHash([]byte(one.Record))); err != nil {
		return c, fmt.Errorf("record %d is not under the checkpoint of %d records: %w", one.Index, c.Size, err)
	}
	if !r.Met(c.Witnesses) {
		return c, fmt.Errorf("%d of the policy's witnesses have signed the checkpoint, its quorum %q is not met", len(c.Witnesses), r.Quorum)
	}
	return c, nil
}

// trusted opens a record about a key and applies it. The first must stand at index 0 or
// be pinned: anybody who may write to a log could enrol himself later.
func trusted(r *trust.Roots, one tree.Receipt, book *audit.Registry, apply func(audit.Record, string) error) error {
	rec, kid, err := claimed(one)
	if err != nil {
		return err
	}
	first := book.Empty(audit.RecordKey)
	pub, ok := book.Candidate(rec, kid)
	if !ok {
		return fmt.Errorf("record %d: key %.60q is not enrolled before it", one.Index, kid)
	}
	if _, err := audit.Open(one.Record, audit.NewKeys(pub)); err != nil {
		return fmt.Errorf("record %d: %w", one.Index, err)
	}
	if first && len(r.Pinned) > 0 && r.Pinned[kid] == nil {
		return fmt.Errorf("record %d: key %s begins the log's keys, and is not one of the pinned", one.Index, kid)
	}
	if first && len(r.Pinned) == 0 && one.Index != 0 {
		return fmt.Errorf("record %d enrols itself: only record 0 may, or one whose key is pinned", one.Index)
	}
	if all := book.All(); len(all) > 0 && all[len(all)-1].EnrolledAt >= one.Index {
		return fmt.Errorf("record %d stands behind record %d: receipts of keys come in the order of the log", one.Index, all[len(all)-1].EnrolledAt)
	}
	return apply(rec, kid)
}

// claimed is what a record says of itself: nobody is asked whether it is so.
func claimed(one tree.Receipt) (rec audit.Record, kid string, err error) {
	w := rows.Worker{Keys: &rows.Keyring{}}
	row := rows.Row{JWS: one.Record}
	w.Open(&row, nil)
	if row.Ill != "" {
		return rec, "", fmt.Errorf("record %d: %s", one.Index, row.Ill)
	}
	rec, err = audit.RecordOf(&row.Payload)
	if err == nil && rec.Index != one.Index {
		err = fmt.Errorf("record %d was signed for index %d", one.Index, rec.Index)
	}
	return rec, rows.KeyIDOf(row.Header), err
}

// prove verifies the receipt itself.
func prove(r *trust.Roots, text []byte, book *audit.Registry) (Proof, error) {
	one, err := tree.ParseReceipt(text)
	if err != nil {
		return Proof{}, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	c, err := included(r, one)
	if err != nil {
		return Proof{}, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	rec, kid, err := claimed(one)
	if err != nil {
		return Proof{}, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	p := Proof{
		Origin: c.Origin, Index: one.Index, Size: c.Size, Root: base64Of(c.Root), LeafHash: hexOf(tlog.RecordHash([]byte(one.Record))),
		Record: rec, KeyID: kid, Witnesses: c.Witnesses, Unproven: []string{},
		Proves: []string{fmt.Sprintf("the record stands at index %d of %q, under a checkpoint of %d records that the log has signed", one.Index, c.Origin, c.Size)},
	}
	if len(c.Witnesses) > 0 {
		p.Proves = append(p.Proves, "the checkpoint is also signed by "+strings.Join(c.Witnesses, ", "))
	}
	if err := author(r, &p, one, book); err != nil {
		return Proof{}, fmt.Errorf("%w: record %d: %w", ErrReceipt, one.Index, err)
	}
	p.Unproven = append(p.Unproven, "that no other record was left out: only a whole log or a range shows that")
	return p, nil
}

// author says who signed the record, as far as that is known.
func author(r *trust.Roots, p *Proof, one tree.Receipt, book *audit.Registry) error {
	pub, ok := book.Key(p.KeyID, p.Record.Subject, one.Index)
	switch {
	case ok:
		p.By = "enrolled"
		p.Unproven = append(p.Unproven, "that the key was not retired or revoked by a record whose receipt is not here")
	case r.Pinned[p.KeyID] != nil:
		pub, p.By = r.Pinned[p.KeyID], "pinned"
		p.Unproven = append(p.Unproven, "that the pinned key was enrolled for "+p.Record.Subject+" at that index, and not retired or revoked")
	default:
		if k, enrolled := book.Lookup(p.KeyID); enrolled {
			return fmt.Errorf("key %s is enrolled as %s key of %.80q for indexes from %d until %d", k.KeyID, k.Use, k.Subject, k.From, k.Until)
		}
		p.Unproven = append(p.Unproven, "who signed the record: its key is not pinned, and no receipt here enrols it")
		return nil
	}
	if _, err := audit.Open(one.Record, audit.NewKeys(pub)); err != nil {
		return err
	}
	p.Signed = true
	p.Proves = append(p.Proves, fmt.Sprintf("%s has signed the record with key %s, which is %s", p.Record.Subject, p.KeyID, p.By))
	return nil
}
