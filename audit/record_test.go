package audit_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4"
	"pgregory.net/rapid"

	"countersign/audit"
)

type note struct {
	ApprovalID string            `json:"approval_id"`
	Text       string            `json:"text"`
	Tags       map[string]string `json:"tags,omitempty"`
}

// anyText is text with everything in it that JSON writers disagree about, and
// now and then bytes that are no text at all.
func anyText() *rapid.Generator[string] {
	awkward := rapid.SampledFrom([]string{"<script>&amp;", "\u2028\u2029", "😀", "\x00\x1f\x7f", `"\`, "\r\n\t", "é", "\xff", "\xed\xa0\x80", "\uFFFD"})
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.String(), awkward), 0, 5).Draw(t, "parts"), "")
	})
}

func TestWhatIsSealedOpensAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := anyText()
		in := note{ApprovalID: text.Draw(t, "approval"), Text: text.Draw(t, "text"), Tags: map[string]string{"tag": text.Draw(t, "tag")}}
		d := audit.Draft{Key: text.Draw(t, "key"), Type: audit.Type(text.Draw(t, "type")), Body: in}
		s := signer("ana")
		s.Issuer, s.Subject = text.Draw(t, "iss"), text.Draw(t, "sub")
		head := audit.Head{Index: rapid.Int64Min(0).Draw(t, "index"), Seq: rapid.Int64Min(0).Draw(t, "seq"), Prev: audit.LeafHash("x")}

		e, err := s.Seal(d, head)
		if !utf8.ValidString(d.Key + string(d.Type) + s.Issuer + s.Subject) {
			if err == nil {
				t.Fatalf("Seal of names in broken UTF-8 = record %q, want an error", e.JWS)
			}
			return
		}
		if err != nil {
			t.Fatalf("Seal = %v", err)
		}
		got, err := audit.Open(e.JWS, trusting("ana"))
		if err != nil || !reflect.DeepEqual(got, e.Record) {
			t.Fatalf("Open = %+v, %v, want the record that Seal returned: %+v", got, err, e.Record)
		}
		if got.Index != head.Index || got.Seq != head.Seq || got.Prev != head.Prev || got.Key != d.Key || got.Subject != s.Subject {
			t.Fatalf("Open = %+v, want draft %+v at %+v", got, d, head)
		}
		var out note
		if err := e.Decode(&out); err != nil || !reflect.DeepEqual(out, readable(in)) {
			t.Fatalf("Decode = %+v, %v, want %+v", out, err, readable(in))
		}
	})
}

// readable is what a body says once it is JSON: bytes that are no text become
// U+FFFD, one by one.
func readable(n note) note {
	fix := func(s string) string { return string([]rune(s)) }
	return note{ApprovalID: fix(n.ApprovalID), Text: fix(n.Text), Tags: map[string]string{"tag": fix(n.Tags["tag"])}}
}

func TestABodyReadsAsItWasWritten(t *testing.T) {
	for _, tt := range []struct {
		name string
		body any
		want string
	}{
		{"HTML is not escaped", map[string]string{"r": "a < b && c > d"}, `{"r":"a < b && c > d"}`},
		{"raw JSON keeps its spelling", json.RawMessage(`{"n":1.0e+2,"s":"\u0041"}`), `{"n":1.0e+2,"s":"\u0041"}`},
		{"raw JSON loses its spaces", json.RawMessage("{ \"a\" :\n1 }"), `{"a":1}`},
		{"raw JSON keeps a line separator", json.RawMessage("\"\u2028\""), "\"\u2028\""},
		{"no body is null", nil, `null`},
		{"broken UTF-8 in a string is replaced", "a\xffb", `"a\ufffdb"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := seal(t, "ana", audit.Draft{Key: "k", Type: "t", Body: tt.body}, audit.Head{})
			rec, err := audit.Open(e.JWS, trusting("ana"))
			if err != nil || string(rec.Body) != tt.want {
				t.Errorf("Open body = %s, %v, want %s", rec.Body, err, tt.want)
			}
		})
	}
}

func TestSealRefuses(t *testing.T) {
	for _, tt := range []struct {
		name  string
		draft audit.Draft
	}{
		{"a body that does not marshal", audit.Draft{Key: "k", Body: make(chan int)}},
		{"raw JSON that is none", audit.Draft{Key: "k", Body: json.RawMessage(`{"a":`)}},
		{"raw JSON in broken UTF-8", audit.Draft{Key: "k", Body: json.RawMessage("\"\xff\"")}},
		{"a key in broken UTF-8", audit.Draft{Key: "k\xff"}},
		{"a type in broken UTF-8", audit.Draft{Key: "k", Type: "\xff"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := signer("ana").Seal(tt.draft, audit.Head{})
			if err == nil || !reflect.DeepEqual(e, audit.Entry{}) {
				t.Errorf("Seal = %+v, %v, want no entry and an error", e, err)
			}
			if errors.Is(err, audit.ErrForged) {
				t.Errorf("Seal = %v, which reads as if the trail were damaged", err)
			}
		})
	}
}

func TestSealRefusesARecordLongerThanALeaf(t *testing.T) {
	of := func(n int) (audit.Entry, error) {
		return signer("ana").Seal(audit.Draft{Key: "k", Body: strings.Repeat("x", n)}, audit.Head{})
	}
	low, high := 0, audit.MaxEntry // of(low) fits, of(high) does not
	for high-low > 1 {
		mid := (low + high) / 2
		if _, err := of(mid); err == nil {
			low = mid
		} else if high = mid; !errors.Is(err, audit.ErrTooLarge) {
			t.Fatalf("Seal of %d bytes = %v, want ErrTooLarge", mid, err)
		}
	}
	e, err := of(low)
	if err != nil || len(e.JWS) > audit.MaxEntry || len(e.JWS) < audit.MaxEntry-2 {
		t.Errorf("longest accepted record has %d bytes, %v, want at most and about %d", len(e.JWS), err, audit.MaxEntry)
	}
	if _, err := audit.Open(e.JWS, trusting("ana")); err != nil {
		t.Errorf("Open of the longest record = %v", err)
	}
}

func TestAStrangersLibraryVerifies(t *testing.T) {
	for _, e := range newTrail(t, 12) {
		parsed, err := jose.ParseSignedCompact(e.JWS, []jose.SignatureAlgorithm{jose.EdDSA})
		if err != nil {
			t.Fatalf("go-jose parse = %v", err)
		}
		got, err := parsed.Verify(public(key(e.Record.Subject)))
		if err != nil {
			t.Fatalf("go-jose verify = %v", err)
		}
		var rec audit.Record
		if err := json.Unmarshal(got, &rec); err != nil || !reflect.DeepEqual(rec, e.Record) {
			t.Errorf("go-jose reads %+v, %v, want %+v", rec, err, e.Record)
		}
		if _, err := parsed.Verify(public(key("mallory"))); err == nil {
			t.Error("go-jose verifies under another key")
		}
	}
}
