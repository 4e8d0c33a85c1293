package rule_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/rule"
)

// world is the facts of the tests: ETH at 3000.10 USD, a token of 6 decimals at 1 USD, and
// what is said of an address.
type world struct {
	said map[string]rule.Screening
	down bool
}

func (w world) Price(_, asset string) (rule.Price, error) {
	switch asset {
	case "native:eth":
		return rule.Price{USD: big.NewRat(300010, 100), Decimals: 18}, nil
	case "erc20:0xaa":
		return rule.Price{USD: big.NewRat(1, 1), Decimals: 6}, nil
	}
	return rule.Price{}, errors.New("no price")
}

func (w world) Screening(address string) (rule.Screening, error) {
	if w.down {
		return rule.Screening{}, errors.New("down")
	}
	return w.said[address], nil
}

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// sends is a transfer of an asset; amounts are in minimum units.
func sends(asset, amount, to string) rule.Movement {
	n, _ := new(big.Int).SetString(amount, 10)
	return rule.Movement{Transfer: true, Network: "EthereumSepolia", Hex: true, Asset: asset, Amount: n, Party: to}
}

func usd(amount string) rule.Movement { return sends("erc20:0xaa", amount, "0xAbC") }

var (
	call      = rule.Movement{Network: "EthereumSepolia", Hex: true} // or a raw signature
	exotic    = sends("erc20:0xbb", "1", "0xabc")
	nothing   = usd("0")
	onStellar = rule.Movement{Transfer: true, Network: "Stellar", Asset: "native:xlm", Amount: big.NewInt(1), Party: "GABC"}
)

// aged is something that moved a while ago.
type aged struct {
	rule.Movement
	age time.Duration
}

// ask evaluates the rule of kind on m.
func ask(t *testing.T, kind, configuration string, m rule.Movement, facts world, past ...aged) rule.Finding {
	t.Helper()
	r := rule.Rule{Kind: kind, Configuration: json.RawMessage(configuration)}
	if err := r.Check(); err != nil {
		t.Fatalf("Check(%s): %v", configuration, err)
	}
	found, err := r.Find(rule.Question{Movement: m, Now: now, Minute: time.Minute, Facts: facts,
		Past: func(since time.Time) (in []rule.Movement, err error) {
			for _, p := range past {
				if now.Add(-p.age).After(since) {
					in = append(in, p.Movement)
				}
			}
			return in, nil
		}})
	if err != nil || !strings.HasPrefix(found.Reason, kind+": ") {
		t.Fatalf("Find = %+v, %v", found, err)
	}
	return found
}

