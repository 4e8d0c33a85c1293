package verify_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"countersign/audit/verify"

	"golang.org/x/mod/sumdb/note"
)

// cosigner is the verifier key of a witness (c2sp.org/tlog-cosignature).
func cosigner(name string, k ed25519.PrivateKey) string {
	key := append([]byte{4}, k.Public().(ed25519.PublicKey)...)
	return fmt.Sprintf("%s+%08x+%s", name, cosignerHash(name, key), base64.StdEncoding.EncodeToString(key))
}

func cosignerHash(name string, key []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	return binary.BigEndian.Uint32(sum[:])
}

// cosign adds a witness's signature to a checkpoint.
func cosign(note []byte, name string, k ed25519.PrivateKey, at uint64) []byte {
	text := note
	for i := range note {
		if i > 0 && note[i] == '\n' && note[i-1] == '\n' {
			text = note[:i]
			break
		}
	}
	signed := ed25519.Sign(k, append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", at)), text...))
	key := append([]byte{4}, k.Public().(ed25519.PublicKey)...)
	sig := binary.BigEndian.AppendUint32(nil, cosignerHash(name, key))
	sig = append(binary.BigEndian.AppendUint64(sig, at), signed...)
	return append(append([]byte{}, note...), []byte("— "+name+" "+base64.StdEncoding.EncodeToString(sig)+"\n")...)
}

func vkey(name string) string {
	k, err := note.NewEd25519VerifierKey(name, key("log of "+name).Public().(ed25519.PublicKey))
	if err != nil {
		panic(err)
	}
	return k
}

// example is a policy with two levels of groups, as the specification shows one.
func example() string {
	witness := func(n string) string { return cosigner(n+".example", key(n)) }
	return strings.Join([]string{
		"# who watches", "log " + vkey("example.com/a"), "\tlog  " + vkey("example.com/b") + "\thttps://b.example/ ", "",
		"witness X1 " + witness("x1"), "witness X2 " + witness("x2") + " https://x2.example/", "witness X3 " + witness("x3"),
		"group X 2 X1 X2 X3", "witness Y1 " + witness("y1"), "witness Y2 " + witness("y2"), "group Y any Y1 Y2", "  # both", "group both all X Y", "quorum both", "",
	}, "\n")
}

func TestAQuorumMustHaveSigned(t *testing.T) {
	b := filled(t, 8)
	policy, err := verify.ParsePolicy([]byte(example()))
	if err != nil {
		t.Fatal(err)
	}
	policy.Log = b.trust().Log
	for _, tt := range []struct {
		signed string
		met    bool
	}{
		{"", false}, {"x1 x2", false}, {"x1 y1", false}, {"x1 x2 y1", true}, {"x2 x3 y2", true}, {"x1 x2 x3", false}, {"x1 x2 x3 y1 y2", true}, {"x1 x1 y1", false}, {"z1 x2 y1", false},
	} {
		final := b.last()
		for _, w := range strings.Fields(tt.signed) {
			if !bytes.Contains(final, []byte(w+".example")) { // a note holds a signature once
				final = cosign(final, w+".example", key(w), 1_780_000_000)
			}
		}
		s := b.source()
		s.Final = final
		got := read(t, s, policy)
		if got.OK() != tt.met || !tt.met && got.Faults[0].Code != verify.QuorumMissing {
			t.Errorf("signed by %q: %+v, want met %v", tt.signed, got, tt.met)
		}
	}
	bad := cosign(cosign(b.last(), "x1.example", key("x1"), 1), "x2.example", key("x2"), 1)
	bad[len(bad)-20] ^= 'A' ^ 'B' // of the signature
	if bad[len(bad)-20] < '0' || bad[len(bad)-20] > 'z' {
		bad[len(bad)-20] = 'A'
	}
	s := b.source()
	s.Final = bad
	if got := read(t, s, policy); got.OK() || got.Faults[0].Code != verify.CheckpointUnsigned {
		t.Errorf("a witness's signature that is wrong: %+v, want checkpoint_unsigned", got)
	}
}

func TestAQuorumOfSome(t *testing.T) {
	b := filled(t, 8)
	trust := b.trust()
	for _, n := range []string{"x1", "x2", "x3"} {
		trust.Witnesses = append(trust.Witnesses, verify.Witness{Name: n, Key: cosigner(n+".example", key(n))})
	}
	trust.Groups, trust.Quorum = verify.AnyOf(2, trust.Witnesses)
	s := b.source()
	s.Final = cosign(cosign(b.last(), "x1.example", key("x1"), 1), "x3.example", key("x3"), 2)
	if got := read(t, s, trust); !got.OK() || !reflect.DeepEqual(got.Witnesses, []string{"x1", "x3"}) {
		t.Errorf("Log = %+v, want the quorum met by x1 and x3", got)
	}
	if groups, quorum := verify.AnyOf(0, trust.Witnesses); groups != nil || quorum != "none" {
		t.Errorf("AnyOf(0) = %v, %q, want none", groups, quorum)
	}
}
