package lint_test

import (
	"context"
	"strings"
	"testing"

	"countersign/calldata"
	"countersign/calldata/risk"
	"countersign/chain/codepin"
	"countersign/rules"
	"countersign/rules/compose"
	"countersign/rules/lint"
)

const token = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"

func approve(context.Context, *rules.Request) rules.Decision { return rules.Approve("fine") }

// clean is a book without findings.
func clean(change ...func(*rules.Contract)) *rules.Book {
	c := rules.Contract{
		Network: "Net", Address: token, Name: "TUSD", ABI: calldata.MustABI("mint(address to,uint256 amount)"), Code: &codepin.Pin{},
		Functions: map[string]rules.Rule{"mint(address,uint256)": approve},
		Risks:     map[string]risk.Set{"mint(address,uint256)": risk.Recipient},
	}
	for _, f := range change {
		f(&c)
	}
	return &rules.Book{Name: "b", Version: "1", Contracts: []rules.Contract{c}, Source: map[string][]byte{"f": nil}}
}

func functions(c *rules.Contract, rule rules.Rule, signatures ...string) {
	c.ABI, c.Functions, c.Risks = calldata.MustABI(signatures...), map[string]rules.Rule{}, map[string]risk.Set{}
	for _, f := range c.ABI.Functions() {
		c.Functions[f.Signature] = rule
		c.Risks[f.Signature] = risk.Always(f)
	}
}

func section(name string, when compose.Match) compose.Section {
	return compose.Section{Name: name, When: when, Book: clean()}
}

func TestFindings(t *testing.T) {
	eth, both := compose.Match{Networks: []string{"Ethereum"}}, compose.Match{Networks: []string{"ETHEREUM", "Base"}}
	for _, tt := range []struct {
		name string
		in   rules.Decider
		want string // code and a part of where, of the first finding; empty for none
	}{
		{"a clean book", clean(), ""},
		{"a rule whose function always carries a risk that is not named", clean(func(c *rules.Contract) { c.Risks = nil }), "never_approves mint"},
		{"an approve may revoke: its risk depends on the amount", clean(func(c *rules.Contract) { functions(c, approve, "approve(address spender,uint256 amount)") }), ""},
		{"Inner for what is no wrapper", clean(func(c *rules.Contract) { functions(c, rules.Inner, "poke(uint256 a)") }), "never_approves poke"},
		{"Inner for a wrapper", clean(func(c *rules.Contract) { functions(c, rules.Inner, "multicall(bytes[] data)") }), ""},
		{"a diamond's function without a facet", clean(func(c *rules.Contract) { c.Code = &codepin.Pin{Proxy: codepin.Diamond} }), "never_approves mint"},
		{"a contract without rules", clean(func(c *rules.Contract) { c.Functions, c.Risks = nil, nil }), "dead TUSD"},
		{"a function without a rule", clean(func(c *rules.Contract) {
			c.ABI = calldata.MustABI("mint(address to,uint256 amount)", "burn(uint256 amount)")
		}), "without_rule burn"},
		{"code that is not pinned", clean(func(c *rules.Contract) { c.Code = nil }), "without_code TUSD"},
		{"one network in two spellings", &rules.Book{Name: "b", Source: map[string][]byte{"f": nil}, Transfers: []rules.Asset{
			{Network: "Net", Kind: "Native", Rule: approve}, {Network: "net", Kind: "Erc20", Locator: token, Rule: approve},
		}}, "unknown_network b"},
		{"no source", &rules.Book{Name: "b"}, "not_digested b"},
		{"no screening", &rules.Book{Name: "b", Source: map[string][]byte{"f": nil}, Unscreened: "internal"}, "not_screened b"},
		{"sections side by side", compose.FirstMatch("c", "1", section("a", eth), compose.Otherwise(clean())), ""},
		{"a section behind a wider one", compose.FirstMatch("c", "1", section("wide", both), section("narrow", eth), compose.Otherwise(clean())), "shadowed narrow"},
		{"a section behind everything", compose.FirstMatch("c", "1", section("all", compose.Match{}), section("late", eth)), "shadowed late"},
		{"a wider section behind a narrow one", compose.FirstMatch("c", "1", section("narrow", eth), section("wide", both), compose.Otherwise(clean())), ""},
		{"where all must pass nothing is shadowed", compose.AllMustPass("c", "1", section("all", compose.Match{}), section("also", eth)), ""},
		{"a contract and an asset at once", compose.FirstMatch("c", "1", section("x", compose.Match{
			Contracts: []string{token}, Assets: []rules.Asset{{Network: "Net", Kind: "Native"}},
		}), compose.Otherwise(clean())), "unreachable x"},
		{"no default", compose.FirstMatch("c", "1", section("a", eth)), "no_default c"},
		{"a mistake in a book inside", compose.FirstMatch("c", "1", compose.Otherwise(clean(func(c *rules.Contract) { c.Risks = nil }))), "never_approves mint"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := lint.Lint(tt.in)
			if tt.want == "" {
				if len(got) != 0 {
					t.Errorf("findings %+v, want none", got)
				}
				return
			}
			code, where, _ := strings.Cut(tt.want, " ")
			if len(got) == 0 || string(got[0].Code) != code || !strings.Contains(got[0].Where, where) || got[0].What == "" {
				t.Errorf("findings %+v, want %s", got, tt.want)
			}
			mistakes := map[lint.Code]bool{lint.Shadowed: true, lint.Unreachable: true, lint.NeverApproves: true, lint.UnknownNetwork: true}
			if len(got) > 0 && got[0].Mistake != mistakes[got[0].Code] {
				t.Errorf("%s: a mistake: %t", got[0].Code, got[0].Mistake)
			}
		})
	}
}
