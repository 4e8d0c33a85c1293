package erc7730

import (
	"cmp"
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
	inner []*entry // of a group
	group bool

	literal string
	show    rule
	format  *formatter // nil only for fields that are never shown
}

// A rule says when a field is shown: "always", "optional" (here too), "never", "ifNotIn"
// some values, or "mustMatch", which is never but the value must be one of some.
type rule struct {
	when   string
	values []any
}

func (r rule) hides() bool { return r.when == "never" || r.when == "mustMatch" }

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
	if i := o.text("iteration"); !slices.Contains([]string{"", "sequential", "bundled"}, i) { // elements are numbered
		o.fail("iteration %.40q is not known", i)
	}
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
	if e.format = c.formatter(o); e.format == nil && !e.show.hides() {
		o.fail("format: is missing")
	}
	return e
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
func (c *compiler) rule(o *object) (r rule) {
	if word, isText := o.left["visible"].(string); isText || !o.has("visible") {
		o.take("visible")
		if r.when = cmp.Or(word, "always"); !slices.Contains([]string{"always", "optional", "never"}, r.when) {
			o.fail("visible %.40q is not known", word)
		}
		return r
	}
	v := o.object("visible")
	if r.when = "mustMatch"; v.has("ifNotIn") {
		r.when = "ifNotIn"
	}
	if len(v.left) != 1 {
		o.fail("visible: want one rule")
	}
	r.values = slices.Concat(take[[]any](v, "ifNotIn"), take[[]any](v, "mustMatch"), take[[]any](v, "mustBe"))
	v.rest()
	for i := range r.values {
		r.values[i] = c.constant(o, r.values[i])
	}
	return r
}

// shows reports whether the field is shown with a value, which must be one that the
// rule allows.
func (s *scope) shows(r rule, d datum) bool {
	s.spend(1 + len(r.values))
	in := slices.ContainsFunc(r.values, d.equal)
	if r.when == "mustMatch" && !in {
		s.fail("the value %.80s is none of %.80v", d.key(), r.values)
	}
	return !r.hides() && !in
}

// leading returns the fields that show what is at a path, or a part of it.
func leading(list []*entry, p string) (out []*entry) {
	for _, e := range list {
		if !e.group && p != "" && (e.full == p || strings.HasPrefix(e.full, p+".")) {
			out = append(out, e)
		}
		out = append(out, leading(e.inner, p)...)
	}
	return out
}
