package anchor_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"countersign/audit/anchor"

	"golang.org/x/mod/sumdb/note"
)

func TestAWitnessKeyIsReadStrictly(t *testing.T) {
	w := newWitness(t, "witness.example/w1")
	vkey := w.vkey()
	if v, err := anchor.NewCosignatureVerifier(vkey); err != nil || v.Name() != w.name {
		t.Fatalf("NewCosignatureVerifier = %v, %v", v, err)
	}
	parts := strings.SplitN(vkey, "+", 3)
	log := base64.StdEncoding.EncodeToString(append([]byte{1}, w.public()[1:]...))
	for name, bad := range map[string]string{
		"nothing":            "",
		"no name":            "+" + parts[1] + "+" + parts[2],
		"a name with spaces": "a b+" + parts[1] + "+" + parts[2],
		"no hash":            parts[0] + "++" + parts[2],
		"a short hash":       parts[0] + "+" + parts[1][1:] + "+" + parts[2],
		"another hash":       parts[0] + "+00000000+" + parts[2],
		"another name":       "x" + vkey,
		"no base64":          parts[0] + "+" + parts[1] + "+!",
		"no key":             parts[0] + "+" + parts[1] + "+",
		"a key cut short":    parts[0] + "+" + parts[1] + "+" + parts[2][:40],
		"a log's key":        parts[0] + "+" + parts[1] + "+" + log,
		"a line's end":       vkey + "\n",
	} {
		if v, err := anchor.NewCosignatureVerifier(bad); !errors.Is(err, anchor.ErrCosignature) {
			t.Errorf("%s: NewCosignatureVerifier = %v, %v, want ErrCosignature", name, v, err)
		}
	}
}

// signedBy is a log's checkpoint with the signatures of witnesses.
func signedBy(t *testing.T, ws ...*fakeWitness) []byte {
	t.Helper()
	msg := newLog(t, "treasury.example", "a").grow(3)
	text := string(msg[:bytes.Index(msg, []byte("\n\n"))+1])
	for i, w := range ws {
		merged, err := anchor.Merge(msg, []byte(w.cosign(text, uint64(1_795_341_600+i))))
		if err != nil {
			t.Fatal(err)
		}
		msg = merged
	}
	return msg
}

func TestAQuorumIsCountedByVoice(t *testing.T) {
	a, b, c := newWitness(t, "a.example"), newWitness(t, "b.example"), newWitness(t, "c.example")
	alias := newWitness(t, "alias.example")
	alias.key = a.key // a cosignature does not say its signer's name
	vs := func(ws ...*fakeWitness) (out []note.Verifier) {
		for _, w := range ws {
			out = append(out, verifier(t, w))
		}
		return out
	}
	bad := bytes.Clone(signedBy(t, a, b))
	forged := strings.Replace(string(bad), "\n3\n", "\n4\n", 1)
	for _, tt := range []struct {
		name       string
		checkpoint []byte
		witnesses  []note.Verifier
		quorum     int
		ok         bool
	}{
		{"all have signed", signedBy(t, a, b, c), vs(a, b, c), 3, true},
		{"two of three, two must", signedBy(t, a, c), vs(a, b, c), 2, true},
		{"two of three, three must", signedBy(t, a, c), vs(a, b, c), 3, false},
		{"strangers are no voice", signedBy(t, b, c), vs(a), 1, false},
		{"strangers do not disturb", signedBy(t, b, a, c), vs(a), 1, true},
		{"nobody has signed", signedBy(t), vs(a), 1, false},
		{"no quorum is no quorum", signedBy(t, a), vs(a), 0, false},
		{"less than none", signedBy(t, a), vs(a), -1, false},
		{"no witnesses", signedBy(t, a), nil, 0, false},
		{"more than there are", signedBy(t, a), vs(a), 2, false},
		{"one name twice", signedBy(t, a), vs(a, a), 2, false},
		{"one key under two names", signedBy(t, a, alias), vs(a, alias), 2, false},
		{"another text", []byte(forged), vs(a, b), 1, false},
		{"no note", []byte("treasury.example\n3\n"), vs(a), 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := anchor.Cosigned(tt.checkpoint, tt.witnesses, tt.quorum); (err == nil) != tt.ok || (err != nil && !errors.Is(err, anchor.ErrCosignature)) {
				t.Errorf("Cosigned = %v, want ok = %t", err, tt.ok)
			}
		})
	}
}

