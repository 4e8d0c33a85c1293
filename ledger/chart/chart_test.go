package chart_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/ledger"
	"countersign/ledger/chart"

	"pgregory.net/rapid"
)

const usdc = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"

func load(t *testing.T, text string) (chart.Chart, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chart.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return chart.Load(path)
}

func TestNames(t *testing.T) {
	c, err := load(t, `{
		"wallets": [{"id": "wa-1", "account": "treasury:hot:Ethereum"}],
		"assets": [{"network": "Ethereum", "contract": "`+usdc+`", "asset": "USDC/6"}, {"network": "Ethereum", "asset": "ETH/18"}]
	}`)
	if err != nil {
		t.Fatal(err)
	}
	for got, want := range map[string]string{
		string(c.Wallet("Ethereum", "wa-1")):                "treasury:hot:Ethereum",
		string(c.Wallet("Ethereum", "wa-2")):                "wallets:Ethereum:wa-2",
		string(c.Outside("Base")):                           "outside:Base",
		string(c.Fees("Base")):                              "fees:Base",
		string(c.Opening("Base")):                           "opening:Base",
		c.Asset("Ethereum", strings.ToLower(usdc)).String(): "USDC/6",
		c.Asset("Ethereum", "").String():                    "ETH/18",
		c.Asset("Base", "").String():                        "Base/0",
		c.Asset("Base", usdc).String():                      "Base." + strings.ToLower(usdc) + "/0",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	// What cannot be written as it is has a name of its own all the same.
	dollar, euro := c.Asset("XrpLedger", "USD:rvYAfWj5gh67oV6fW32ZzP").Code, c.Asset("XrpLedger", "EUR:rvYAfWj5gh67oV6fW32ZzP").Code
	if dollar == euro || !strings.HasPrefix(dollar, "asset-") || !strings.HasSuffix(dollar, ".XrpLedger") {
		t.Errorf("dollars are %s, euros %s", dollar, euro)
	}
	if a := c.Assets(); len(a) != 2 || a[0].Asset.Code != "ETH" || len(c.Wallets()) != 1 {
		t.Errorf("the file's names are %v and %v", a, c.Wallets())
	}
}

func TestWhatIsNoChart(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"no JSON":                 {`{`, "JSON"},
		"an unknown field":        {`{"walets": []}`, "walets"},
		"a wallet without ID":     {`{"wallets": [{"account": "a"}]}`, "wallets[0]: id"},
		"a wallet twice":          {`{"wallets": [{"id": "w", "account": "a"}, {"id": "w", "account": "b"}]}`, "wallets[1]: id: w stands there twice"},
		"a bad account":           {`{"wallets": [{"id": "w", "account": "a b"}]}`, "wallets[0]: account"},
		"an account of others":    {`{"wallets": [{"id": "w", "account": "outside:Base"}]}`, "not ours"},
		"a bad network":           {`{"assets": [{"network": "a:b", "asset": "USDC/6"}]}`, "assets[0]: network"},
		"no network":              {`{"assets": [{"asset": "USDC/6"}]}`, "assets[0]: network"},
		"no asset":                {`{"assets": [{"network": "Base"}]}`, "assets[0]: asset"},
		"a bad asset":             {`{"assets": [{"network": "Base", "asset": "USDC"}]}`, "USDC/6"},
		"one name for two":        {`{"assets": [{"network": "Base", "asset": "USDC/6"}, {"network": "Ethereum", "asset": "USDC/6"}]}`, "two names"},
		"an asset twice":          {`{"assets": [{"network": "Base", "contract": "` + usdc + `", "asset": "A/6"}, {"network": "Base", "contract": "` + strings.ToLower(usdc) + `", "asset": "B/6"}]}`, "twice"},
		"a contract of two lines": {`{"assets": [{"network": "Base", "contract": "a\nb", "asset": "A/6"}]}`, "contract"},
	} {
		if _, err := load(t, tt.text); !errors.Is(err, chart.ErrChart) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want ErrChart with %q", name, err, tt.want)
		}
	}
	if _, err := chart.Load(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a file: %v", err)
	}
}

// Whatever moves has a name that the books take, and no two assets share one.
func TestEverythingHasAName(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var c chart.Chart
		network := rapid.SampledFrom([]string{"Ethereum", "EthereumClassicMordor", "XrpLedgerTestnet"})
		locator := rapid.OneOf(rapid.StringMatching(`0x[0-9a-f]{40}`), rapid.String(), rapid.StringMatching(`[A-Z]{3}:r[a-zA-Z0-9]{33}`))
		a, b := [2]string{network.Draw(rt, "network"), locator.Draw(rt, "asset")}, [2]string{network.Draw(rt, "other network"), locator.Draw(rt, "other")}
		one, two := c.Asset(a[0], a[1]), c.Asset(b[0], b[1])
		if _, err := ledger.ParseAsset(one.String()); err != nil {
			rt.Fatal(err)
		}
		if a != b && one == two {
			rt.Fatalf("%q and %q are both %s", a, b, one)
		}
		if _, err := ledger.ParseAccount(string(c.Wallet(a[0], "wa-1:2"))); err != nil {
			rt.Fatal(err)
		}
	})
}
