package rules_test

import (
	"context"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"countersign"
	"countersign/rules"
	"countersign/rules/checks"

	"pgregory.net/rapid"
)

// TestABookThatNobodyChecked decides nothing by accident.
func TestABookThatNobodyChecked(t *testing.T) {
	noABI := book(approve)
	noABI.Contracts[0].ABI = nil
	for _, tt := range []struct {
		name     string
		book     *rules.Book
		approval countersign.Approval
		want     countersign.ReasonCode
	}{
		{"empty, asked for a call", &rules.Book{}, call(token, mint), countersign.UnknownContract},
		{"empty, asked for a transfer", &rules.Book{}, transfer("Native", "", 5), countersign.UnknownAsset},
		{"a nil rule for a call", book(nil), call(token, mint), countersign.UnknownFunction},
		{"a nil rule for a transfer", book(nil), transfer("Native", "", 5), countersign.UnknownAsset},
		{"no ABI", noABI, call(token, mint), countersign.UnknownContract},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.book.Decide(t.Context(), tt.approval, now).Decision; got.Verdict != countersign.Abstain || got.Code != tt.want {
				t.Errorf("decided %+v, want abstain with %s", got, tt.want)
			}
		})
	}
}

// TestEntriesAreNotMistaken: what is looked up is the whole entry, not text that
// happens to read the same.
func TestEntriesAreNotMistaken(t *testing.T) {
	base58 := "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
	b := book(approve)
	b.Transfers = append(b.Transfers,
		rules.Asset{Network: "Solana", Kind: "Spl", Locator: base58, Rule: approve},
		rules.Asset{Network: "a/b", Kind: "c", Rule: approve})
	on := func(network, kind, asset string) countersign.Approval {
		return with(transfer(kind, asset, 5), func(a *countersign.Approval) { a.Activity.Network = network })
	}
	for _, tt := range []struct {
		name     string
		approval countersign.Approval
		want     countersign.ReasonCode
	}{
		{"base58 as listed", on("Solana", "Spl", base58), countersign.WithinPolicy},
		{"base58 in another case is another mint", on("Solana", "Spl", strings.ToLower(base58)), countersign.UnknownAsset},
		{"a slash as listed", on("a/b", "c", ""), countersign.WithinPolicy},
		{"a slash elsewhere", on("a", "b/c", ""), countersign.UnknownAsset},
		{"a contract is no asset", on(net, "", token), countersign.UnknownAsset},
		{"checksummed by the custodian", with(call(token, mint), func(a *countersign.Approval) { a.Activity.Call.To = token }), countersign.WithinPolicy},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := b.Decide(t.Context(), tt.approval, now).Decision; got.Code != tt.want {
				t.Errorf("decided %+v, want %s", got, tt.want)
			}
		})
	}
	b.Transfers = append(b.Transfers, rules.Asset{Network: strings.ToUpper(net), Kind: "Erc20", Locator: strings.ToLower(token), Rule: approve},
		rules.Asset{Network: net, Kind: "Erc20", Locator: strings.Replace(token, "aA", "Aa", 1), Rule: approve})
	b.Contracts = append(b.Contracts, rules.Contract{Network: strings.ToLower(net), Address: strings.ToLower(token), ABI: abi})
	err := b.Check()
	for _, want := range []string{"transfer 4", "contract 1", "listed twice", "transfer 5 (EthereumSepolia Erc20): not an EVM address", "EIP-55"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Check = %v, want it to say %q", err, want)
		}
	}
}

func TestReasonsAreShort(t *testing.T) {
	exact := strings.Repeat("ä", rules.MaxReason)
	for _, tt := range []struct {
		name string
		said rules.Decision
		want string // empty: any that is short
	}{
		{"as it was said", rules.Approve("fine"), "fine"},
		{"of exactly the length", rules.Approve(exact), exact},
		{"one character more", rules.Approve(exact + "x"), exact[:len(exact)-2] + "…"},
		{"a megabyte", rules.Reject(rules.DenyListed, strings.Repeat("long ", 1<<18)), ""},
		{"broken UTF-8", rules.Abstain(rules.OverCap, "a\xffb"), "a\uFFFDb"},
		{"none", rules.Approve(""), "within_policy"},
		{"a verdict and a code without end", rules.Decision{Verdict: countersign.Verdict(strings.Repeat("v", 1<<20)), Code: countersign.ReasonCode(strings.Repeat("c", 1<<20))}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := book(answering(tt.said)).Decide(t.Context(), call(token, mint), now).Decision.Reason
			if n := utf8.RuneCountInString(got); n == 0 || n > rules.MaxReason || !utf8.ValidString(got) {
				t.Errorf("reason of %d characters, valid UTF-8: %t", n, utf8.ValidString(got))
			}
			if tt.want != "" && got != tt.want {
				t.Errorf("reason %q, want %q", got, tt.want)
			}
		})
	}
}

// A check that says "stop" with an approval would skip the checks after it.
func TestACheckCannotApprove(t *testing.T) {
	stop := func(d rules.Decision) checks.Check {
		return func(context.Context, *rules.Request) (rules.Decision, bool) { return d, false }
	}
	for name, check := range map[string]checks.Check{"with an approval": stop(rules.Approve("fine")), "with nothing": stop(rules.Decision{})} {
		got := book(checks.All("all is well", check)).Decide(t.Context(), call(token, mint), now).Decision
		if got.Verdict != countersign.Abstain || got.Code != countersign.NoVerdict {
			t.Errorf("stopped %s: decided %+v, want no_verdict", name, got)
		}
	}
}

