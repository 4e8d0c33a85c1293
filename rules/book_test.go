package rules_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/calldata"
	"countersign/calldata/risk"
	"countersign/rules"
	"countersign/rules/checks"
)

func TestABookReportsEveryMistakeAtOnce(t *testing.T) {
	if err := book(approve).Check(); err != nil {
		t.Fatalf("a good book: %v", err)
	}
	bad := &rules.Book{
		Version: "1",
		Contracts: []rules.Contract{
			{Address: "0x12", ABI: abi},
			{Network: net, Address: strings.Replace(token, "aA", "Aa", 1), ABI: abi},
			{Network: net, Address: alice},
			{Network: net, Address: alice, ABI: abi, Functions: map[string]rules.Rule{"mint(address)": approve, "burn(uint256)": nil}, Risks: map[string]risk.Set{"deposit()": risk.Value}},
		},
		Transfers: []rules.Asset{{Network: net, Kind: "Native"}, {Network: net, Kind: "Native", Rule: approve}, {Network: net, Kind: "Native", Rule: approve}},
	}
	err := bad.Check()
	if !errors.Is(err, rules.ErrBook) {
		t.Fatalf("Check = %v, want ErrBook", err)
	}
	for _, want := range []string{
		`name ""`, "network is required", `"0x12"`, "EIP-55 checksum", "ABI is required", "listed twice",
		`"mint(address)" is not a canonical signature`, `"burn(uint256)" has no rule`, `risks are named for function "deposit()", which has no rule`,
		"network, kind and rule are required", "transfer 2: EthereumSepolia Native  is listed twice",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, err)
		}
	}
	if err := (&rules.Book{Name: "b", Version: "1"}).Check(); err == nil {
		t.Error("an empty book is good")
	}
}

func TestTheDigestIsThatOfTheSource(t *testing.T) {
	digest := func(source map[string][]byte) string { return (&rules.Book{Source: source}).Digest() }
	one := digest(map[string][]byte{"a": []byte("1"), "b": []byte("2")})
	if len(one) != 64 || one != digest(map[string][]byte{"b": []byte("2"), "a": []byte("1")}) {
		t.Errorf("digest %q is not stable", one)
	}
	for name, other := range map[string]map[string][]byte{
		"another byte":        {"a": []byte("1"), "b": []byte("3")},
		"another name":        {"a": []byte("1"), "c": []byte("2")},
		"a file less":         {"a": []byte("1")},
		"the same bytes told": {"a": []byte("1\n1 b\n1\n2")},
	} {
		if digest(other) == one {
			t.Errorf("%s: the same digest", name)
		}
	}
	if digest(nil) != "" {
		t.Error("no source has a digest")
	}
}

// The vectors are those of EIP-55.
func TestAddresses(t *testing.T) {
	for _, good := range []string{
		"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
		"0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
		"0x52908400098527886E0F7030069857D2E4169EE7", "0xde709f2102306220921060314715629080e2fb77",
	} {
		got, err := rules.ParseAddress(good)
		if err != nil || got != strings.ToLower(good) {
			t.Errorf("ParseAddress(%s) = %s, %v", good, got, err)
		}
		if again := rules.Checksummed(got); again != good {
			t.Errorf("Checksummed(%s) = %s, want %s", got, again, good)
		}
	}
	for _, bad := range []string{
		"", "0x", "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
		"0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xгаeb6053F3E94C9b9A09f33669435E7Ef1BeAed", " " + token,
	} {
		if _, err := rules.ParseAddress(bad); !errors.Is(err, rules.ErrAddress) {
			t.Errorf("ParseAddress(%q) = %v, want ErrAddress", bad, err)
		}
	}
	set, err := rules.NewAddresses(token, alice, "0x1", "0x2")
	if !set.Has(strings.ToLower(token)) || !set.Has(token) || set.Has("0x3333333333333333333333333333333333333333") {
		t.Error("the set does not compare by bytes")
	}
	if err == nil || !strings.Contains(err.Error(), `"0x1"`) || !strings.Contains(err.Error(), `"0x2"`) {
		t.Errorf("error %v does not name both mistakes", err)
	}
}

