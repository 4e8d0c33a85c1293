package stellar_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"countersign/sandbox/network"
	"countersign/sandbox/stellar"
	"countersign/sandbox/store"
)

// TestAddress compares with the vector of SEP-23.
func TestAddress(t *testing.T) {
	key, err := hex.DecodeString("3f0c34bf93ad0d9971d04ccc90f705511c838aad9734a4a2fb0d7a03fc7fe89a")
	if err != nil {
		t.Fatal(err)
	}
	const want = "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ"
	if got := stellar.Address(ed25519.PublicKey(key)); got != want {
		t.Errorf("Address = %s, want %s", got, want)
	}
	for text, valid := range map[string]bool{
		want: true,
		"GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGA":  false, // checksum
		"GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZA": false, // length
		"0x00000000000000000000000000000000DeaDBeef":                false,
		"": false,
	} {
		if stellar.Valid(text) != valid {
			t.Errorf("Valid(%q) = %t", text, !valid)
		}
	}
}

func TestPayments(t *testing.T) {
	db, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // a test's
	nets, err := network.NewSet([]string{"StellarTestnet"})
	if err != nil {
		t.Fatal(err)
	}
	on, err := nets.Find("StellarTestnet")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name     string
		from, to string
		amount   int64
		create   bool
		refusal  string
	}{
		{"an account has to be created", "ROOT", "A", 5 * stellar.Reserve, false, "op_no_destination"},
		{"a new account needs its reserve", "ROOT", "A", stellar.Reserve - 1, true, "op_low_reserve"},
		{"created", "ROOT", "A", 5 * stellar.Reserve, true, ""},
		{"nothing is no amount", "A", "ROOT", 0, false, "op_malformed"},
		{"the reserve stays", "A", "ROOT", 5 * stellar.Reserve, false, "op_underfunded"},
		{"to oneself", "A", "A", 7, false, ""},
		{"paid back", "A", "ROOT", stellar.Reserve, false, ""},
		{"who has no account cannot pay", "B", "A", 1, false, "tx_insufficient_balance"},
	} {
		err := db.Update(func(tx *store.Tx) error {
			if err := stellar.Open(tx, on.Name, "ROOT"); err != nil {
				return err
			}
			err := stellar.Apply(tx, stellar.Payment{Network: on, From: step.from, To: step.to, Amount: step.amount, Create: step.create}, step.name, time.Now(), nil)
			var refused stellar.Refusal
			if errors.As(err, &refused) {
				if len(step.refusal) == 0 || len(refused.Reason) < len(step.refusal) || refused.Reason[:len(step.refusal)] != step.refusal {
					t.Errorf("%s: %q, want %q", step.name, refused.Reason, step.refusal)
				}
				return nil
			}
			if step.refusal != "" {
				t.Errorf("%s: allowed", step.name)
			}
			return err
		})
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		var held, fees int64
		_ = db.View(func(tx *store.Tx) (err error) { held, fees, err = stellar.Total(tx, on.Name); return err })
		if held+fees != stellar.Supply {
			t.Errorf("%s: %d held and %d in fees, want %d in all", step.name, held, fees, int64(stellar.Supply))
		}
	}
}
