package eip55_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"countersign/eip55"
)

// The addresses of EIP-55's own test cases.
var published = []string{
	"0x52908400098527886E0F7030069857D2E4169EE7", // all upper
	"0x8617E340B3D01FA5F11F306F4090FD50E238070D",
	"0xde709f2102306220921060314715629080e2fb77", // all lower
	"0x27b1fdb04752bbc536007a920d24acb045561c26",
	"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", // mixed
	"0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
	"0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
	"0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
}

func TestPublishedChecksums(t *testing.T) {
	for _, want := range published {
		for _, s := range []string{want, strings.ToLower(want), "0x" + strings.ToUpper(want[2:])} {
			a, err := eip55.Parse(s)
			if err != nil {
				t.Errorf("Parse(%s): %v", s, err)
			}
			if got := eip55.Format(a); got != want {
				t.Errorf("Format(Parse(%s)) = %s, want %s", s, got, want)
			}
		}
	}
}

func TestTextsThatAreNoAddress(t *testing.T) {
	good := published[4]
	for name, s := range map[string]string{
		"empty":              "",
		"no prefix":          good[2:],
		"upper-case prefix":  "0X" + good[2:],
		"one digit short":    good[:41],
		"one byte long":      good + "00",
		"not hexadecimal":    good[:41] + "g",
		"space behind":       good + " ",
		"one letter's case":  strings.Replace(good, "A", "a", 1),
		"mixed by no rule":   "0x" + strings.Repeat("aA", 20),
		"another's checksum": "0x5AAEB6053F3E94C9b9A09f33669435E7Ef1BeAed",
	} {
		if a, err := eip55.Parse(s); !errors.Is(err, eip55.ErrAddress) || a != [20]byte{} {
			t.Errorf("%s: Parse(%q) = %x, %v; want ErrAddress and no address", name, s, a, err)
		}
	}
}

// One letter in the wrong case never passes in an address of mixed case.
func TestAMistypedCaseIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a [20]byte
		copy(a[:], rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "address"))
		s := []byte(eip55.Format(a))
		if got, err := eip55.Parse(string(s)); err != nil || got != a {
			t.Fatalf("Parse(Format(%x)) = %x, %v", a, got, err)
		}
		i := rapid.IntRange(2, 41).Draw(t, "place")
		letter := s[i] >= 'A'
		if letter {
			s[i] ^= 'a' - 'A'
		}
		digits := string(s[2:])
		mixed := digits != strings.ToLower(digits) && digits != strings.ToUpper(digits)
		if _, err := eip55.Parse(string(s)); errors.Is(err, eip55.ErrAddress) != (letter && mixed) {
			t.Fatalf("Parse(%s) = %v; a letter was changed: %t, of mixed case: %t", s, err, letter, mixed)
		}
	})
}

func TestASetKnowsAddressesInAnyCase(t *testing.T) {
	set, err := eip55.NewSet(published[4], strings.ToLower(published[5]))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{published[4], strings.ToLower(published[4]), published[5]} {
		if !set.Has(s) {
			t.Errorf("the set has no %s", s)
		}
	}
	if set.Has(published[6]) || set.Has("") {
		t.Error("the set has what was not put into it")
	}
	_, err = eip55.NewSet("0x12", published[4], "us-1")
	if !errors.Is(err, eip55.ErrAddress) || !strings.Contains(err.Error(), "0x12") || !strings.Contains(err.Error(), "us-1") {
		t.Errorf("error %v does not name every wrong one", err)
	}
}

func TestLowerAndChecksummed(t *testing.T) {
	const sum = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
	low := strings.ToLower(sum)
	for _, in := range []string{sum, low, "0x" + strings.ToUpper(sum[2:])} {
		if got, err := eip55.Lower(in); got != low || err != nil {
			t.Errorf("Lower(%s) = %s, %v", in, got, err)
		}
	}
	if got, err := eip55.Lower("0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed"); got != "" || !errors.Is(err, eip55.ErrAddress) {
		t.Errorf("a mistyped one is read as %q, %v", got, err)
	}
	for in, want := range map[string]string{low: sum, "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed": sum, "So1ana": "So1ana", "": ""} {
		if got := eip55.Checksummed(in); got != want {
			t.Errorf("Checksummed(%s) = %s, want %s", in, got, want)
		}
	}
}
