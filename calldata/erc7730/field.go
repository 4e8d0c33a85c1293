package erc7730

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
)

// An entry is one field of a format, or a group of them.
type entry struct {
	full  string // where it leads, as normal has it; empty for a literal
	path  *path  // nil for a literal and for a group that does not move
	label string

	group   bool
	bundled bool
	inner   []*entry

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

// fields compiles a list of fields. outer is the path of the group that they are in.
func (c *compiler) fields(list []any, outer string, depth int) ([]*entry, error) {
	if depth > 8 {
		return nil, errors.New("groups: nested deeper than 8")
	}
	out := make([]*entry, len(list))
	for i, v := range list {
		o, err := objectOf(v, "field")
		if err != nil {
			return nil, err
		}
		if _, isGroup := o.left["fields"]; isGroup {
			out[i], err = c.group(o, outer, depth)
		} else {
			out[i], err = c.field(o, outer)
		}
		if err != nil {
			return nil, fmt.Errorf("field %d: %w", i, err)
		}
	}
	return out, nil
}

func (c *compiler) group(o *object, outer string, depth int) (*entry, error) {
	e := &entry{group: true, full: normal(outer)}
	text, err := o.text("path")
	if err != nil {
		return nil, err
	}
	if text != "" {
		outer = within(outer, text)
		e.full = normal(outer)
		if e.path, err = parsePath(text); err != nil {
			return nil, err
		}
	}
	if e.label, err = o.text("label"); err != nil {
		return nil, err
	}
	iteration, err := o.text("iteration")
	switch e.bundled = iteration == "bundled"; {
	case err != nil:
		return nil, err
	case iteration != "" && iteration != "sequential" && iteration != "bundled":
		return nil, fmt.Errorf("iteration %.40q is not known", iteration)
	}
	list, err := o.list("fields")
	if err != nil {
		return nil, err
	}
	if e.inner, err = c.fields(list, outer, depth+1); err != nil {
		return nil, err
	}
	return e, o.rest()
}

func (c *compiler) field(o *object, outer string) (*entry, error) {
	if err := c.follow(o); err != nil {
		return nil, err
	}
	e := &entry{}
	text, err := o.text("path")
	if err != nil {
		return nil, err
	}
	value, isLiteral := o.take("value")
	switch {
	case isLiteral == (text != ""):
		return nil, errors.New("want either a path or a value")
	case isLiteral:
		if e.literal, err = c.literal(value); err != nil {
			return nil, err
		}
	default:
		e.full = normal(within(outer, text))
		if e.path, err = parsePath(text); err != nil {
			return nil, err
		}
	}
	label, err := o.text("label")
	if err != nil {
		return nil, err
	}
	if e.label = Plain(label, maxLabel); label == "" {
		e.label = Plain(text, maxLabel)
	}
	if _, err := o.text("separator"); err != nil { // elements are numbered instead
		return nil, err
	}
	if _, found := o.take("encryption"); found {
		return nil, errors.New("encryption: encrypted fields are not supported")
	}
	if e.show, err = ruleOf(o); err != nil {
		return nil, err
	}
	if e.format, err = c.formatter(o); err != nil {
		return nil, err
	}
	if e.format == nil && e.show.when != never && e.show.when != mustMatch {
		return nil, errors.New("format: is missing")
	}
	return e, o.rest()
}

// follow replaces a reference to a common definition by what it stands for, under
// the field's own members. Members of params are replaced one by one.
func (c *compiler) follow(o *object) error {
	ref, err := o.text("$ref")
	if err != nil || ref == "" {
		return err
	}
	key, ok := strings.CutPrefix(ref, "$.display.definitions.")
	definition, err := objectOf(c.definitions[key], "definition")
	if !ok || err != nil {
		return fmt.Errorf("$ref %.80q leads to no definition", ref)
	}
	if _, again := definition.left["$ref"]; again {
		return fmt.Errorf("$ref %.80q: a definition may not refer to another", ref)
	}
	own, _ := o.left["params"].(map[string]any)
	common, _ := definition.left["params"].(map[string]any)
	if own != nil && common != nil {
		merged := maps.Clone(common)
		maps.Copy(merged, own)
		o.left["params"] = merged
	}
	for k, v := range definition.left {
		if _, found := o.left[k]; !found {
			o.left[k] = v
		}
	}
	return nil
}

// literal is a constant that the descriptor shows as if it were a field. It says so,
// because nothing in the call stands behind it.
func (c *compiler) literal(v any) (string, error) {
	v, err := c.constant(v)
	if err != nil {
		return "", err
	}
	return Plain(fmt.Sprint(v), maxText) + " (constant of the descriptor)", nil
}

// constant returns a JSON scalar, or what a reference to a constant leads to.
func (c *compiler) constant(v any) (any, error) {
	if ref, _ := v.(string); strings.HasPrefix(ref, "$.") {
		key, ok := strings.CutPrefix(ref, "$.metadata.constants.")
		if v = c.constants[key]; !ok || !scalar(v) {
			return nil, fmt.Errorf("%.80q leads to no constant", ref)
		}
	}
	if !scalar(v) {
		return nil, fmt.Errorf("%.80v is no constant", v)
	}
	return v, nil
}

// ruleOf reads when a field is shown. The two names of the last rule are those of
// the schema 2.0 and of the text.
func ruleOf(o *object) (rule, error) {
	v, found := o.take("visible")
	if !found {
		return rule{}, nil
	}
	if word, isText := v.(string); isText {
		for word2, w := range map[string]when{"always": always, "optional": optional, "never": never} {
			if word == word2 {
				return rule{when: w}, nil
			}
		}
		return rule{}, fmt.Errorf("visible %.40q is not known", word)
	}
	r, err := objectOf(v, "visible")
	if err != nil || len(r.left) != 1 {
		return rule{}, errors.New("visible: want one rule")
	}
	for word, w := range map[string]when{"ifNotIn": ifNotIn, "mustMatch": mustMatch, "mustBe": mustMatch} {
		list, err := r.list(word)
		if err != nil || list == nil {
			continue
		}
		for _, v := range list {
			if !scalar(v) {
				return rule{}, fmt.Errorf("visible: %v is no value to compare with", v)
			}
		}
		return rule{when: w, values: list}, nil
	}
	return rule{}, errors.New("visible: want ifNotIn or mustMatch with values")
}

// holds reports whether the field is shown with a value; an error when it may not
// have it.
func (r rule) holds(d datum) (bool, error) {
	if r.when != ifNotIn && r.when != mustMatch {
		return r.when != never, nil
	}
	for _, v := range r.values {
		same, err := d.equal(v)
		if err != nil {
			return false, err
		}
		if same {
			return false, nil
		}
	}
	if r.when == mustMatch {
		want, _ := json.Marshal(r.values)
		return false, fmt.Errorf("the value is none of %s", want)
	}
	return true, nil
}

// hide applies version 1's excluded: the path, and what is inside of it.
func (e *entry) hide(p string) {
	if !e.group && (e.full == p || strings.HasPrefix(e.full, p+".")) {
		e.show = rule{when: never}
	}
}

// shows reports whether a path of version 1's required is shown: itself or a part.
func (f *Format) shows(p string) (found bool) {
	walk(f.fields, func(e *entry) {
		same := e.full == p || strings.HasPrefix(e.full, p+".")
		found = found || !e.group && same && e.show.when != never && e.show.when != mustMatch
	})
	return found
}

func walk(list []*entry, visit func(*entry)) {
	for _, e := range list {
		visit(e)
		walk(e.inner, visit)
	}
}
