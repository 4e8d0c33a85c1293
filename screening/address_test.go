package screening_test

import (
	"errors"
	"strings"
	"testing"

	"countersign/screening"

	"pgregory.net/rapid"
)

const (
	evm     = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96"
	bitcoin = "12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h"
	segwit  = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4" // BIP-173
	taproot = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"
)

func TestCanonical(t *testing.T) {
	stellar := "GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7"
	for _, tt := range []struct {
		name, address, want string
	}{
		{"EVM is lower case", evm, strings.ToLower(evm)},
		{"EVM in upper case is the same", "0x" + strings.ToUpper(evm[2:]), strings.ToLower(evm)},
		{"EVM with a wrong checksum is still its 20 bytes", "0x098b716B8Aaf21512996dC57EB0615e2383E2f96", strings.ToLower(evm)},
		{"32 bytes of hex", "0x" + strings.Repeat("Ab", 32), "0x" + strings.Repeat("ab", 32)},
		{"base58 keeps its case", bitcoin, bitcoin},
		{"Tron", "TA3941uFAvmVibSkQ6fMJXxmaSNovX86mz", "TA3941uFAvmVibSkQ6fMJXxmaSNovX86mz"},
		{"XRP Ledger", "rnXyVQzgxZe7TR1EPzTkGj2jxH4LMJYh66", "rnXyVQzgxZe7TR1EPzTkGj2jxH4LMJYh66"},
		{"bech32", segwit, segwit},
		{"bech32 in upper case is the same", strings.ToUpper(segwit), segwit},
		{"bech32m", taproot, taproot},
		{"Stellar", stellar, stellar},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := screening.Canonical(tt.address); err != nil || got != tt.want {
				t.Errorf("Canonical = %q, %v, want %q", got, err, tt.want)
			}
		})
	}
	for name, address := range map[string]string{
		"nothing":                               "",
		"a word":                                "treasury",
		"space around it":                       " " + evm,
		"a line end":                            evm + "\n",
		"EVM without 0x":                        evm[2:],
		"EVM with 0X":                           "0X" + evm[2:],
		"EVM one digit short":                   evm[:41],
		"EVM one digit long":                    evm + "0",
		"EVM with a letter that is no digit":    "0xg" + evm[3:],
		"bech32 with a wrong checksum":          segwit[:41] + "5",
		"bech32 in mixed case":                  "BC1q" + segwit[4:],
		"bech32 without data":                   "bc1",
		"base58 with a zero":                    "0" + bitcoin[1:],
		"base58 folded to lower case":           "12qtd5bfwrsdnsazy76uve1xycgntojh9h",
		"base58 folded to upper case":           "12QTD5BFWRSDNSAZY76UVE1XYCGNTQJH9H",
		"base58 cut short":                      bitcoin[:20],
		"cashaddr, which lists do not have":     "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
		"cashaddr without its prefix":           "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
		"an X-address, which lists do not have": "XVLhHMPHU98es4dbozjVtdWzVrDjtV5fdx1mHp98tDMoQXb",
		"a homoglyph":                           "0х098B716B8Aaf21512996dC57EB0615e2383E2f96"[:43],
		"a megabyte":                            strings.Repeat("a", 1<<20),
	} {
		t.Run(name+" is no address", func(t *testing.T) {
			if got, err := screening.Canonical(address); !errors.Is(err, screening.ErrAddress) {
				t.Errorf("Canonical = %q, %v, want ErrAddress", got, err)
			}
		})
	}
}

// What stands for an address stands for itself, and an EVM address has one text however
// its letters are written.
func TestCanonicalIsIdempotentAndBlindToTheCaseOfHex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[0-9a-f]{40}`).Draw(t, "digits")
		mixed := []byte(digits)
		for i := range mixed {
			if rapid.Bool().Draw(t, "upper") {
				mixed[i] = strings.ToUpper(digits)[i]
			}
		}
		got, err := screening.Canonical("0x" + string(mixed))
		if err != nil || got != "0x"+digits {
			t.Fatalf("Canonical(0x%s) = %q, %v", mixed, got, err)
		}
		if again, err := screening.Canonical(got); err != nil || again != got {
			t.Fatalf("again: %q, %v", again, err)
		}
	})
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{evm, bitcoin, segwit, taproot, "1", "bc1" + strings.Repeat("q", 80), "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := screening.Canonical(s)
		if (err == nil) == (got == "") {
			t.Fatalf("Canonical(%q) = %q, %v", s, got, err)
		}
		if again, e := screening.Canonical(got); err == nil && (e != nil || again != got) {
			t.Fatalf("Canonical(%q) = %q, whose canonical is %q, %v", s, got, again, e)
		}
		if err == nil && !strings.EqualFold(s, got) {
			t.Fatalf("Canonical(%q) = %q says something else", s, got)
		}
	})
}
