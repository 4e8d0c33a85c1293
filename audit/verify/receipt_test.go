package verify_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"countersign/audit"
	"countersign/audit/tree"
	"countersign/audit/verify"
)

// keyReceipts are those of all records about keys before an index.
func (b *book) keyReceipts(index int64) (texts [][]byte) {
	for _, e := range b.entries[:index] {
		switch e.Record.Type {
		case audit.KeyEnrolled, audit.KeyRetired, audit.KeyRevoked:
			texts = append(texts, b.receipt(e.Index, b.last()))
		}
	}
	return texts
}

func TestAReceiptSaysWhatItProves(t *testing.T) {
	b := filled(t, 40)
	for index := range b.size() {
		text := b.receipt(index, b.last())
		alone, err := verify.Receipt(text, b.trust())
		if err != nil || alone.Signed || alone.By != "" || alone.Index != index || alone.Record.Key != b.entries[index].Record.Key || alone.LeafHash != b.entries[index].LeafHash {
			t.Fatalf("Receipt of %d = %+v, %v, want inclusion alone", index, alone, err)
		}
		if index < 4 {
			continue
		}
		whole, err := verify.ReceiptWithKeys(text, b.trust(), b.keyReceipts(4)...)
		if err != nil || !whole.Signed || whole.By != "enrolled" || len(whole.Proves) <= len(alone.Proves) {
			t.Fatalf("ReceiptWithKeys of %d = %+v, %v, want a signature proven", index, whole, err)
		}
		trust := b.trust()
		trust.Pinned = audit.NewKeys(key(b.entries[index].Record.Subject).Public())
		pinned, err := verify.Receipt(text, trust)
		if err != nil || !pinned.Signed || pinned.By != "pinned" || !strings.Contains(strings.Join(pinned.Unproven, "; "), "retired") {
			t.Fatalf("Receipt of %d, its key pinned = %+v, %v", index, pinned, err)
		}
	}
}

func TestAReceiptIsRefused(t *testing.T) {
	b := filled(t, 20)
	last := b.last()
	at := b.size() - 1
	text := string(b.receipt(at, last))
	keys := b.keyReceipts(4)
	other := filled(t, 8)
	other.origin, other.log = "example.com/other", []*tree.Key{logKey(t, "example.com/other", key("other log"))}
	other.commit()
	late := b.clone(t)
	late.add("mallory", late.enrolment(audit.RecordKey, "mallory", key("mallory")))
	late.add("mallory", late.notice("hello"))
	late.commit()
	retired := b.clone(t)
	retired.add("bo", retired.ends(keyID("ana"), audit.KeyRetired, 0))
	retired.add("ana", retired.notice("too late"))
	retired.commit()
	mine := b.trust()
	pinned, foreign, quorum := mine, mine, mine
	pinned.Pinned = audit.NewKeys(key("bo").Public())
	foreign.Log = []string{other.log[0].VerifierKey()}
	quorum.Witnesses = []verify.Witness{{Name: "w", Key: cosigner("w.example", key("witness"))}}
	quorum.Quorum = "w"
	for _, tt := range []struct {
		name  string
		text  []byte
		trust verify.Trust
		keys  [][]byte
	}{
		{"nothing", nil, mine, nil},
		{"another index", []byte(strings.Replace(text, "\nindex ", "\nindex 1", 1)), mine, nil},
		{"a hash less", []byte(text[:strings.Index(text, "\nindex")] + text[strings.Index(text, "\nindex"):strings.Index(text, "\nindex")+len("\nindex 19\n")] + text[strings.Index(text, "\n\n"):]), mine, nil},
		{"another log's key", []byte(text), foreign, nil},
		{"another log's receipt", other.receipt(5, other.last()), mine, nil},
		{"no witness", []byte(text), quorum, nil},
		{"keys in another order", []byte(text), mine, [][]byte{keys[0], keys[2], keys[1]}},
		{"keys without their beginning", []byte(text), mine, keys[1:]},
		{"keys of another log", []byte(text), mine, other.keyReceipts(4)},
		{"a key's receipt twice", []byte(text), mine, [][]byte{keys[0], keys[0]}},
		{"a record that is about no key among keys", []byte(text), mine, [][]byte{keys[0], b.receipt(5, last)}},
		{"a beginning that is not pinned", []byte(text), pinned, keys},
		{"a beginning in the middle", late.receipt(late.size()-1, late.last()), mine, [][]byte{late.receipt(late.size()-2, late.last())}},
		{"signed by a retired key", retired.receipt(retired.size()-1, retired.last()), mine, retired.keyReceipts(retired.size())},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := verify.ReceiptWithKeys(tt.text, tt.trust, tt.keys...)
			if !errors.Is(err, verify.ErrReceipt) || got.Signed || len(got.Proves) > 0 {
				t.Errorf("ReceiptWithKeys = %+v, %v, want nothing and ErrReceipt", got, err)
			}
		})
	}
	if _, err := verify.Receipt([]byte(text), verify.Trust{}); !errors.Is(err, verify.ErrTrust) {
		t.Errorf("Receipt trusting nobody = %v, want ErrTrust", err)
	}
}

func TestEveryBitOfAReceiptCounts(t *testing.T) {
	b := filled(t, 12)
	text := b.receipt(3, b.last())
	trust := b.trust()
	trust.Pinned = audit.NewKeys(key("bo").Public())
	if got, err := verify.Receipt(text, trust); err != nil || !got.Signed {
		t.Fatalf("Receipt = %+v, %v", got, err)
	}
	for i := range text {
		for bit := range 8 {
			bad := slices.Clone(text)
			bad[i] ^= 1 << bit
			if got, err := verify.Receipt(bad, trust); err == nil {
				t.Fatalf("bit %d of byte %d (%q) changed, and it proves %v", bit, i, text[max(0, i-8):min(len(text), i+8)], got.Proves)
			}
		}
	}
}
