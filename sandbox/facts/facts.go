// Package facts is what the sandbox has instead of market data and screening providers:
// two JSON files in the data directory, which anyone may edit while it runs. They are read
// anew for every question.
//
// prices.json says what a whole unit of an asset is worth, by network and DFNS's token
// identifier:
//
//	{"EthereumSepolia": {"native:eth": {"decimals": 18, "usd": "3000.00"}}}
//
// verdicts.json says what the providers know of an address ([rule.Screening]); one that it
// does not list is clean:
//
//	{"addresses": {"0x…": {"chainalysis": {"alerts": [{"level": "HIGH", "categoryId": 3}]}}}}
//
// A file that is missing or malformed is an error, so that rules fail closed.
package facts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"countersign/sandbox/dfns"
	"countersign/sandbox/rule"
)

// Names of the files in the data directory.
const (
	PricesFile   = "prices.json"
	VerdictsFile = "verdicts.json"
)

// Files reads the facts in a directory. It implements [rule.Facts].
type Files struct{ Dir string }

// Price is the price of an asset as the file has it.
type Price struct {
	Decimals int    `json:"decimals"` // of the asset, 0 to 36
	USD      string `json:"usd"`      // of one whole unit, decimal
}

// Prices are prices by network and by token identifier.
type Prices map[string]map[string]Price

// verdicts is the content of the other file.
type verdicts struct {
	Addresses map[string]rule.Screening `json:"addresses"`
}

// Seed writes the files that are not there: the prices, and verdicts that know nothing
// against anyone. It leaves a file that is there as it is.
func (f Files) Seed(prices Prices) error {
	if err := f.write(PricesFile, prices); err != nil {
		return err
	}
	return f.write(VerdictsFile, verdicts{Addresses: map[string]rule.Screening{}})
}

func (f Files) write(name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding %s: %w", name, err)
	}
	file, err := os.OpenFile(filepath.Join(f.Dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("making %s: %w", name, err)
	}
	_, err = file.Write(append(text, '\n'))
	return errors.Join(err, file.Close())
}

func (f Files) read(name string, v any) error {
	text, err := os.ReadFile(filepath.Join(f.Dir, name))
	if err != nil {
		return fmt.Errorf("%s cannot be read", name) // why is the operator's affair
	}
	if err := dfns.Decode(text, v); err != nil {
		return fmt.Errorf("%s is malformed: %w", name, err)
	}
	return nil
}

// usdForm bounds a price.
var usdForm = regexp.MustCompile(`^\d{1,30}(\.\d{1,30})?$`)

// Price returns the price of an asset of a network.
func (f Files) Price(network, asset string) (rule.Price, error) {
	var prices Prices
	if err := f.read(PricesFile, &prices); err != nil {
		return rule.Price{}, err
	}
	price, listed := prices[network][asset]
	usd, readable := new(big.Rat).SetString(price.USD)
	switch {
	case !listed:
		return rule.Price{}, fmt.Errorf("%s has no price of %s on %s", PricesFile, asset, network)
	case !usdForm.MatchString(price.USD) || !readable:
		return rule.Price{}, fmt.Errorf("%s has the price %q of %s on %s, which must be a decimal", PricesFile, price.USD, asset, network)
	case price.Decimals < 0 || price.Decimals > 36:
		return rule.Price{}, fmt.Errorf("%s gives %s on %s %d decimals; 0 to 36 are possible", PricesFile, asset, network, price.Decimals)
	}
	return rule.Price{USD: usd, Decimals: price.Decimals}, nil
}

// Screening returns what the file has about an address. Hexadecimal addresses are one
// whatever their case.
func (f Files) Screening(address string) (rule.Screening, error) {
	var known verdicts
	if err := f.read(VerdictsFile, &known); err != nil {
		return rule.Screening{}, err
	}
	for name, s := range known.Addresses {
		if err := s.Check(); err != nil {
			return rule.Screening{}, fmt.Errorf("%s: address %s: %w", VerdictsFile, name, err)
		}
	}
	if s, listed := known.Addresses[address]; listed {
		return s, nil
	}
	if !strings.HasPrefix(address, "0x") {
		return rule.Screening{}, nil
	}
	for name, s := range known.Addresses {
		if strings.EqualFold(name, address) {
			return s, nil
		}
	}
	return rule.Screening{}, nil
}
