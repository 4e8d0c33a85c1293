package holdings

import (
	"errors"
	"math/big"
	"testing"

	"countersign/sandbox/rule"
)

// prices has one network's.
type prices map[string]rule.Price

func (p prices) Price(_, asset string) (rule.Price, error) {
	if found, ok := p[asset]; ok {
		return found, nil
	}
	return rule.Price{}, errors.New("no price of " + asset)
}

func (p prices) Screening(string) (rule.Screening, error) { return rule.Screening{}, nil }

func TestWorthIsExact(t *testing.T) {
	known := prices{"native:eth": {USD: big.NewRat(300010, 100), Decimals: 18}, "erc20:0xab": {USD: big.NewRat(1, 1), Decimals: 6}}
	assets := []Asset{{Kind: "Native", Symbol: "ETH", Balance: "1000000000000000001"}, {Kind: "Erc20", Contract: "0xAB", Balance: "2500000"}}
	sum, err := Worth("Base", assets, known)
	if err != nil || sum["USD"] != "3002.6000000000000030001" {
		t.Fatalf("worth is %v, %v", sum, err)
	}
	if a, b := assets[0].Quotes["USD"], assets[1].Quotes["USD"]; a != "3000.1000000000000030001" || b != "2.5" {
		t.Errorf("quotes are %s and %s", a, b)
	}
	if _, err := Worth("Base", []Asset{{Kind: "Erc20", Contract: "0xcd", Balance: "0"}}, known); err == nil {
		t.Error("an asset without a price has a worth")
	}
}
