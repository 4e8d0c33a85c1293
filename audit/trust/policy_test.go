package trust_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"countersign/audit/trust"

	"golang.org/x/mod/sumdb/note"
)

// key is the key of a name: the same in every run.
func key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// cosigner is the verifier key of a witness (c2sp.org/tlog-cosignature).
func cosigner(name string, k ed25519.PrivateKey) string {
	key := append([]byte{4}, k.Public().(ed25519.PublicKey)...)
	return fmt.Sprintf("%s+%08x+%s", name, cosignerHash(name, key), base64.StdEncoding.EncodeToString(key))
}

func cosignerHash(name string, key []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	return binary.BigEndian.Uint32(sum[:])
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

func TestAPolicyIsReadAndWritten(t *testing.T) {
	got, err := trust.ParsePolicy([]byte(example()))
	if err != nil {
		t.Fatalf("ParsePolicy = %v", err)
	}
	if len(got.Log) != 2 || len(got.Witnesses) != 5 || got.Witnesses[1].URL != "https://x2.example/" || got.Quorum != "both" ||
		!reflect.DeepEqual(got.Groups, []trust.Group{
			{Name: "X", Least: 2, Members: []string{"X1", "X2", "X3"}}, {Name: "Y", Least: 1, Members: []string{"Y1", "Y2"}}, {Name: "both", Least: 2, Members: []string{"X", "Y"}},
		}) {
		t.Errorf("ParsePolicy = %+v", got)
	}
	again, err := trust.ParsePolicy(got.Policy())
	if err != nil || !reflect.DeepEqual(again, got) {
		t.Errorf("ParsePolicy of %s = %+v, %v, want %+v", got.Policy(), again, err, got)
	}
	if none, err := trust.ParsePolicy((trust.Trust{Log: []string{vkey("a")}}).Policy()); err != nil || none.Quorum != "none" {
		t.Errorf("ParsePolicy = %+v, %v, want no quorum", none, err)
	}
}

func TestAPolicyIsRefused(t *testing.T) {
	log, w := "log "+vkey("a")+"\n", cosigner("w.example", key("w"))
	for name, text := range map[string]string{
		"empty":                         "",
		"no quorum":                     log,
		"no log":                        "quorum none\n",
		"two quorums":                   log + "quorum none\nquorum none\n",
		"quorum of nobody":              log + "quorum x\n",
		"quorum before its witness":     log + "quorum w\nwitness w " + w + "\n",
		"unknown word":                  log + "quorum none\nmirror x\n",
		"log twice":                     log + log + "quorum none\n",
		"log without key":               "log\nquorum none\n",
		"log of a witness":              "log " + w + "\nquorum none\n",
		"log key with another hash":     "log " + strings.Replace(vkey("a"), "a+", "b+", 1) + "\nquorum none\n",
		"witness twice":                 log + "witness w " + w + "\nwitness v " + w + "\nquorum none\n",
		"name twice":                    log + "witness w " + w + "\nwitness w " + cosigner("v.example", key("v")) + "\nquorum none\n",
		"witness with a log's key type": log + "witness w " + vkey("w") + "\nquorum w\n",
		"witness with another hash":     log + "witness w " + strings.Replace(w, "w.", "v.", 1) + "\nquorum w\n",
		"witness called none":           log + "witness none " + w + "\nquorum none\n",
		"group of nobody":               log + "group g all\nquorum none\n",
		"group of more than it has":     log + "witness w " + w + "\ngroup g 2 w\nquorum g\n",
		"group of none of them":         log + "witness w " + w + "\ngroup g 0 w\nquorum g\n",
		"group of 01":                   log + "witness w " + w + "\ngroup g 01 w\nquorum g\n",
		"member twice":                  log + "witness w " + w + "\ngroup g 1 w w\nquorum g\n",
		"member of two groups":          log + "witness w " + w + "\ngroup g 1 w\ngroup h 1 w\nquorum g\n",
		"group of none":                 log + "witness w " + w + "\ngroup g 1 none\nquorum g\n",
		"member defined later":          log + "group g 1 w\nwitness w " + w + "\nquorum g\n",
		"carriage return":               strings.ReplaceAll(log, "\n", "\r\n") + "quorum none\n",
		"another space":                 "log\u00a0" + vkey("a") + "\nquorum none\n",
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := trust.ParsePolicy([]byte(text)); !errors.Is(err, trust.ErrTrust) {
				t.Errorf("ParsePolicy = %+v, %v, want ErrTrust", got, err)
			}
		})
	}
}

// FuzzParsePolicy reads anything: what it accepts it can write and read again.
func FuzzParsePolicy(f *testing.F) {
	f.Add([]byte(example()))
	f.Add([]byte("log a\nquorum none\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := trust.ParsePolicy(text)
		if err != nil {
			if !errors.Is(err, trust.ErrTrust) {
				t.Fatalf("ParsePolicy = %v, want ErrTrust", err)
			}
			return
		}
		if again, err := trust.ParsePolicy(got.Policy()); err != nil || !reflect.DeepEqual(again, got) {
			t.Fatalf("ParsePolicy of %q = %+v, %v, want %+v", got.Policy(), again, err, got)
		}
	})
}
