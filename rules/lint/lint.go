// Package lint finds what is wrong with a rule book that is not wrong enough to keep
// it from starting: sections that no request reaches, rules that can never approve,
// entries that nothing uses. A book that says what it does not do is read wrongly by
// the next person who changes it.
package lint

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"countersign/calldata"
	"countersign/calldata/calltree"
	"countersign/calldata/risk"
	"countersign/chain/codepin"
	"countersign/rules"
	"countersign/rules/compose"
)

// A Code names a kind of finding. Wire format: add, never rename.
type Code string

// The kinds of findings.
const (
	Shadowed       Code = "shadowed"        // an earlier section takes every request of this one
	Unreachable    Code = "unreachable"     // no request can fall into the section
	Dead           Code = "dead"            // an entry that decides nothing
	NeverApproves  Code = "never_approves"  // a rule that can only abstain or reject
	NoDefault      Code = "no_default"      // what falls into no section is left to people
	WithoutRule    Code = "without_rule"    // a pinned function that is decoded and then left to people
	WithoutPin     Code = "without_code"    // a contract whose code is not pinned
	NotScreened    Code = "not_screened"    // a book whose approvals are not screened
	NotDigested    Code = "not_digested"    // a book whose source has no digest
	UnknownNetwork Code = "unknown_network" // a network that is spelled in two ways
)

// A Finding is one thing to look at.
type Finding struct {
	Code Code `json:"code"`
	// Mistake is true for what is certainly not meant; the others are to be known.
	Mistake bool `json:"mistake"`
	// Where is the book, section, contract, function or asset.
	Where string `json:"where"`
	// What says it for people, with the remedy.
	What string `json:"what"`
}

// Lint returns the findings, mistakes first, in the order of the book.
func Lint(d rules.Decider) []Finding {
	l := &linter{}
	l.decider(d)
	slices.SortStableFunc(l.findings, func(a, b Finding) int {
		switch {
		case a.Mistake == b.Mistake:
			return 0
		case a.Mistake:
			return -1
		}
		return 1
	})
	return l.findings
}

type linter struct {
	findings []Finding
	seen     []*rules.Book
}

func (l *linter) add(code Code, mistake bool, where, format string, args ...any) {
	l.findings = append(l.findings, Finding{code, mistake, where, fmt.Sprintf(format, args...)})
}

func (l *linter) decider(d rules.Decider) {
	switch d := d.(type) {
	case *compose.Composite:
		l.composite(d)
	case *rules.Book:
		if !slices.Contains(l.seen, d) {
			l.seen = append(l.seen, d)
			l.book(d)
		}
	}
}

func (l *linter) composite(c *compose.Composite) {
	for i, s := range c.Sections {
		where := c.Name + "/" + s.Name
		if len(s.When.Contracts) > 0 && len(s.When.Assets) > 0 {
			l.add(Unreachable, true, where, "it wants a contract and an asset: a request is a call or a plain transfer, never both; make two sections")
		}
		for _, earlier := range c.Sections[:i] {
			if c.Mode == compose.First && earlier.When.Covers(s.When) {
				l.add(Shadowed, true, where, "section %q (%s) takes all that falls into it (%s): put this one first", earlier.Name, earlier.When, s.When)
				break
			}
		}
		l.decider(s.Book)
	}
	last := len(c.Sections) - 1
	if c.Mode == compose.First && last >= 0 && c.Sections[last].When.String() != (compose.Match{}).String() {
		l.add(NoDefault, false, c.Name, "what falls into no section is left to people; compose.Otherwise would say what happens to it")
	}
}

func (l *linter) book(b *rules.Book) {
	if b.Digest() == "" {
		l.add(NotDigested, false, b.Name, "no Source: decisions cannot show which source and configuration made them")
	}
	if b.Unscreened != "" {
		l.add(NotScreened, false, b.Name, "addresses are not screened: %s", b.Unscreened)
	}
	l.networks(b)
	for _, c := range b.Contracts {
		l.contract(b, c)
	}
}

// networks finds one network in two spellings: rules are found in any case, but
// records and halts have the name as it is written.
func (l *linter) networks(b *rules.Book) {
	spelled := map[string]string{}
	add := func(n string) {
		first, known := spelled[strings.ToLower(n)]
		if known && first != n {
			l.add(UnknownNetwork, true, b.Name, "network %q is also written %q: names of rules would differ; write it as the custodian does", n, first)
		}
		if !known {
			spelled[strings.ToLower(n)] = n
		}
	}
	for _, c := range b.Contracts {
		add(c.Network)
	}
	for _, t := range b.Transfers {
		add(t.Network)
	}
}

func (l *linter) contract(b *rules.Book, c rules.Contract) {
	where := b.Name + "/" + c.RuleName("")
	where = strings.TrimSuffix(where, "/")
	if len(c.Functions) == 0 && len(c.Messages) == 0 {
		l.add(Dead, false, where, "no function and no message has a rule: calls are decoded and then left to people")
	}
	if c.Code == nil {
		l.add(WithoutPin, false, where, "its code is not pinned: behind a proxy the ABI may stop being true (countersign pin)")
	}
	if c.ABI == nil {
		return
	}
	for _, f := range c.ABI.Functions() {
		if c.Functions[f.Signature] == nil && len(c.Functions) > 0 {
			l.add(WithoutRule, false, where+"/"+f.Signature, "it is decoded and then left to people")
		}
	}
	for _, sig := range slices.Sorted(maps.Keys(c.Functions)) {
		if f, ok := c.ABI.Function(sig); ok {
			l.function(where+"/"+sig, c, f)
		}
	}
}

// function finds what keeps every call of a function from being approved.
func (l *linter) function(where string, c rules.Contract, f *calldata.Function) {
	wrapper := slices.Contains(calltree.Wrappers(), f.Signature)
	if missing := risk.Always(f) &^ c.Risks[f.Signature]; missing != 0 {
		l.add(NeverApproves, true, where, "every call of it carries %s, which Risks does not name", missing)
	}
	if !wrapper && reflect.ValueOf(c.Functions[f.Signature]).Pointer() == reflect.ValueOf(rules.Inner).Pointer() {
		l.add(NeverApproves, true, where, "its rule asks the calls inside, and the function is not known to make any")
	}
	if c.Code != nil && c.Code.Proxy == codepin.Diamond {
		if _, covered := c.Code.Facets[f.Selector.String()]; !covered {
			l.add(NeverApproves, true, where, "the pin of the diamond has no facet for %s", f.Selector)
		}
	}
}
