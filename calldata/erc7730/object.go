package erc7730

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// An object is a JSON object that is being read. It remembers what was taken from
// it: what is left over in the end was not understood.
type object struct {
	where string
	left  map[string]any
}

// objectOf reads a JSON value as an object. Members that are null count as absent.
func objectOf(v any, where string) (*object, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: want an object", where)
	}
	left := maps.Clone(m)
	maps.DeleteFunc(left, func(_ string, v any) bool { return v == nil })
	return &object{where, left}, nil
}

func (o *object) take(key string) (v any, found bool) {
	v, found = o.left[key]
	delete(o.left, key)
	return v, found
}

// text takes a string; empty where there is none.
func (o *object) text(key string) (string, error) {
	v, found := o.take(key)
	s, ok := v.(string)
	if found && !ok {
		return "", fmt.Errorf("%s: want text", key)
	}
	return s, nil
}

// object takes an object; nil where there is none.
func (o *object) object(key string) (*object, error) {
	v, found := o.take(key)
	if !found {
		return nil, nil
	}
	return objectOf(v, key)
}

// list takes an array; nil where there is none.
func (o *object) list(key string) ([]any, error) {
	v, found := o.take(key)
	l, ok := v.([]any)
	if found && !ok {
		return nil, fmt.Errorf("%s: want an array", key)
	}
	return l, nil
}

// texts takes a string or an array of strings.
func (o *object) texts(key string) ([]string, error) {
	v, found := o.take(key)
	if !found {
		return nil, nil
	}
	l, isList := v.([]any)
	if !isList {
		l = []any{v}
	}
	out := make([]string, len(l))
	for i, e := range l {
		s, ok := e.(string)
		if !ok {
			return nil, fmt.Errorf("%s: want text", key)
		}
		out[i] = s
	}
	return out, nil
}

// rest fails when something was not taken. Identifiers and comments are for authors.
func (o *object) rest() error {
	delete(o.left, "$id")
	delete(o.left, "$comment")
	if len(o.left) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %.60q is not understood", o.where, slices.Sorted(maps.Keys(o.left)))
}

// scalar reports whether a JSON value is text, a number or a truth value.
func scalar(v any) bool {
	switch v.(type) {
	case string, json.Number, bool:
		return true
	}
	return false
}