// Each bit of a cosigned checkpoint counts, but for those of the log's own signature, which
// is not the witness's business.
func TestABitTurnedIsFoundOut(t *testing.T) {
	w := newWitness(t, "a.example")
	msg := signedBy(t, w)
	head := bytes.Index(msg, []byte("\n\n")) + 1
	line := bytes.Index(msg, []byte("\u2014 a.example "))
	for i := range msg {
		if i >= head && i < line {
			continue
		}
		for bit := range 8 {
			bad := bytes.Clone(msg)
			bad[i] ^= 1 << bit
			if err := anchor.Cosigned(bad, []note.Verifier{verifier(t, w)}, 1); err == nil {
				t.Errorf("byte %d, bit %d turned: cosigned all the same", i, bit)
			}
		}
	}
}

func TestMergeReplacesNoSignature(t *testing.T) {
	a, b := newWitness(t, "a.example"), newWitness(t, "b.example")
	msg := signedBy(t, a)
	text := string(msg[:bytes.Index(msg, []byte("\n\n"))+1])
	again, err := anchor.Merge(msg, []byte(a.cosign(text, 99)+b.cosign(text, 7)+b.cosign(text, 8)))
	if want := string(msg) + b.cosign(text, 7); err != nil || string(again) != want {
		t.Errorf("Merge = %q, %v, want %q", again, err, want)
	}
	var many strings.Builder
	for i := range 99 {
		many.WriteString(newWitness(t, fmt.Sprint("w", i)).cosign(text, 1))
	}
	if merged, err := anchor.Merge(msg, []byte(many.String())); !errors.Is(err, anchor.ErrCosignature) {
		t.Errorf("Merge of 101 signatures = %d bytes, %v, want ErrCosignature", len(merged), err)
	}
	for name, cosigs := range map[string]string{"nothing": "", "an empty line": "\n", "text": "x\n", "a note": "x\n\n" + a.cosign(text, 1), "half a line": "\u2014 a.example"} {
		if merged, err := anchor.Merge(msg, []byte(cosigs)); !errors.Is(err, anchor.ErrCosignature) {
			t.Errorf("%s: Merge = %q, %v, want ErrCosignature", name, merged, err)
		}
	}
	if merged, err := anchor.Merge([]byte("no note"), []byte(a.cosign(text, 1))); !errors.Is(err, anchor.ErrCosignature) {
		t.Errorf("Merge with no note = %q, %v, want ErrCosignature", merged, err)
	}
}

func FuzzMerge(f *testing.F) {
	l := newLog(f, "treasury.example", "a")
	msg := l.grow(3)
	text := string(msg[:bytes.Index(msg, []byte("\n\n"))+1])
	w := newWitness(f, "a.example")
	f.Add(msg, []byte(w.cosign(text, 5)))
	f.Add(msg, []byte("\n\n"+w.cosign(text, 5)))
	f.Add([]byte("a\n\nb\n\n\u2014 x AAAAAAA=\n"), []byte("\u2014 y AAAAAAA=\n"))
	f.Fuzz(func(t *testing.T, checkpoint, cosigs []byte) {
		merged, err := anchor.Merge(checkpoint, cosigs)
		if err != nil {
			return
		}
		if !bytes.HasPrefix(merged, checkpoint) {
			t.Fatalf("Merge changed the checkpoint: %q", merged)
		}
		again, err := anchor.Merge(merged, cosigs)
		if err != nil || !bytes.Equal(again, merged) {
			t.Fatalf("merging twice = %q, %v, want %q", again, err, merged)
		}
		before, after := textOf(t, checkpoint), textOf(t, merged)
		if before != after {
			t.Fatalf("Merge changed the text: %q, was %q", after, before)
		}
	})
}

// textOf is what a note's signers sign.
func textOf(t *testing.T, msg []byte) string {
	t.Helper()
	_, err := note.Open(msg, note.VerifierList())
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) {
		t.Fatalf("%q is no note: %v", msg, err)
	}
	return unverified.Note.Text
}

func FuzzCosignature(f *testing.F) {
	w := newWitness(f, "a.example")
	v := verifier(f, w)
	line := w.cosign("x\n", 5)
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(line[strings.LastIndex(line, " ")+1:]))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(w.vkey(), []byte("x\n"), raw[4:])
	f.Fuzz(func(t *testing.T, vkey string, msg, sig []byte) {
		if v.Verify(msg, sig) && string(msg) != "x\n" {
			t.Fatalf("%q was never signed", msg)
		}
		other, err := anchor.NewCosignatureVerifier(vkey)
		if err == nil && (other.Name() == "" || strings.ContainsAny(other.Name(), " +\n")) {
			t.Fatalf("a witness of name %q", other.Name())
		}
	})
}