func TestWindows(t *testing.T) {
	zone := func(name string) *time.Location {
		l, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, tt := range []struct {
		name   string
		window rules.Window
		now    string
		since  string
	}{
		{"rolling", rules.Rolling(24 * time.Hour), "2026-05-01T12:00:00Z", "2026-04-30T12:00:00Z"},
		{"a day in UTC", rules.Day(time.UTC), "2026-05-01T23:59:59Z", "2026-05-01T00:00:00Z"},
		{"a day in Berlin, whose clock is ahead", rules.Day(zone("Europe/Berlin")), "2026-05-01T22:30:00Z", "2026-05-01T22:00:00Z"},
		{"the day of 23 hours", rules.Day(zone("Europe/Berlin")), "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z"},
		{"the day after it", rules.Day(zone("Europe/Berlin")), "2026-03-30T12:00:00Z", "2026-03-29T22:00:00Z"},
		{"the day of 25 hours", rules.Day(zone("America/New_York")), "2026-11-01T20:00:00Z", "2026-11-01T04:00:00Z"},
		{"a forgotten window counts everything", rules.Window{}, "2026-05-01T12:00:00Z", "1970-01-01T00:00:00Z"},
	} {
		got := book(func(_ context.Context, r *rules.Request) rules.Decision {
			r.Count(rules.Budget{Name: "pot", Window: tt.window}, countersign.NewAmount(1))
			return rules.Approve("fine")
		}).Decide(t.Context(), call(token, mint), at(tt.now)).Claims[0].Since
		if !got.Equal(at(tt.since)) {
			t.Errorf("%s: since %s, want %s", tt.name, got.Format(time.RFC3339), tt.since)
		}
	}
}

func TestStockChecks(t *testing.T) {
	listed, err := rules.NewAddresses(alice)
	if err != nil {
		t.Fatal(err)
	}
	none := rules.Addresses{}
	pot := rules.Budget{Name: "pot", Limit: countersign.NewAmount(10)}
	for _, tt := range []struct {
		name   string
		checks []checks.Check
		want   countersign.ReasonCode
	}{
		{"no check at all approves", nil, countersign.WithinPolicy},
		{"all pass", []checks.Check{checks.NotOn(none, checks.Recipient), checks.OnlyTo(listed, checks.Recipient), checks.AtMost(countersign.NewAmount(5), checks.Transferred)}, countersign.WithinPolicy},
		{"deny-listed", []checks.Check{checks.NotOn(listed, checks.Recipient), checks.OnlyTo(none, checks.Recipient)}, countersign.DenyListed},
		{"not on the allowlist", []checks.Check{checks.OnlyTo(none, checks.Recipient)}, countersign.UnlistedRecipient},
		{"over the cap", []checks.Check{checks.AtMost(countersign.NewAmount(4), checks.Transferred)}, countersign.OverCap},
		{"counted before it fails", []checks.Check{checks.Within(pot, checks.Transferred), checks.OnlyTo(none, checks.Recipient)}, countersign.UnlistedRecipient},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := book(checks.All("fine", tt.checks...)).Decide(t.Context(), transfer("Native", "", 5), now)
			if got.Decision.Code != tt.want || (got.Decision.Verdict == countersign.Reject) != (tt.want == countersign.DenyListed) {
				t.Errorf("decided %+v, want %s", got.Decision, tt.want)
			}
			if tt.name == "counted before it fails" && (len(got.Claims) != 1 || got.Claims[0].Amount.String() != "5") {
				t.Errorf("claims %+v, want 5 of the pot", got.Claims)
			}
		})
	}
	byArgument := checks.All("fine", checks.OnlyTo(listed, checks.Argument("to")), checks.AtMost(countersign.NewAmount(99), checks.ArgumentAmount("amount")))
	if got := book(byArgument).Decide(t.Context(), call(token, mint), now).Decision; got.Code != countersign.OverCap {
		t.Errorf("checks on arguments: %+v, want over_cap", got)
	}
}

func TestArgumentsByType(t *testing.T) {
	b := &rules.Book{Name: "b", Version: "1", Contracts: []rules.Contract{{
		Network: net, Address: token, ABI: calldata.MustABI("f(bool b,bytes4 s)"),
		Functions: map[string]rules.Rule{"f(bool,bytes4)": func(_ context.Context, r *rules.Request) rules.Decision {
			if !r.Call.Bool("b") || string(r.Call.Bytes("s")) != "abcd" || !r.Call.Value.IsZero() {
				return rules.Abstain("wrong", "wrong arguments")
			}
			return rules.Approve("fine")
		}},
	}}}
	f, _ := b.Contracts[0].ABI.Function("f(bool,bytes4)")
	data := append(f.Selector[:], bytesOf(word("1")+"61626364"+strings.Repeat("0", 56))...)
	if got := b.Decide(t.Context(), call(token, data), now).Decision; got.Verdict != countersign.Approve {
		t.Errorf("decided %+v", got)
	}
}
