package chain

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign/chain/codepin"
)

// An examination holds pins against the state, one after another.
type examination struct {
	state   *state
	pins    []codepin.Pin
	pin     codepin.Pin // the one in hand
	changed []*Mismatch
	unknown []error // each text once
}

// err joins all that changed, and what is unknown as far as it helps: a node that
// refuses one read often refuses all.
func (x *examination) err() error {
	var errs []error
	for _, m := range x.changed {
		errs = append(errs, m)
	}
	const enough = 5
	errs = append(errs, x.unknown[:min(enough, len(x.unknown))]...)
	if more := len(x.unknown) - enough; more > 0 {
		errs = append(errs, fmt.Errorf("%w: %d more reads", codepin.ErrUnknown, more))
	}
	return errors.Join(errs...)
}

// questions are all that a pin needs answered, so that one batch does. What it
// points to is asked for where the pin says that it is; if that is not where the
// chain points, that is the mismatch.
func questionsOf(p codepin.Pin) []question {
	self := lower(p.Address)
	qs := marks(self)
	switch p.Proxy {
	case "", codepin.EIP1167:
	case codepin.EIP1967Beacon:
		qs = append(append(qs, marks(lower(p.Beacon))...), callTo(lower(p.Beacon), implementationCall))
	case codepin.Diamond:
		for _, selector := range slices.Sorted(maps.Keys(p.Facets)) {
			qs = append(qs, callTo(self, facetCall(selector)), codeOf(lower(p.Facets[selector].Address)))
		}
	default:
		qs = append(qs, slotOf(self, slotOfKind(p.Proxy)))
	}
	if p.Implementation != "" {
		qs = append(qs, codeOf(lower(p.Implementation)))
	}
	return qs
}

// examine compares everything that is pinned. Without code there is nothing more to
// compare.
func (x *examination) examine() {
	self := lower(x.pin.Address)
	if !x.code("code_hash", self, x.pin.CodeHash) {
		return
	}
	x.kinds()
	switch x.pin.Proxy {
	case "":
	case codepin.Diamond:
		for _, selector := range slices.Sorted(maps.Keys(x.pin.Facets)) {
			f, field := x.pin.Facets[selector], "facets."+selector
			if x.points(field+".address", callTo(self, facetCall(selector)), f.Address) {
				x.code(field+".code_hash", lower(f.Address), f.CodeHash)
			}
		}
	case codepin.EIP1967Beacon:
		if x.beacon(self, lower(x.pin.Beacon)) {
			x.code("implementation_code_hash", lower(x.pin.Implementation), x.pin.ImplementationCodeHash)
		}
	default:
		if x.implementation(self) {
			x.code("implementation_code_hash", lower(x.pin.Implementation), x.pin.ImplementationCodeHash)
		}
	}
}

// beacon compares which beacon a proxy asks, and what that answers.
func (x *examination) beacon(self, beacon string) bool {
	return x.points("beacon", slotOf(self, slotOfKind(codepin.EIP1967Beacon)), beacon) &&
		x.code("beacon_code_hash", beacon, x.pin.BeaconCodeHash) &&
		x.bears("beacon", beacon, "no proxy, or one with a pin of its own", pinnedKinds(x.pins, beacon)) &&
		x.points("implementation", callTo(beacon, implementationCall), x.pin.Implementation)
}

// implementation compares where a proxy points that has it in a slot or in its
// code.
func (x *examination) implementation(self string) bool {
	if x.pin.Proxy != codepin.EIP1167 {
		return x.points("implementation", slotOf(self, slotOfKind(x.pin.Proxy)), x.pin.Implementation)
	}
	c, err := x.state.contract(self)
	if err != nil {
		return x.fail(err)
	}
	got, ok := minimal(c.code)
	if !ok {
		return x.mismatch("proxy", string(codepin.EIP1167), "code that is no minimal proxy")
	}
	return x.equal("implementation", lower(x.pin.Implementation), got)
}

// kinds compares the kind of proxy. Who pins the code of a proxy alone has pinned
// nothing, so a pin without a kind allows none.
func (x *examination) kinds() {
	if x.pin.Proxy == "" {
		x.bears("proxy", lower(x.pin.Address), "no proxy", nil)
		return
	}
	x.bears("proxy", lower(x.pin.Address), string(x.pin.Proxy), pinnedKinds(x.pins, x.pin.Address))
}

// bears demands that a contract bears the marks of no kind of proxy but those
// allowed: a second slot may be the one that counts.
func (x *examination) bears(field, address, want string, allowed []codepin.ProxyKind) bool {
	found, err := x.state.kinds(address)
	if err != nil {
		return x.fail(err)
	}
	for _, kind := range found {
		if !slices.Contains(allowed, kind) {
			return x.mismatch(field, want, join(found))
		}
	}
	return true
}

// code compares the code at an address, and returns whether there is any: other code
// than was pinned may still be asked where it points, for people to see. A pin that
// has no hash wants code all the same.
func (x *examination) code(field, address, hash string) bool {
	c, err := x.state.contract(address)
	if err != nil {
		return x.fail(err)
	}
	if c.flaw != "" {
		return x.mismatch(field, cmp.Or(hash, "code"), c.flaw)
	}
	if hash != "" {
		x.equal(field, hash, c.hash)
	}
	return true
}

// points compares where a slot or a call points.
func (x *examination) points(field string, q question, want string) bool {
	got, err := x.state.pointer(q)
	if err != nil {
		return x.fail(err)
	}
	return x.equal(field, lower(want), got)
}

func (x *examination) equal(field, want, got string) bool {
	return want == got || x.mismatch(field, want, got)
}

// mismatch and fail return false, so that a comparison can end in them.
func (x *examination) mismatch(field, want, got string) bool {
	x.changed = append(x.changed, &Mismatch{Address: lower(x.pin.Address), Field: field, Want: want, Got: got})
	return false
}

func (x *examination) fail(err error) bool {
	if !slices.ContainsFunc(x.unknown, func(e error) bool { return e.Error() == err.Error() }) {
		x.unknown = append(x.unknown, err)
	}
	return false
}

func join(kinds []codepin.ProxyKind) string {
	texts := make([]string, len(kinds))
	for i, k := range kinds {
		texts[i] = string(k)
	}
	return strings.Join(texts, " and ")
}
