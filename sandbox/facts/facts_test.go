package facts_test

import (
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"countersign/sandbox/facts"
)

func TestPricesAreExactAndReadAnew(t *testing.T) {
	f := facts.Files{Dir: t.TempDir()}
	if _, err := f.Price("Base", "native:eth"); err == nil {
		t.Error("a price without a file")
	}
	seed := facts.Prices{"Base": {"native:eth": {Decimals: 18, USD: "3000.10"}}}
	for range 2 { // the second leaves what is there
		if err := f.Seed(seed); err != nil {
			t.Fatal(err)
		}
		seed = facts.Prices{}
	}
	p, err := f.Price("Base", "native:eth")
	if err != nil || p.Decimals != 18 || p.USD.Cmp(big.NewRat(300010, 100)) != 0 {
		t.Errorf("Price = %+v, %v", p, err)
	}
	for _, text := range []string{`{"Base":{}}`, `{`, `{"Base":{"native:eth":{"decimals":18,"usd":"-1"}}}`,
		`{"Base":{"native:eth":{"decimals":18,"usd":"1e9"}}}`, `{"Base":{"native:eth":{"decimals":99,"usd":"1"}}}`,
		`{"Base":{"native:eth":{"decimals":18,"usd":"1","eur":"1"}}}`} {
		put(t, f.Dir, facts.PricesFile, text)
		if p, err := f.Price("Base", "native:eth"); err == nil {
			t.Errorf("Price of %s = %+v", text, p)
		}
	}
}

func TestVerdicts(t *testing.T) {
	f := facts.Files{Dir: t.TempDir()}
	if _, err := f.Screening("0xabc"); err == nil {
		t.Error("a screening without a file")
	}
	put(t, f.Dir, facts.VerdictsFile, `{"addresses":{"0xAbC":{"globalLedger":{"riskScore":80}},"GAbC":{"notabene":{"status":"Accepted"}}}}`)
	for address, want := range map[string]int{"0xabc": 80, "0xAbC": 80, "0xabcd": 0, "gabc": 0} {
		if s, err := f.Screening(address); err != nil || s.GlobalLedger.RiskScore != want || s.Notabene.Status != "" {
			t.Errorf("Screening(%s) = %+v, %v", address, s, err)
		}
	}
	if s, err := f.Screening("GAbC"); err != nil || s.Notabene.Status != "Accepted" {
		t.Errorf("Screening = %+v, %v", s, err)
	}
	for _, text := range []string{`[]`, `{"addresses":{"0x1":{"chainalysis":{"unable":"Maybe"}}}}`, `{"addresses":{"0x1":{"more":1}}}`,
		`{"addresses":{"0x1":{"chainalysis":{"alerts":[{"level":"MILD"}]}}}}`} {
		put(t, f.Dir, facts.VerdictsFile, text)
		if s, err := f.Screening("0xabc"); err == nil {
			t.Errorf("Screening from %s = %+v", text, s)
		}
	}
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