func TestRulesOnOneMovement(t *testing.T) {
	limit := func(n string) string { return `{"limit":` + n + `,"currency":"USD"}` }
	nominal := func(tid, n string) string {
		return `{"assets":[{"network":"EthereumSepolia","tid":"` + tid + `","limit":"` + n + `"}]}`
	}
	const whitelist, amount, units = "TransactionRecipientWhitelist", "TransactionAmountLimit", "TransactionAmountLimitNominal"
	for _, tt := range []struct {
		name, kind, configuration string
		m                         rule.Movement
		want                      bool
	}{
		{"always", "AlwaysTrigger", ``, usd("1"), true},
		{"always, with an empty configuration", "AlwaysTrigger", `{}`, call, true},

		{"a listed recipient passes", whitelist, `{"addresses":["0xdef","0xAbC"]}`, usd("1"), false},
		{"the case of an EVM address says nothing", whitelist, `{"addresses":["0xABC"]}`, usd("1"), false},
		{"another recipient", whitelist, `{"addresses":["0xabcd"]}`, usd("1"), true},
		{"an empty list", whitelist, `{"addresses":[]}`, usd("1"), true},
		{"a call has no recipient", whitelist, `{"addresses":["0xabc"]}`, call, true},
		{"nothing is sent to a listed recipient", whitelist, `{"addresses":["0xabc"]}`, nothing, true},
		{"elsewhere an address is exact", whitelist, `{"addresses":["gabc"]}`, onStellar, true},
		{"elsewhere the exact address passes", whitelist, `{"addresses":["GABC"]}`, onStellar, false},

		{"at the limit", amount, limit("1000"), usd("1000000000"), false},
		{"a minimum unit above the limit", amount, limit("1000"), usd("1000000001"), true},
		{"a limit with decimals, exactly", amount, limit("0.3"), usd("300000"), false},
		{"a limit with decimals, exceeded", amount, limit("0.3"), usd("300001"), true},
		{"a limit with an exponent", amount, limit("1e3"), usd("1000000000"), false},
		{"a wei above the limit", amount, limit("3000.1"), sends("native:eth", "1000000000000000001", "0x1"), true},
		{"an ether at the limit", amount, limit("3000.1"), sends("native:eth", "1000000000000000000", "0x1"), false},
		{"an amount beyond 64 bits", amount, limit("1"), usd("340282366920938463463374607431768211456"), true},
		{"an asset without a price", amount, limit("1000"), exotic, true},
		{"a call has no amount", amount, limit("1000"), call, true},
		{"no value", amount, limit("1000"), nothing, true},

		{"units at the limit", units, nominal("erc20:0xaa", "5"), usd("5"), false},
		{"units above the limit", units, nominal("erc20:0xaa", "5"), usd("6"), true},
		{"an asset that is not listed", units, nominal("native:eth", "5"), usd("6"), false},
		{"the same identifier on another network", units, `{"assets":[{"network":"Base","tid":"erc20:0xaa","limit":"5"}]}`, usd("6"), false},
		{"units need no price", units, nominal("erc20:0xbb", "0"), exotic, true},
		{"a call has no units", units, nominal("native:eth", "5"), call, true},
		{"no units", units, nominal("native:eth", "5"), nothing, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ask(t, tt.kind, tt.configuration, tt.m, world{}); got.Triggered != tt.want {
				t.Errorf("Triggered = %t, want %t: %s", got.Triggered, tt.want, got.Reason)
			}
		})
	}
}

func TestVelocity(t *testing.T) {
	const minute = time.Minute
	dollar := func(n string, age time.Duration) aged { return aged{usd(n + "000000"), age} }
	count := func(n string) string { return `{"limit":` + n + `,"timeframe":60}` }
	amount := func(n string) string { return `{"limit":` + n + `,"currency":"USD","timeframe":60}` }
	for _, tt := range []struct {
		name, kind, configuration string
		m                         rule.Movement
		past                      []aged
		want                      bool
	}{
		{"the first of one", "TransactionCountVelocity", count("1"), usd("1"), nil, false},
		{"the second of one", "TransactionCountVelocity", count("1"), usd("1"), []aged{dollar("1", minute)}, true},
		{"none allowed", "TransactionCountVelocity", count("0"), usd("1"), nil, true},
		{"just inside the window", "TransactionCountVelocity", count("1"), usd("1"), []aged{dollar("1", 60*minute-1)}, true},
		{"exactly as old as the window", "TransactionCountVelocity", count("1"), usd("1"), []aged{dollar("1", 60*minute)}, false},
		{"calls count", "TransactionCountVelocity", count("1"), call, []aged{{call, minute}}, true},
		{"half an activity more is none", "TransactionCountVelocity", count("1.5"), usd("1"), []aged{dollar("1", minute)}, true},

		{"at the limit", "TransactionAmountVelocity", amount("10"), usd("4000000"), []aged{dollar("6", minute)}, false},
		{"above the limit", "TransactionAmountVelocity", amount("10"), usd("4000001"), []aged{dollar("6", minute)}, true},
		{"alone above the limit", "TransactionAmountVelocity", amount("10"), usd("10000001"), nil, true},
		{"the last moment of the window", "TransactionAmountVelocity", amount("10"), usd("4000001"), []aged{dollar("6", 60*minute-1)}, true},
		{"out of the window", "TransactionAmountVelocity", amount("10"), usd("4000001"), []aged{dollar("6", 60*minute)}, false},
		{"assets add up", "TransactionAmountVelocity", amount("3000.10"), usd("1"), []aged{{sends("native:eth", "1000000000000000000", "0x1"), minute}}, true},
		{"an earlier call has no amount", "TransactionAmountVelocity", amount("10"), usd("1"), []aged{{call, minute}}, true},
		{"an earlier call out of the window", "TransactionAmountVelocity", amount("10"), usd("1"), []aged{{call, 60 * minute}}, false},
		{"a call has no amount", "TransactionAmountVelocity", amount("10"), call, nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ask(t, tt.kind, tt.configuration, tt.m, world{}, tt.past...); got.Triggered != tt.want {
				t.Errorf("Triggered = %t, want %t: %s", got.Triggered, tt.want, got.Reason)
			}
		})
	}
}

