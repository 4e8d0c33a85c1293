package price_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"countersign"
	"countersign/sources/price"
)

func decimal(t testing.TB, s string) price.Decimal {
	t.Helper()
	d, err := price.ParseDecimal(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestConvert(t *testing.T) {
	const widest = "115792089237316195423570985008687907853269984665640564039457584007913129639935"
	for _, tt := range []struct {
		name, amount, value string
		base, quote         int
		up, down            string
	}{
		{"one ether in dollars of six decimals", "1000000000000000000", "3021.5", 18, 6, "3021500000", "3021500000"},
		{"one wei is a part of the smallest unit", "1", "3021.5", 18, 6, "1", "0"},
		{"cents into wei", "1", "0.00033", 2, 18, "3300000000000", "3300000000000"},
		{"a third part never ends", "100", "0.33333333", 0, 2, "3334", "3333"},
		{"nothing is worth nothing", "0", "3021.5", 18, 6, "0", "0"},
		{"whole units both ways", "7", "2", 0, 0, "14", "14"},
		{"the widest at par", widest, "1", 18, 18, widest, widest},
		{"the widest, doubled", widest, "2", 18, 18, "", ""},
		{"too many decimals for the width", widest, "1", 0, 1, "", ""},
		{"the widest in a coarser unit", widest, "1", 77, 0, "2", "1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := price.Price{Base: "A", Quote: "B", Value: decimal(t, tt.value)}
			for round, want := range map[price.Rounding]string{price.RoundUp: tt.up, price.RoundDown: tt.down} {
				got, err := p.Convert(countersign.MustAmount(tt.amount), tt.base, tt.quote, round)
				if want == "" {
					if !errors.Is(err, countersign.ErrAmount) {
						t.Errorf("%s: %s, %v, want ErrAmount", round, got, err)
					}
				} else if err != nil || got.String() != want {
					t.Errorf("%s: %s, %v, want %s", round, got, err, want)
				}
			}
		})
	}
}

func TestConversionsThatAreMistakes(t *testing.T) {
	p := price.Price{Value: decimal(t, "1")}
	one := countersign.NewAmount(1)
	for name, convert := range map[string]func() (countersign.Amount, error){
		"no price":          func() (countersign.Amount, error) { return price.Price{}.Convert(one, 0, 0, price.RoundUp) },
		"no direction":      func() (countersign.Amount, error) { return p.Convert(one, 0, 0, "") },
		"negative decimals": func() (countersign.Amount, error) { return p.Convert(one, -1, 0, price.RoundUp) },
		"too many decimals": func() (countersign.Amount, error) { return p.Convert(one, 0, 78, price.RoundUp) },
	} {
		if got, err := convert(); err == nil || !got.IsZero() {
			t.Errorf("%s: %s, no error", name, got)
		}
	}
}

// A conversion is the exact product, rounded by less than one minor unit, and the two
// directions enclose it.
func TestConvertIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Uint64().Draw(t, "amount")
		text := rapid.StringMatching(`[1-9][0-9]{0,8}(\.[0-9]{1,18})?`).Draw(t, "value")
		base, quote := rapid.IntRange(0, 24).Draw(t, "base"), rapid.IntRange(0, 24).Draw(t, "quote")
		value, _ := new(big.Rat).SetString(text)
		exact := new(big.Rat).Mul(new(big.Rat).SetInt(new(big.Int).SetUint64(amount)), value)
		for range base {
			exact.Quo(exact, big.NewRat(10, 1))
		}
		for range quote {
			exact.Mul(exact, big.NewRat(10, 1))
		}
		d, err := price.ParseDecimal(text)
		if err != nil {
			t.Fatal(err)
		}
		p := price.Price{Value: d}
		up, err := p.Convert(countersign.NewAmount(amount), base, quote, price.RoundUp)
		if err != nil {
			t.Fatal(err)
		}
		down, err := p.Convert(countersign.NewAmount(amount), base, quote, price.RoundDown)
		if err != nil {
			t.Fatal(err)
		}
		one, u, l := big.NewRat(1, 1), new(big.Rat).SetInt(up.Big()), new(big.Rat).SetInt(down.Big())
		if u.Cmp(exact) < 0 || l.Cmp(exact) > 0 || new(big.Rat).Sub(u, one).Cmp(exact) >= 0 || new(big.Rat).Add(l, one).Cmp(exact) <= 0 {
			t.Fatalf("%d at %s: %s up, %s down, exactly %s", amount, text, up, down, exact)
		}
	})
}

func TestDecimals(t *testing.T) {
	for text, want := range map[string]string{
		"1": "1", "1.0": "1", "0.10": "0.1", "10": "10", "1e3": "1000", "1E+3": "1000", "1.25e1": "12.5", "125e-2": "1.25", "1e-3": "0.001", "0.001e3": "1",
		"12.5e-1": "1.25", strings.Repeat("9", 78): strings.Repeat("9", 78), "1e77": "1" + strings.Repeat("0", 77), "1e-78": "0." + strings.Repeat("0", 77) + "1",
		"": "", "0": "", "0.0": "", "0e9": "", "-1": "", "+1": "", "01": "", ".5": "", "1.": "", "1e": "", "1e+": "", "e1": "", "1e1e1": "", "1e9999": "", "1e78": "",
		"1e-79": "", "0x1": "", "1_000": "", "1,5": "", " 1": "", "NaN": "", "Infinity": "", "١": "", "1e１": "",
	} {
		d, err := price.ParseDecimal(text)
		if d.String() != want || (err != nil) != (want == "") || err != nil && !errors.Is(err, price.ErrDecimal) {
			t.Errorf("ParseDecimal(%q) = %q, %v, want %q", text, d, err, want)
		}
		if (want == "") != d.IsZero() {
			t.Errorf("ParseDecimal(%q).IsZero() = %t", text, d.IsZero())
		}
	}
}

// A decimal is what big.Rat reads, in one form that reads back.
func FuzzDecimals(f *testing.F) {
	for _, s := range []string{"1", "0.5", "1e-7", "12.340e5", "00", "1e999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := price.ParseDecimal(s)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok || d.Rat().Cmp(want) != 0 || want.Sign() <= 0 {
			t.Fatalf("ParseDecimal(%q) = %s, want %s", s, d, want)
		}
		if again, err := price.ParseDecimal(d.String()); err != nil || again != d {
			t.Fatalf("%q reads back as %q, %v", d, again, err)
		}
	})
}
