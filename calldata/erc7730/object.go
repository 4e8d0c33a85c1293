package erc7730

import (
	"fmt"
	"maps"
	"slices"
)

// A mistake is the first thing that is wrong. What reads on after it reads nothing.
type mistake struct {
	err  error
	work int // see spend
}

func (m *mistake) fail(format string, args ...any) {
	if m.err == nil {
		m.err = fmt.Errorf(format, args...)
	}
}

// An object is a JSON object that is being read. It remembers what was taken from
// it: what is left over in the end was not understood. The zero object is empty.
type object struct {
	*mistake
	where string
	left  map[string]any
}

// objectOf reads a JSON value as an object. Members that are null count as absent.
func objectOf(m *mistake, v any, where string) *object {
	members, ok := v.(map[string]any)
	if !ok {
		m.fail("%s: want an object", where)
	}
	left := maps.Clone(members)
	maps.DeleteFunc(left, func(_ string, v any) bool { return v == nil })
	return &object{m, where, left}
}

func (o *object) has(key string) bool { return o.left[key] != nil }

func (o *object) take(key string) any {
	v := o.left[key]
	delete(o.left, key)
	return v
}

// take takes a member of a JSON type; its zero value where there is none.
func take[T string | []any](o *object, key string) (t T) {
	v := o.take(key)
	t, ok := v.(T)
	if v != nil && !ok {
		o.fail("%s.%s: want %T", o.where, key, t)
	}
	return t
}

func (o *object) text(key string) string { return take[string](o, key) }

// object takes an object; an empty one where there is none.
func (o *object) object(key string) *object {
	if v := o.take(key); v != nil {
		return objectOf(o.mistake, v, key)
	}
	return &object{o.mistake, key, nil}
}

// texts takes a string or an array of strings.
func (o *object) texts(key string) (out []string) {
	if s, isText := o.left[key].(string); isText {
		o.left[key] = []any{s}
	}
	for _, v := range take[[]any](o, key) {
		s, ok := v.(string)
		if !ok {
			o.fail("%s.%s: want text", o.where, key)
		}
		out = append(out, s)
	}
	return out
}

// rest fails when something was not taken. Identifiers and comments are for authors.
func (o *object) rest() {
	delete(o.left, "$id")
	delete(o.left, "$comment")
	if len(o.left) > 0 {
		o.fail("%s: %.60q is not understood", o.where, slices.Sorted(maps.Keys(o.left)))
	}
}
