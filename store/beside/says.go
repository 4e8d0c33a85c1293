package beside

import (
	"bytes"
	"context"
	"encoding/json"

	"countersign/audit"
)

// A named is evidence that a record names by its digest.
type named struct {
	digest string
	index  int64
	key    string
	// lists says that the evidence itself names more.
	lists bool
}

// listKind and budgetsKind are those of package rules/services: evidence that is a list of
// evidence, and balances that a record has no room for.
const (
	listKind    = "list"
	budgetsKind = "budgets"
)

// A booking is a step of the ledger that a record names.
type booking struct {
	entry, digest string
	index         int64
	key           string
}

// says collects what a record names, and looks it up once there is enough of it.
func (c *checker) says(ctx context.Context, r row) error {
	for _, n := range r.told.named {
		c.named = append(c.named, named{digest: n.String(), index: r.index, key: r.signed.Key, lists: n.List})
	}
	for _, one := range r.told.bookings {
		one.index, one.key = r.index, r.signed.Key
		c.steps = append(c.steps, one)
	}
	if r.told.decision != nil {
		c.takes = append(c.takes, *r.told.decision)
	}
	return c.flush(ctx, batch)
}

// evidenceOf reads a list of evidence, nothing where it is none.
func evidenceOf(list []byte) (all []audit.Evidence) {
	if len(list) > 0 && json.Unmarshal(list, &all) != nil {
		return nil
	}
	return all
}

// members are those of a JSON object, none where it is no object.
func members(object []byte) (all map[string]json.RawMessage) {
	if len(object) > 0 && json.Unmarshal(object, &all) != nil {
		return nil
	}
	return all
}

// text is a JSON text, empty where it is none.
func text(value json.RawMessage) (s string) {
	if len(value) > 0 && json.Unmarshal(value, &s) != nil {
		return ""
	}
	return s
}

// bookings are the steps that a body names: itself, or one of its members. Most bodies have no
// such member, however it is spelled, and need not be read.
func bookings(object []byte) (all []booking) {
	if !bytes.Contains(object, []byte("step_sha256")) && !bytes.Contains(object, []byte(`\u`)) {
		return nil
	}
	body := members(object)
	if digest := text(body["step_sha256"]); digest != "" {
		all = append(all, booking{entry: text(body["entry"]), digest: digest})
	}
	for _, name := range []string{"held", "posted", "released", "reversed"} {
		if step := members(body[name]); text(step["step_sha256"]) != "" {
			all = append(all, booking{entry: text(step["entry"]), digest: text(step["step_sha256"])})
		}
	}
	return all
}
