package rules

import (
	"countersign"
	"countersign/chain/codepin"
)

// pins returns the code pins of every contract in the request, each once, or an
// abstention when a diamond's pin does not cover the function that is called.
func (r *Request) pins() (pins []codepin.Pin, d Decision) {
	seen := map[string]bool{}
	add := func(c Contract) (codepin.Pin, bool) {
		p, pinned := c.pin()
		if pinned && !seen[c.Address] {
			pins = append(pins, p)
		}
		seen[c.Address] = pinned
		return p, pinned
	}
	var visit func(c *Call)
	visit = func(c *Call) {
		p, pinned := add(c.Contract)
		selector, called := c.node.Selector()
		if pinned && called && p.Proxy == codepin.Diamond && d.Verdict == "" {
			if _, covered := p.Facets[selector.String()]; !covered {
				d = Abstain(countersign.CodeUnverified, "the pin of diamond %s has no facet for %s", p.Address, c.Function())
			}
		}
		for _, inner := range c.Inside {
			visit(inner)
		}
	}
	if r.Call != nil {
		visit(r.Call)
	}
	if r.Message != nil {
		add(r.Message.Contract)
		for _, c := range r.Message.Inside {
			visit(c)
		}
	}
	return pins, d
}
