package erc7730

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// An entry is one field of a format, or a group of them.
type entry struct {
	full  string // where it leads, as normal has it; empty for a literal
	path  *path  // nil for a literal and for a group that does not move
	label string

	inner   []*entry // of a group
	group   bool
	bundled bool // the lists of a group must be of one length

	literal string
	show    rule
	format  *formatter // nil only for fields that are never shown
}

// A rule says when a field is shown.
type rule struct {
	when   when
	values []any
}

type when uint8

const (
	always   when = iota
	optional      // shown here: there is room
	never
	ifNotIn   // shown unless the value is one of some
	mustMatch // never shown, and the value must be one of some
)

// fields compiles the fields of a format or group. outer is the path that they are
// relative to.
func (c *compiler) fields(o *object, outer string, depth int) (out []*entry) {
	if depth > 8 {
		o.fail("groups are nested deeper than 8")
		return nil
	}
	for i, v := range take[[]any](o, "fields") {
		m := &mistake{}
		f := objectOf(m, v, "field")
		if f.has("fields") {
			out = append(out, c.group(f, outer, depth))
		} else {
			out = append(out, c.field(f, outer))
		}
		f.rest()
		if m.err != nil {
			o.fail("field %d: %w", i, m.err)
		}
	}
	return out
}

func (c *compiler) group(o *object, outer string, depth int) *entry {
	e := &entry{group: true, label: o.text("label")}
	if o.has("path") {
		text := o.text("path")
		e.path, outer = o.path(text), within(outer, text)
	}
	iteration := o.text("iteration")
	if !slices.Contains([]string{"", "sequential", "bundled"}, iteration) {
		o.fail("iteration %.40q is not known", iteration)
	}
	e.bundled = iteration == "bundled"
	e.inner = c.fields(o, outer, depth+1)
	return e
}

func (c *compiler) field(o *object, outer string) *entry {
	c.follow(o)
	e := &entry{}
	text := o.text("path")
	switch {
	case o.has("value") == (text != ""):
		o.fail("want either a path or a value")
	case text != "":
		e.path, e.full = o.path(text), normal(within(outer, text))
	default:
		// Nothing in the call stands behind it, so it says where it is from.
		e.literal = Plain(fmt.Sprint(c.constant(o, o.take("value"))), maxText) + " (constant of the descriptor)"
	}
	if e.label = o.text("label"); e.label == "" {
		e.label = text
	}
	e.label = Plain(e.label, maxLabel)
	o.text("separator") // elements are numbered instead
	if o.has("encryption") {
		o.fail("encryption: encrypted fields are not supported")
	}
	e.show = c.rule(o)
	if e.format = c.formatter(o); e.format == nil && e.show.when != never && e.show.when != mustMatch {
		o.fail("format: is missing")
	}
	return e
}

func (o *object) path(text string) *path {
	p, err := parsePath(text)
	if err != nil {
		o.fail("%w", err)
	}
	return p
}

// follow replaces a reference to a common definition by what it stands for, under
// the field's own members. Members of params are replaced one by one.
func (c *compiler) follow(o *object) {
	ref := o.text("$ref")
	if ref == "" {
		return
	}
	key, ok := strings.CutPrefix(ref, "$.display.definitions.")
	definition, found := c.definitions[key].(map[string]any)
	if !ok || !found || definition["$ref"] != nil {
		o.fail("$ref %.80q leads to no definition", ref)
	}
	own, _ := o.left["params"].(map[string]any)
	if common, ok := definition["params"].(map[string]any); ok && own != nil {
		common = maps.Clone(common)
		maps.Copy(common, own)
		o.left["params"] = common
	}
	for k, v := range definition {
		if !o.has(k) && v != nil {
			o.left[k] = v
		}
	}
}

// constant returns a JSON scalar, or what a reference to a constant leads to.
func (c *compiler) constant(o *object, v any) any {
	if ref, _ := v.(string); strings.HasPrefix(ref, "$.") {
		v = c.constants[strings.TrimPrefix(ref, "$.metadata.constants.")]
	}
	switch v.(type) {
	case string, json.Number, bool:
	default:
		o.fail("%.80v is no constant", v)
	}
	return v
}

// rule reads when a field is shown. mustBe is what schema 2.0 calls mustMatch.
func (c *compiler) rule(o *object) rule {
	if word, isText := o.left["visible"].(string); isText || !o.has("visible") {
		o.take("visible")
		w, known := map[string]when{"": always, "always": always, "optional": optional, "never": never}[word]
		if !known {
			o.fail("visible %.40q is not known", word)
		}
		return rule{when: w}
	}
	v := o.object("visible")
	if len(v.left) != 1 {
		o.fail("visible: want one rule")
	}
	w := mustMatch
	if v.has("ifNotIn") {
		w = ifNotIn
	}
	values := slices.Concat(take[[]any](v, "ifNotIn"), take[[]any](v, "mustMatch"), take[[]any](v, "mustBe"))
	v.rest()
	for i := range values {
		values[i] = c.constant(o, values[i])
	}
	return rule{w, values}
}

// shows reports whether the field is shown with a value, which must be one that the
// rule allows.
func (s *scope) shows(r rule, d datum) bool {
	in := slices.ContainsFunc(r.values, d.equal)
	if r.when == mustMatch && !in {
		s.fail("the value %.80s is none of %.80v", d.key(), r.values)
	}
	return r.when != never && r.when != mustMatch && !in
}

// leads reports whether a field shows what is at a path, or a part of it.
func (e *entry) leads(p string) bool {
	return !e.group && (e.full == p || strings.HasPrefix(e.full, p+".")) && p != ""
}

func walk(list []*entry, visit func(*entry)) {
	for _, e := range list {
		visit(e)
		walk(e.inner, visit)
	}
}
