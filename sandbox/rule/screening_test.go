package rule_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"countersign/sandbox/rule"
)

// what the providers say of 0xAbC, the recipient of the tests.
func said(t *testing.T, text string) world {
	t.Helper()
	var s rule.Screening
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	return world{said: map[string]rule.Screening{"0xAbC": s}}
}

func TestScreening(t *testing.T) {
	chainalysis := func(level, alerts, direct, addresses string) string {
		return fmt.Sprintf(`{"alerts":{"alertLevel":%q,"categoryIds":%s},"exposures":{"direct":{"categoryIds":%s}},"addresses":{"categoryIds":%s},
			"fallbackBehaviours":{"skipUnscreenableTransaction":false,"skipUnsupportedNetwork":false,"skipUnsupportedAsset":false,"skipChainalysisFailure":false}}`,
			level, alerts, direct, addresses)
	}
	const out, elliptic, ledger = "ChainalysisTransactionPrescreening", "EllipticTransactionPrescreening", "GlobalLedgerTransactionPrescreening"
	const matched = "00000000-0000-4000-8000-000000000001"
	score := func(n, ids, names string) string {
		return fmt.Sprintf(`{"riskScoreThreshold":%s,"triggeredRules":{"ruleIds":%s,"categories":%s},
			"fallbackBehaviours":{"skipUnscreenableTransaction":false,"skipUnsupportedNetwork":false,"skipEllipticFailure":false}}`, n, ids, names)
	}
	points := func(n int) string {
		return fmt.Sprintf(`{"riskScoreThreshold":%d,"fallbackBehaviours":{"skipUnscreenableTransaction":false,
			"skipUnsupportedNetwork":false,"skipUnsupportedAsset":false,"skipGlobalLedgerFailure":false}}`, n)
	}
	for _, tt := range []struct {
		name, kind, configuration, said string
		want                            bool
	}{
		{"nothing is known", out, chainalysis("LOW", "[]", "[]", "[]"), `{}`, false},
		{"an alert of the level", out, chainalysis("HIGH", "[]", "[]", "[]"), `{"chainalysis":{"alerts":[{"level":"HIGH","categoryId":3}]}}`, true},
		{"an alert above the level", out, chainalysis("HIGH", "[]", "[]", "[]"), `{"chainalysis":{"alerts":[{"level":"SEVERE","categoryId":3}]}}`, true},
		{"an alert below the level", out, chainalysis("HIGH", "[]", "[]", "[]"), `{"chainalysis":{"alerts":[{"level":"MEDIUM","categoryId":3}]}}`, false},
		{"an alert of another category", out, chainalysis("LOW", "[4]", "[]", "[]"), `{"chainalysis":{"alerts":[{"level":"HIGH","categoryId":3}]}}`, false},
		{"direct exposure", out, chainalysis("LOW", "[]", "[7]", "[]"), `{"chainalysis":{"direct":[7]}}`, true},
		{"direct exposure to another category", out, chainalysis("LOW", "[]", "[7]", "[]"), `{"chainalysis":{"direct":[8]}}`, false},
		{"an identified address", out, chainalysis("LOW", "[]", "[]", "[9]"), `{"chainalysis":{"addresses":[9]}}`, true},
		{"an address of another category", out, chainalysis("LOW", "[]", "[]", "[9]"), `{"chainalysis":{"addresses":[8]}}`, false},
		{"a score at the threshold", elliptic, score("7.5", "[]", "[]"), `{"elliptic":{"riskScore":7.5}}`, true},
		{"a score below the threshold", elliptic, score("7.5", "[]", "[]"), `{"elliptic":{"riskScore":7.49}}`, false},
		{"a risk rule that matched", elliptic, score("10", `["`+matched+`"]`, "[]"), `{"elliptic":{"ruleIds":["` + matched + `"]}}`, true},
		{"a category, whatever its case", elliptic, score("10", "[]", `["dark market"]`), `{"elliptic":{"categories":["Dark Market"]}}`, true},
		{"a category that is not asked for", elliptic, score("10", "[]", `["Mixer"]`), `{"elliptic":{"categories":["Dark Market"]}}`, false},
		{"points at the threshold", ledger, points(70), `{"globalLedger":{"riskScore":70}}`, true},
		{"points below the threshold", ledger, points(70), `{"globalLedger":{"riskScore":69}}`, false},
		{"an alert at no risk", ledger, points(70), `{"globalLedger":{"alerts":1}}`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ask(t, tt.kind, tt.configuration, usd("1"), said(t, tt.said)); got.Triggered != tt.want {
				t.Errorf("Triggered = %t, want %t: %s", got.Triggered, tt.want, got.Reason)
			}
		})
	}
}

func TestTravelRule(t *testing.T) {
	const waits, clears = `{"vendor":"Notabene","autoTriggerTimeoutSeconds":300}`,
		`{"vendor":"Notabene","autoTriggerTimeoutSeconds":300,"autoClearAfterDeliveredTimeoutSeconds":200}`
	transaction := usd("1")
	transaction.Transfer = false
	for _, tt := range []struct {
		name, configuration, said string
		m                         rule.Movement
		want                      bool
	}{
		{"accepted", waits, `{"notabene":{"status":"Accepted"}}`, usd("1"), false},
		{"rejected", clears, `{"notabene":{"status":"Rejected"}}`, usd("1"), true},
		{"delivered and cleared", clears, `{"notabene":{"status":"Delivered"}}`, usd("1"), false},
		{"delivered and not cleared", waits, `{"notabene":{"status":"Delivered"}}`, usd("1"), true},
		{"no answer", clears, `{}`, usd("1"), true},
		{"transactions are not under it", waits, `{"notabene":{"status":"Rejected"}}`, transaction, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ask(t, "TravelRuleTransactionPrescreening", tt.configuration, tt.m, said(t, tt.said)); got.Triggered != tt.want {
				t.Errorf("Triggered = %t, want %t: %s", got.Triggered, tt.want, got.Reason)
			}
		})
	}
}

// Each fallback skips what it names, and nothing else; without it the rule triggers.
func TestFallbacks(t *testing.T) {
	names := []string{"skipUnscreenableTransaction", "skipUnsupportedNetwork", "skipUnsupportedAsset", "skipChainalysisFailure"}
	configuration := func(skip string) string {
		flags := map[string]bool{}
		for _, name := range names {
			flags[name] = name == skip
		}
		text, _ := json.Marshal(flags)
		return `{"alerts":{"alertLevel":"LOW","categoryIds":[]},"exposures":{"direct":{"categoryIds":[]}},"fallbackBehaviours":` + string(text) + `}`
	}
	unable := func(why string) world { return said(t, `{"chainalysis":{"unable":"`+why+`"}}`) }
	for _, tt := range []struct {
		name, skip string
		m          rule.Movement
		facts      world
	}{
		{"a call", "skipUnscreenableTransaction", call, world{}},
		{"a network", "skipUnsupportedNetwork", usd("1"), unable("Network")},
		{"an asset", "skipUnsupportedAsset", usd("1"), unable("Asset")},
		{"a failure of the provider", "skipChainalysisFailure", usd("1"), unable("Failure")},
		{"a file that cannot be read", "skipChainalysisFailure", usd("1"), world{down: true}},
	} {
		for _, skip := range append(names, "") {
			got := ask(t, "ChainalysisTransactionScreening", configuration(skip), tt.m, tt.facts)
			if got.Triggered != (skip != tt.skip) {
				t.Errorf("%s, under %q: Triggered = %t: %s", tt.name, skip, got.Triggered, got.Reason)
			}
		}
	}
}
