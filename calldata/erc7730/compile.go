package erc7730

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign/calldata"
)

// A compiler holds what the formats of a file refer to.
type compiler struct {
	constants   map[string]any
	enums       map[string]map[string]string
	maps        map[string]map[string]any
	definitions map[string]any
}

// metadata reads what formats refer to. The rest of the section, owner and token
// among it, is the author's word about himself and is not used.
func (c *compiler) metadata(o *object) error {
	c.constants, c.enums, c.maps = map[string]any{}, map[string]map[string]string{}, map[string]map[string]any{}
	constants, err := o.object("constants")
	if err == nil && constants != nil {
		c.constants = constants.left
	}
	enums, err2 := o.object("enums")
	if enums != nil {
		for key, v := range enums.left {
			c.enums[key] = texts(v)
		}
	}
	tables, err3 := o.object("maps")
	if tables != nil {
		for key, v := range tables.left {
			m, _ := v.(map[string]any)
			c.maps[key], _ = m["values"].(map[string]any)
		}
	}
	return errors.Join(err, err2, err3)
}

// texts is an enumeration; nil for what is none, such as a URL.
func texts(v any) map[string]string {
	m, _ := v.(map[string]any)
	out := map[string]string{}
	for key, v := range m {
		s, ok := v.(string)
		if !ok {
			return nil
		}
		out[key] = s
	}
	return out
}

// display compiles every format.
func (c *compiler) display(d *Descriptor, o *object) error {
	definitions, err := o.object("definitions")
	if err != nil {
		return err
	}
	if definitions != nil {
		c.definitions = definitions.left
	}
	formats, err := o.object("formats")
	if err != nil || formats == nil {
		return errors.Join(errors.New("formats: is missing"), err)
	}
	taken := map[calldata.Selector]string{}
	for _, key := range slices.Sorted(maps.Keys(formats.left)) {
		f, selector, err := parseKey(key)
		if err != nil {
			return fmt.Errorf("formats: key %.120q: %w", key, err)
		}
		if other, found := taken[selector]; found {
			return fmt.Errorf("formats: keys %.120q and %.120q mean one selector, %s", other, key, selector)
		}
		taken[selector] = key
		format := c.format(formats.left[key])
		format.function = f
		if f == nil {
			d.selectors[selector] = format
		} else {
			d.signatures[f.Signature] = format
		}
	}
	return o.rest()
}

// parseKey reads a key of display.formats: a function with or without the names of
// its arguments, or a selector.
func parseKey(key string) (*calldata.Function, calldata.Selector, error) {
	var s calldata.Selector
	if digits, ok := strings.CutPrefix(key, "0x"); ok && !strings.Contains(key, "(") {
		raw, err := hex.DecodeString(digits)
		if err != nil || len(raw) != len(s) {
			return nil, s, errors.New("want a selector of four bytes")
		}
		return nil, calldata.Selector(raw), nil
	}
	a, err := calldata.ParseSignatures(key)
	if err != nil {
		return nil, s, err
	}
	f := a.Functions()[0]
	return f, f.Selector, nil
}

// format compiles one format. What is wrong with it is told when it is used.
func (c *compiler) format(v any) *Format {
	f := &Format{}
	f.err = c.compile(f, v)
	return f
}

func (c *compiler) compile(f *Format, v any) error {
	o, err := objectOf(v, "format")
	if err != nil {
		return err
	}
	o.take("screens") // version 1: the layout of a vendor's device
	if f.intent, err = intentOf(o); err != nil {
		return err
	}
	interpolated, err := o.text("interpolatedIntent")
	if err != nil {
		return err
	}
	var hidden, shown []string
	if hidden, err = o.texts("excluded"); err != nil { // version 1
		return err
	}
	if shown, err = o.texts("required"); err != nil {
		return err
	}
	fields, err := o.list("fields")
	if err != nil {
		return err
	}
	if err := o.rest(); err != nil {
		return err
	}
	if f.fields, err = c.fields(fields, "", 0); err != nil {
		return err
	}
	for _, p := range hidden {
		walk(f.fields, func(e *entry) { e.hide(normal(p)) })
	}
	for _, p := range shown {
		if !f.shows(normal(p)) {
			return fmt.Errorf("required: %.80q has no field that is shown", p)
		}
	}
	f.parts = f.interpolation(interpolated)
	return nil
}

// intentOf reads an intent: text, or labels with texts, which come in the order of
// the labels.
func intentOf(o *object) (string, error) {
	v, _ := o.take("intent")
	switch v := v.(type) {
	case string:
		if v != "" {
			return Plain(v, maxText), nil
		}
	case map[string]any:
		var parts []string
		for _, label := range slices.Sorted(maps.Keys(v)) {
			text, ok := v[label].(string)
			if !ok {
				return "", errors.New("intent: want text")
			}
			parts = append(parts, label+": "+text)
		}
		if len(parts) > 0 {
			return Plain(strings.Join(parts, ", "), maxText), nil
		}
	}
	return "", errors.New("intent: is missing")
}
