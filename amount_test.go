package countersign_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"runtime"
	"strings"
	"testing"

	"countersign"

	"pgregory.net/rapid"
)

// maxAmount is 2^256-1, the largest word.
const maxAmount = "115792089237316195423570985008687907853269984665640564039457584007913129639935"

// anyAmount draws amounts of every width, the edges often.
func anyAmount() *rapid.Generator[countersign.Amount] {
	return rapid.Custom(func(t *rapid.T) countersign.Amount {
		bits := rapid.SampledFrom([]int{0, 1, 8, 63, 64, 65, 128, 255, 256}).Draw(t, "bits")
		i := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "bytes"))
		i.And(i, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(bits)), big.NewInt(1)))
		a, err := countersign.AmountFromBig(i)
		if err != nil {
			t.Fatalf("AmountFromBig(%s): %v", i, err)
		}
		return a
	})
}

func TestParseAmount(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		ok         bool
	}{
		{"zero", "0", true},
		{"one digit", "7", true},
		{"inner zeros", "1000001", true},
		{"the largest word", maxAmount, true},
		{"one more than a word", strings.TrimSuffix(maxAmount, "5") + "6", false},
		{"78 nines are more than a word", strings.Repeat("9", 78), false},
		{"79 digits", "1" + strings.Repeat("0", 78), false},
		{"a million digits", strings.Repeat("9", 1_000_000), false},
		{"empty", "", false},
		{"minus", "-1", false},
		{"minus zero", "-0", false},
		{"plus", "+1", false},
		{"space before", " 1", false},
		{"space after", "1 ", false},
		{"newline after", "1\n", false},
		{"leading zero", "01", false},
		{"two zeros", "00", false},
		{"hex", "0x10", false},
		{"hex digits", "ff", false},
		{"octal", "0o7", false},
		{"underscore", "1_000", false},
		{"comma", "1,000", false},
		{"decimal point", "1.0", false},
		{"exponent", "1e6", false},
		{"letter within digits", "1a1", false},
		{"digits of another script", "١٢", false},
		{"full-width digit", "\uff11", false},
		{"NUL", "1\x00", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := countersign.ParseAmount(tt.text)
			switch {
			case !tt.ok && !errors.Is(err, countersign.ErrAmount):
				t.Errorf("ParseAmount = %s, %v, want ErrAmount", got, err)
			case !tt.ok && len(err.Error()) > 400:
				t.Errorf("the error has %d bytes: it would fill a log line", len(err.Error()))
			case tt.ok && (err != nil || got.String() != tt.text):
				t.Errorf("ParseAmount = %s, %v, want %s", got, err, tt.text)
			}
		})
	}
}

// A number of a million digits is refused for its length, not after it was read.
func TestParseAmountDoesNotReadWhatIsTooLong(t *testing.T) {
	long := strings.Repeat("9", 1_000_000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 4 {
		if _, err := countersign.ParseAmount(long); err == nil {
			t.Fatal("accepted")
		}
	}
	runtime.ReadMemStats(&after)
	if used := (after.TotalAlloc - before.TotalAlloc) / 4; used > 64<<10 {
		t.Errorf("refusing it allocated %d bytes", used)
	}
}

func TestAmountZeroValueIsZero(t *testing.T) {
	var zero countersign.Amount
	if !zero.IsZero() || zero.String() != "0" || zero.Cmp(countersign.NewAmount(0)) != 0 || zero.Format(6) != "0.00" {
		t.Errorf("zero value = %q, formatted %q, IsZero %t", zero, zero.Format(6), zero.IsZero())
	}
	if got, err := zero.Add(countersign.NewAmount(5)); err != nil || got.String() != "5" {
		t.Errorf("0+5 = %s, %v", got, err)
	}
	if text, err := json.Marshal(struct{ A countersign.Amount }{}); err != nil || string(text) != `{"A":"0"}` {
		t.Errorf("JSON = %s, %v", text, err)
	}
}

func TestAmountRefusesToWrap(t *testing.T) {
	largest, one := countersign.MustAmount(maxAmount), countersign.NewAmount(1)
	for _, tt := range []struct {
		name string
		do   func() (countersign.Amount, error)
		want string // empty: ErrAmount
	}{
		{"the largest word plus nothing", func() (countersign.Amount, error) { return largest.Add(countersign.Amount{}) }, maxAmount},
		{"the largest word plus one", func() (countersign.Amount, error) { return largest.Add(one) }, ""},
		{"the largest word twice", func() (countersign.Amount, error) { return largest.Add(largest) }, ""},
		{"equal amounts leave nothing", func() (countersign.Amount, error) { return largest.Sub(largest) }, "0"},
		{"nothing minus one", func() (countersign.Amount, error) { return countersign.Amount{}.Sub(one) }, ""},
		{"one minus two", func() (countersign.Amount, error) { return one.Sub(countersign.NewAmount(2)) }, ""},
		{"a negative number", func() (countersign.Amount, error) { return countersign.AmountFromBig(big.NewInt(-1)) }, ""},
		{"257 bits", func() (countersign.Amount, error) {
			return countersign.AmountFromBig(new(big.Int).Lsh(big.NewInt(1), 256))
		}, ""},
		{"no number is zero", func() (countersign.Amount, error) { return countersign.AmountFromBig(nil) }, "0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.do()
			if tt.want == "" {
				if !errors.Is(err, countersign.ErrAmount) || !got.IsZero() {
					t.Errorf("got %s, %v, want zero and ErrAmount", got, err)
				}
				return
			}
			if err != nil || got.String() != tt.want {
				t.Errorf("got %s, %v, want %s", got, err, tt.want)
			}
		})
	}
}

func TestAmountArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyAmount().Draw(t, "a"), anyAmount().Draw(t, "b")
		sum, err := a.Add(b)
		if fits := new(big.Int).Add(a.Big(), b.Big()).BitLen() <= 256; fits != (err == nil) {
			t.Fatalf("%s + %s: error %v, fits %t", a, b, err, fits)
		}
		if err == nil {
			if back, err := sum.Sub(b); err != nil || back.Cmp(a) != 0 {
				t.Errorf("%s + %s - %s = %s, %v", a, b, b, back, err)
			}
		}
		if _, err := a.Sub(b); (err == nil) != (a.Cmp(b) >= 0) {
			t.Errorf("%s - %s: error %v", a, b, err)
		}
		if a.Cmp(b) != -b.Cmp(a) || a.Cmp(b) != a.Big().Cmp(b.Big()) {
			t.Errorf("Cmp(%s, %s) = %d", a, b, a.Cmp(b))
		}
	})
}

func TestAmountIsImmutable(t *testing.T) {
	i := big.NewInt(41)
	a, err := countersign.AmountFromBig(i)
	if err != nil {
		t.Fatal(err)
	}
	i.SetInt64(0)
	a.Big().SetInt64(0)
	if a.String() != "41" {
		t.Errorf("the amount became %s", a)
	}
}

func TestAmountJSON(t *testing.T) {
	type doc struct {
		A countersign.Amount `json:"a"`
	}
	rapid.Check(t, func(t *rapid.T) {
		in := doc{anyAmount().Draw(t, "a")}
		text, err := json.Marshal(in)
		if err != nil || string(text) != `{"a":"`+in.A.String()+`"}` {
			t.Fatalf("Marshal = %s, %v", text, err)
		}
		var out doc
		if err := json.Unmarshal(text, &out); err != nil || out.A.Cmp(in.A) != 0 {
			t.Errorf("%s came back as %s, %v", text, out.A, err)
		}
	})
	for _, text := range []string{`{"a":1}`, `{"a":1e3}`, `{"a":-1}`, `{"a":"1.5"}`, `{"a":""}`, `{"a":"-1"}`, `{"a":true}`, `{"a":["1"]}`} {
		var out doc
		if err := json.Unmarshal([]byte(text), &out); err == nil {
			t.Errorf("%s was taken for %s", text, out.A)
		}
	}
}

func TestAmountFormat(t *testing.T) {
	for _, tt := range []struct {
		amount   string
		decimals int
		want     string
	}{
		{"0", 0, "0"},
		{"0", 6, "0.00"},
		{"0", 1, "0.0"},
		{"1", 6, "0.000001"},
		{"10", 6, "0.00001"},
		{"100000", 6, "0.10"},
		{"999999", 6, "0.999999"},
		{"1000000", 6, "1.00"},
		{"1000000000", 6, "1,000.00"},
		{"1234567890123", 6, "1,234,567.890123"},
		{"1234567800000", 6, "1,234,567.80"},
		{"123", 0, "123"},
		{"1234", 0, "1,234"},
		{"123456", 0, "123,456"},
		{"1234567", -3, "1,234,567"},
		{"15", 1, "1.5"},
		{"150", 2, "1.50"},
		{"1500000000000000000", 18, "1.50"},
		{"1", 18, "0.000000000000000001"},
		{maxAmount, 0, "115,792,089,237,316,195,423,570,985,008,687,907,853,269,984,665,640,564,039,457,584,007,913,129,639,935"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			if got := countersign.MustAmount(tt.amount).Format(tt.decimals); got != tt.want {
				t.Errorf("Format(%s, %d) = %q, want %q", tt.amount, tt.decimals, got, tt.want)
			}
		})
	}
}

// Whatever is shown to people is the whole number: nothing is rounded away.
func TestAmountFormatLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, decimals := anyAmount().Draw(t, "a"), rapid.IntRange(0, 40).Draw(t, "decimals")
		whole, frac, _ := strings.Cut(strings.ReplaceAll(a.Format(decimals), ",", ""), ".")
		digits := strings.TrimLeft(whole+frac+strings.Repeat("0", decimals-len(frac)), "0")
		if digits == "" {
			digits = "0"
		}
		if digits != a.String() {
			t.Errorf("%s at %d decimals reads %s", a, decimals, a.Format(decimals))
		}
	})
}

func TestMustAmount(t *testing.T) {
	if got := countersign.MustAmount("1_000_000").String(); got != "1000000" {
		t.Errorf("MustAmount = %s", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("MustAmount(\"1.5\") did not panic")
		}
	}()
	countersign.MustAmount("1.5")
}
