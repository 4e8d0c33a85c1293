package compose_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/rules"
	"countersign/rules/compose"
	"countersign/rules/services"
)

var now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

const token = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"

// says is a book whose only rule, for native transfers, says one thing and counts one.
func says(name string, d rules.Decision) *rules.Book {
	return &rules.Book{Name: name, Version: "1", Source: map[string][]byte{"f": []byte(name)}, Transfers: []rules.Asset{{
		Network: "Net", Kind: "Native", Rule: func(_ context.Context, r *rules.Request) rules.Decision {
			r.CountOne(rules.Budget{Name: name})
			return d
		},
	}}}
}

var (
	yes   = rules.Approve("fine")
	no    = rules.Reject(rules.DenyListed, "listed")
	maybe = rules.Abstain(rules.OverCap, "too much")
)

func request() countersign.Approval {
	return countersign.Approval{ID: "ap", InitiatorID: "us-1", Policies: []string{"po-1", "po-2"}, Activity: countersign.Activity{
		Network: "Net", WalletID: "wa-1", Transfer: &countersign.Transfer{Kind: "Native", To: token, Amount: countersign.NewAmount(1)},
	}}
}

func called(to string) countersign.Approval {
	a := request()
	a.Activity.Transfer, a.Activity.Call = nil, &countersign.Call{To: to}
	return a
}

type wallets struct{ err error }

func (w wallets) Holdings(context.Context, string) ([]countersign.Holding, error) { return nil, w.err }

func (w wallets) WalletByID(context.Context, string) (countersign.Wallet, error) {
	return countersign.Wallet{ID: "wa-1", Tags: []string{"hot", "eu"}}, w.err
}

func decide(t *testing.T, d rules.Decider, a countersign.Approval, w wallets) rules.Result {
	t.Helper()
	return rules.Engine{Decider: d, Services: services.Services{Wallets: w}}.Decide(t.Context(), a, now)
}

func TestWhichSectionDecides(t *testing.T) {
	native := rules.Asset{Network: "net", Kind: "Native"}
	for _, tt := range []struct {
		name string
		when compose.Match
		is   bool
	}{
		{"everything", compose.Match{}, true},
		{"its network, in any case", compose.Match{Networks: []string{"Other", "NET"}}, true},
		{"another network", compose.Match{Networks: []string{"Other"}}, false},
		{"its wallet", compose.Match{Wallets: []string{"wa-1"}}, true},
		{"wallets are exact", compose.Match{Wallets: []string{"WA-1"}}, false},
		{"a tag of its wallet", compose.Match{WalletTags: []string{"cold", "hot"}}, true},
		{"a tag that its wallet lacks", compose.Match{WalletTags: []string{"cold"}}, false},
		{"its initiator", compose.Match{Initiators: []string{"us-1"}}, true},
		{"another initiator", compose.Match{Initiators: []string{"us-2"}}, false},
		{"one of its policies", compose.Match{Policies: []string{"po-2"}}, true},
		{"another policy", compose.Match{Policies: []string{"po-3"}}, false},
		{"its asset", compose.Match{Assets: []rules.Asset{native}}, true},
		{"another asset", compose.Match{Assets: []rules.Asset{{Network: "Net", Kind: "Erc20", Locator: token}}}, false},
		{"a transfer calls no contract", compose.Match{Contracts: []string{token}}, false},
		{"all must hold", compose.Match{Networks: []string{"Net"}, Initiators: []string{"us-2"}}, false},
		{"and do", compose.Match{Networks: []string{"Net"}, Initiators: []string{"us-1"}, WalletTags: []string{"eu"}, Assets: []rules.Asset{native}}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := compose.FirstMatch("c", "1", compose.Section{Name: "s", When: tt.when, Book: says("s", yes)}, compose.Otherwise(says("rest", maybe)))
			got := decide(t, c, request(), wallets{})
			if (got.Decision.Verdict == countersign.Approve) != tt.is {
				t.Errorf("decided %+v, in the section: want %t", got.Decision, tt.is)
			}
		})
	}
}

func TestContractsAreThoseOfEveryCall(t *testing.T) {
	when := compose.Match{Contracts: []string{strings.ToUpper(token[2:])}}
	when.Contracts[0] = "0x" + when.Contracts[0]
	one, other := countersign.Call{To: token}, countersign.Call{To: "0x" + strings.Repeat("1", 40)}
	batch := func(calls ...countersign.Call) countersign.Approval {
		a := request()
		a.Activity.Transfer, a.Activity.Operations = nil, calls
		return a
	}
	for name, tt := range map[string]struct {
		a  countersign.Approval
		in bool
	}{
		"a call of it":                     {called(token), true},
		"a call of another":                {called(other.To), false},
		"a creation":                       {called(""), false},
		"a batch of it":                    {batch(one, one), true},
		"a batch of it and of another one": {batch(one, other), false},
	} {
		c := compose.FirstMatch("c", "1", compose.Section{Name: "s", When: when, Book: says("s", yes)})
		if got := decide(t, c, tt.a, wallets{}).Decision; (got.Code != countersign.NoRule) != tt.in {
			t.Errorf("%s: %+v, in the section: want %t", name, got, tt.in)
		}
	}
}