func TestAmountRulesShowTheAmount(t *testing.T) {
	for configuration, m := range map[string]rule.Movement{
		`{"limit":1,"currency":"USD"}`: sends("native:eth", "1500000000000000000", "0x1"),
	} {
		found := ask(t, "TransactionAmountLimit", configuration, m, world{})
		if found.Context == nil || found.Context.TransactionAmount != (rule.Money{Value: "4500.15", Currency: "USD"}) {
			t.Errorf("context = %+v", found.Context)
		}
	}
	if found := ask(t, "TransactionAmountLimit", `{"limit":1,"currency":"USD"}`, call, world{}); found.Context != nil {
		t.Errorf("context of what cannot be read = %+v", found.Context)
	}
}

func TestConfigurationsThatAreRefused(t *testing.T) {
	for _, tt := range []struct {
		kind, configuration string
		status              int
	}{
		{"Whenever", `{}`, 400},
		{"ChainalysisQuarantineScreening", `{}`, 501},
		{"AlwaysTrigger", `{"x":1}`, 400},
		{"TransactionRecipientWhitelist", ``, 400},
		{"TransactionRecipientWhitelist", `{"addresses":null}`, 400},
		{"TransactionRecipientWhitelist", `{"addresses":[""]}`, 400},
		{"TransactionAmountLimit", `{"limit":"1","currency":"USD"}`, 400},
		{"TransactionAmountLimit", `{"limit":1e999999999,"currency":"USD"}`, 400},
		{"TransactionAmountLimit", `{"limit":1,"currency":"EUR"}`, 400},
		{"TransactionAmountLimit", `{"limit":1}`, 400},
		{"TransactionAmountLimit", `{"limit":1,"currency":"USD","timeframe":1}`, 400},
		{"TransactionAmountLimitNominal", `{"assets":[]}`, 400},
		{"TransactionAmountLimitNominal", `{"assets":[{"network":"Base","tid":"native:eth"}]}`, 400},
		{"TransactionAmountLimitNominal", `{"assets":[{"network":"Base","tid":"eth","limit":"1"}]}`, 400},
		{"TransactionAmountLimitNominal", `{"assets":[{"network":"Base","tid":"erc20:0xAA","limit":"1"}]}`, 400},
		{"TransactionAmountLimitNominal", `{"assets":[{"network":"Base","tid":"native:eth","limit":"-1"}]}`, 400},
		{"TransactionAmountLimitNominal", `{"assets":[{"network":"Base","tid":"native:eth","limit":"1"},{"network":"Base","tid":"native:eth","limit":"2"}]}`, 400},
		{"TransactionAmountVelocity", `{"limit":1,"currency":"USD","timeframe":0}`, 400},
		{"TransactionCountVelocity", `{"limit":1,"timeframe":43201}`, 400},
		{"TransactionCountVelocity", `{"limit":1,"timeframe":1.5}`, 400},
		{"TravelRuleTransactionPrescreening", `{"vendor":"Sumsub","autoTriggerTimeoutSeconds":1}`, 501},
		{"TravelRuleTransactionPrescreening", `{"vendor":"Other","autoTriggerTimeoutSeconds":1}`, 400},
		{"GlobalLedgerTransactionPrescreening", `{"riskScoreThreshold":1}`, 400},
	} {
		err := rule.Rule{Kind: tt.kind, Configuration: json.RawMessage(tt.configuration)}.Check()
		var refusal *dfns.Error
		if !errors.As(err, &refusal) || refusal.Status != tt.status {
			t.Errorf("Check(%s %s) = %v, want a %d", tt.kind, tt.configuration, err, tt.status)
		}
	}
}
