package erc7730

import (
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"countersign/calldata"
)

// A compiler holds what the formats of a file refer to. The rest of its metadata,
// owner and token among it, is the author's word about himself and is not used.
type compiler struct{ constants, enums, definitions map[string]any }

// display compiles every format.
func (c *compiler) display(d *Descriptor, o *object) {
	if !o.has("formats") {
		o.fail("display.formats: is missing")
	}
	formats := o.object("formats").left
	o.rest()
	taken := map[calldata.Selector]string{}
	for _, key := range slices.Sorted(maps.Keys(formats)) {
		f, selector, err := parseKey(key)
		if err != nil {
			o.fail("display.formats: key %.120q: %w", key, err)
			return
		}
		if other, found := taken[selector]; found {
			o.fail("display.formats: keys %.120q and %.120q mean one selector, %s", other, key, selector)
		}
		taken[selector] = key
		format := &Format{function: f}
		m := &mistake{}
		c.format(format, objectOf(m, formats[key], "format"))
		format.err = m.err // told when it is used
		if f == nil {
			d.selectors[selector] = format
		} else {
			d.signatures[f.Signature] = format
		}
	}
}

// parseKey reads a key of display.formats: a function with or without the names of
// its arguments, or a selector.
func parseKey(key string) (f *calldata.Function, s calldata.Selector, err error) {
	if digits, ok := strings.CutPrefix(key, "0x"); ok && len(digits) == 2*len(s) {
		_, err = hex.Decode(s[:], []byte(digits))
		return nil, s, err
	}
	a, err := calldata.ParseSignatures(key)
	if err != nil {
		return nil, s, err
	}
	f = a.Functions()[0]
	return f, f.Selector, nil
}

// format compiles one format. Fields that version 1 excludes are hidden; those that
// it requires must be shown.
func (c *compiler) format(f *Format, o *object) {
	o.take("screens") // version 1: the layout of a vendor's device
	f.intent = intentOf(o)
	interpolated, hidden, shown := o.text("interpolatedIntent"), o.texts("excluded"), o.texts("required")
	f.fields = c.fields(o, "", 0)
	o.rest()
	if o.err != nil || len(hidden)+len(shown) > maxFields {
		o.fail("more than %d paths are required or excluded", maxFields)
		return
	}
	for _, p := range hidden {
		for _, e := range leading(f.fields, normal(p)) {
			e.show = rule{when: "never"}
		}
	}
	for _, p := range shown {
		if !slices.ContainsFunc(leading(f.fields, normal(p)), func(e *entry) bool { return !e.show.hides() }) {
			o.fail("required: %.80q has no field that is shown", p)
		}
	}
	f.interpolate(interpolated)
}

// intentOf reads an intent: text, or labels with texts, which come in the order of
// the labels.
func intentOf(o *object) string {
	text, isText := o.left["intent"].(string)
	if isText {
		o.take("intent")
	} else {
		labels, parts := o.object("intent"), []string{}
		for _, label := range slices.Sorted(maps.Keys(labels.left)) {
			parts = append(parts, label+": "+labels.text(label))
		}
		text = strings.Join(parts, ", ")
	}
	if strings.TrimSpace(text) == "" {
		o.fail("intent: is missing")
	}
	return Plain(text, maxText)
}