// Checks for transfers do not fit calls: the engine abstains.
func TestAPartyThatIsNotThere(t *testing.T) {
	some, err := rules.NewAddresses(alice)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		check    checks.Check
		approval countersign.Approval
	}{
		"recipient of a call":     {checks.OnlyTo(some, checks.Recipient), call(token, mint)},
		"argument of a transfer":  {checks.NotOn(some, checks.Argument("to")), transfer("Native", "", 5)},
		"amount of a call":        {checks.AtMost(countersign.NewAmount(1), checks.Transferred), call(token, mint)},
		"an amount for a party":   {checks.OnlyTo(some, checks.Argument("amount")), call(token, mint)},
		"an argument of no name":  {checks.OnlyTo(some, checks.Argument("")), call(token, mint)},
		"an address for a number": {checks.AtMost(countersign.NewAmount(1), checks.ArgumentAmount("to")), call(token, mint)},
	} {
		if got := book(checks.All("fine", tt.check)).Decide(t.Context(), tt.approval, now).Decision; got.Code != countersign.RulePanic {
			t.Errorf("%s: decided %+v, want rule_panic", name, got)
		}
	}
}

func TestChecksummedLeavesOtherAddressesAlone(t *testing.T) {
	for _, s := range []string{"", "0x", "0x1", "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", "addr1" + strings.Repeat("q", 98), "0x" + strings.Repeat("g", 40)} {
		if got := rules.Checksummed(s); got != s {
			t.Errorf("Checksummed(%q) = %q", s, got)
		}
	}
	if got := rules.Checksummed(strings.ToUpper(token[2:])); got != strings.ToUpper(token[2:]) {
		t.Errorf("without 0x: %q", got)
	}
}

// since is the start of the window that now falls in.
func since(w rules.Window, at time.Time) time.Time {
	return book(func(_ context.Context, r *rules.Request) rules.Decision {
		r.Count(rules.Budget{Name: "pot", Window: w}, countersign.NewAmount(1))
		return rules.Approve("fine")
	}).Decide(context.Background(), call(token, mint), at).Claims[0].Since
}

// TestADayStartsOnce: whatever the clocks do, a calendar day starts at its first
// moment. Havana and the Azores go from one o'clock back to midnight and so have
// it twice; Cairo, Beirut and Santiago skip it.
func TestADayStartsOnce(t *testing.T) {
	zones := []string{
		"Europe/Berlin", "America/New_York", "America/Havana", "Atlantic/Azores", "Africa/Cairo", "Asia/Beirut", "Asia/Amman",
		"America/Santiago", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC",
	}
	rapid.Check(t, func(rt *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(rt, "zone"))
		if err != nil {
			rt.Fatal(err)
		}
		at := time.Unix(rapid.Int64Range(1_000_000_000, 1_900_000_000).Draw(rt, "unix"), 0)
		// Land on a change of the clocks often.
		if _, change := at.In(zone).ZoneBounds(); !change.IsZero() && rapid.Bool().Draw(rt, "near a change") {
			at = change.Add(time.Duration(rapid.IntRange(-3*60*60, 3*60*60).Draw(rt, "seconds")) * time.Second)
		}
		start := since(rules.Day(zone), at)
		date := func(t time.Time) string { return t.In(zone).Format(time.DateOnly) }
		if start.After(at) || date(start) != date(at) || date(start.Add(-1)) == date(at) {
			rt.Fatalf("the day of %s starts at %s", at.In(zone), start.In(zone))
		}
	})
}

func TestDaysWithoutAndWithTwoMidnights(t *testing.T) {
	for _, tt := range []struct{ name, zone, now, want string }{
		{"Berlin, the hour that comes twice", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-24T22:00:00Z"},
		{"Berlin, the same hour again", "Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-24T22:00:00Z"},
		{"New York in spring", "America/New_York", "2026-03-08T20:00:00Z", "2026-03-08T05:00:00Z"},
		{"Havana before the second midnight", "America/Havana", "2023-11-05T04:30:00Z", "2023-11-05T04:00:00Z"},
		{"Havana after the second midnight", "America/Havana", "2023-11-05T05:30:00Z", "2023-11-05T04:00:00Z"},
		{"Amman before the second midnight", "Asia/Amman", "2021-10-28T21:30:00Z", "2021-10-28T21:00:00Z"},
		{"Amman after the second midnight", "Asia/Amman", "2021-10-28T22:30:00Z", "2021-10-28T21:00:00Z"},
		{"Santiago skips midnight", "America/Santiago", "2023-09-03T12:00:00Z", "2023-09-03T04:00:00Z"},
	} {
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := since(rules.Day(zone), at).Format(time.RFC3339); got != tt.want {
			t.Errorf("%s: since %s, want %s", tt.name, got, tt.want)
		}
	}
	if got := since(rules.Rolling(-time.Hour), now); !got.Equal(time.Unix(0, 0)) {
		t.Errorf("a negative window counts since %s, want everything", got)
	}
	if got := since(rules.Day(nil), now); !got.Equal(time.Unix(0, 0)) {
		t.Errorf("a day nowhere counts since %s, want everything", got)
	}
}
