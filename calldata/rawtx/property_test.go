package rawtx_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"countersign/calldata"
	"countersign/calldata/rawtx"

	"github.com/ethereum/go-ethereum/crypto"
	"pgregory.net/rapid"
)

// Every transaction is read alike from what is hashed for signing and from what
// is broadcast after, and go-ethereum reads the same.
func TestBothFormsAreRead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := anySample(rt)
		if got, want := crypto.Keccak256(s.unsigned), signer(s.chain).Hash(s.tx).Bytes(); !bytes.Equal(got, want) {
			rt.Fatalf("the test's payload hashes to %x, go-ethereum signs %x", got, want)
		}
		for _, form := range []struct {
			raw    []byte
			signed bool
		}{{s.unsigned, false}, {s.signed, true}} {
			tx, err := rawtx.Parse(form.raw)
			if err != nil {
				rt.Fatalf("%x\nrefused: %v", form.raw, err)
			}
			if w := want(s.tx, s.chain, form.signed); !equal(tx, w) {
				rt.Fatalf("%x\nis %s\nwant %s", form.raw, show(tx), show(w))
			}
			agrees(rt, form.raw, tx)
		}
	})
}

func TestSpoiltTransactionsAreReadAlikeOrRefused(t *testing.T) {
	for name, spoil := range map[string]func(t *rapid.T, raw []byte) []byte{
		"flip a bit": func(t *rapid.T, raw []byte) []byte {
			raw[rapid.IntRange(0, len(raw)-1).Draw(t, "byte")] ^= byte(1 << rapid.IntRange(0, 7).Draw(t, "bit"))
			return raw
		},
		"drop a byte": func(t *rapid.T, raw []byte) []byte {
			at := rapid.IntRange(0, len(raw)-1).Draw(t, "byte")
			return slices.Delete(raw, at, at+1)
		},
		"insert a byte": func(t *rapid.T, raw []byte) []byte {
			return slices.Insert(raw, rapid.IntRange(0, len(raw)).Draw(t, "at"), rapid.Byte().Draw(t, "byte"))
		},
		"zero a byte": func(t *rapid.T, raw []byte) []byte {
			raw[rapid.IntRange(0, len(raw)-1).Draw(t, "byte")] = 0
			return raw
		},
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				s := anySample(rt)
				raw := spoil(rt, rapid.SampledFrom([][]byte{s.unsigned, s.signed}).Draw(rt, "form"))
				tx, err := rawtx.Parse(raw)
				if err == nil {
					agrees(rt, raw, tx)
					return
				}
				var r *calldata.Refusal
				if !errors.As(err, &r) || r.Offset < 0 || r.Offset > len(raw) {
					rt.Fatalf("%v about %x", err, raw)
				}
			})
		})
	}
}

// Nothing that is cut short or has something behind it is read.
func TestEveryByteIsNeeded(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := anySample(rt)
		raw := rapid.SampledFrom([][]byte{s.unsigned, s.signed}).Draw(rt, "form")
		cut := rapid.IntRange(0, len(raw)-1).Draw(rt, "cut")
		if tx, err := rawtx.Parse(raw[:cut]); err == nil {
			rt.Fatalf("%x was read as %s", raw[:cut], show(tx))
		}
		more := append(slices.Clone(raw), rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(rt, "more")...)
		_, err := rawtx.Parse(more)
		var r *calldata.Refusal
		if !errors.As(err, &r) || r.Code != rawtx.TrailingBytes || r.Offset != len(raw) {
			rt.Fatalf("%x refused with %v, want trailing_bytes at %d", more, err, len(raw))
		}
	})
}

func TestDataIsACopy(t *testing.T) {
	raw := unhex("01" + list("01", "80", "01", "80", "80", "80", str("cafe"), "c0"))
	tx, err := rawtx.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	clear(raw)
	if !bytes.Equal(tx.Data, []byte{0xca, 0xfe}) {
		t.Errorf("the data became %x", tx.Data)
	}
}

// FuzzParse holds the package to its promise: whatever we read, go-ethereum
// reads as the same transaction and would write as the same bytes.
func FuzzParse(f *testing.F) {
	for i := range 40 {
		s := rapid.Custom(anySample).Example(i)
		f.Add(s.unsigned)
		f.Add(s.signed)
	}
	for _, tt := range refused {
		f.Add(unhex(tt.raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		tx, err := rawtx.Parse(raw)
		if err != nil {
			if r := refusal(t, err); r.Offset < 0 || r.Offset > len(raw) || r.Code == "" || r.Why == "" {
				t.Fatalf("refusal %+v of %d bytes", r, len(raw))
			}
			return
		}
		agrees(t, raw, tx)
	})
}