func TestModes(t *testing.T) {
	for _, tt := range []struct {
		name  string
		mode  compose.Mode
		says  []rules.Decision
		want  countersign.Verdict
		books int // with the composite
	}{
		{"the first that matches decides", compose.First, []rules.Decision{yes, no}, countersign.Approve, 2},
		{"and abstains for all", compose.First, []rules.Decision{maybe, yes}, countersign.Abstain, 2},
		{"all approve", compose.All, []rules.Decision{yes, yes}, countersign.Approve, 3},
		{"one abstains", compose.All, []rules.Decision{yes, maybe, yes}, countersign.Abstain, 4},
		{"one rejects", compose.All, []rules.Decision{maybe, no, yes}, countersign.Reject, 4},
		{"one says nothing", compose.All, []rules.Decision{yes, {}}, countersign.Abstain, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &compose.Composite{Name: "c", Version: "1", Mode: tt.mode}
			for i, d := range tt.says {
				name := string(rune('a' + i))
				c.Sections = append(c.Sections, compose.Section{Name: name, Book: says(name, d)})
			}
			if err := c.Check(); err != nil {
				t.Fatal(err)
			}
			got := decide(t, c, request(), wallets{})
			if got.Decision.Verdict != tt.want || len(got.Books) != tt.books || got.Books[0] != "c" || len(got.Claims) != tt.books-1 || len(got.Rules) != 1 {
				t.Errorf("decided %+v by %v (%v) with %d claims", got.Decision, got.Books, got.Rules, len(got.Claims))
			}
		})
	}
}

func TestNoSectionIsNoApproval(t *testing.T) {
	for _, c := range []*compose.Composite{
		compose.FirstMatch("c", "1", compose.Section{Name: "s", When: compose.Match{Networks: []string{"Other"}}, Book: says("s", yes)}),
		compose.AllMustPass("c", "1", compose.Section{Name: "s", When: compose.Match{Networks: []string{"Other"}}, Book: says("s", yes)}),
		{Name: "c", Version: "1"},
	} {
		if got := decide(t, c, request(), wallets{}).Decision; got.Verdict != countersign.Abstain || got.Code != countersign.NoRule {
			t.Errorf("decided %+v, want no_rule", got)
		}
	}
}

// A wallet that nobody can tell the tags of falls into no section, and the rest must
// not approve it.
func TestUnknownTagsApproveNothing(t *testing.T) {
	c := compose.FirstMatch("c", "1",
		compose.Section{Name: "cold", When: compose.Match{WalletTags: []string{"cold"}}, Book: says("cold", no)},
		compose.Otherwise(says("rest", yes)))
	if got := decide(t, c, request(), wallets{}).Decision; got.Verdict != countersign.Approve {
		t.Errorf("decided %+v", got)
	}
	if got := decide(t, c, request(), wallets{err: errors.New("away")}).Decision; got.Code != countersign.WalletUnavailable {
		t.Errorf("decided %+v, want wallet_unavailable", got)
	}
}

func TestCheckReportsEveryMistake(t *testing.T) {
	c := &compose.Composite{Mode: "some", Sections: []compose.Section{
		{Name: "a", Book: &rules.Book{}},
		{Name: "a", When: compose.Match{Networks: []string{""}, Contracts: []string{"0x12"}, Assets: []rules.Asset{{}}}},
	}}
	err := c.Check()
	if !errors.Is(err, compose.ErrComposite) {
		t.Fatalf("Check = %v", err)
	}
	for _, want := range []string{"name \"\"", "mode", "twice", "empty value", "contracts: not an EVM address", "assets: network", "no book", "no contracts and no transfers"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if err := compose.FirstMatch("c", "1").Check(); !errors.Is(err, compose.ErrComposite) {
		t.Errorf("without sections: %v", err)
	}
}

func TestTheDigestIsThatOfAllParts(t *testing.T) {
	build := func(change func(*compose.Composite)) string {
		c := compose.FirstMatch("c", "1", compose.Section{Name: "a", When: compose.Match{Networks: []string{"Net"}}, Book: says("a", yes)}, compose.Otherwise(says("b", yes)))
		change(c)
		return c.About().Digest
	}
	first := build(func(*compose.Composite) {})
	if len(first) != 64 || build(func(*compose.Composite) {}) != first {
		t.Fatalf("digest %q is not stable", first)
	}
	for name, change := range map[string]func(*compose.Composite){
		"mode":          func(c *compose.Composite) { c.Mode = compose.All },
		"order":         func(c *compose.Composite) { c.Sections[0], c.Sections[1] = c.Sections[1], c.Sections[0] },
		"match":         func(c *compose.Composite) { c.Sections[0].When.Networks = []string{"Other"} },
		"book":          func(c *compose.Composite) { c.Sections[0].Book = says("z", yes) },
		"one less":      func(c *compose.Composite) { c.Sections = c.Sections[:1] },
		"an undigested": func(c *compose.Composite) { c.Sections[0].Book.(*rules.Book).Source = nil },
	} {
		if got := build(change); got == first || name == "an undigested" && got != "" {
			t.Errorf("%s: digest %q", name, got)
		}
	}
}
