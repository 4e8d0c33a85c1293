package dfns

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// maxDepth bounds the nesting of a body; no body of the API comes near it.
const maxDepth = 64

// checkMembers refuses what encoding/json would let pass: a member given twice,
// of which the last would win, and one whose name is right but for its case.
func checkMembers(body []byte, v any) error {
	return walk(json.NewDecoder(bytes.NewReader(body)), reflect.TypeOf(v), 0)
}

// walk reads one JSON value that will be decoded into a t; nil is any type.
func walk(dec *json.Decoder, t reflect.Type, depth int) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	delim, opens := token.(json.Delim)
	if !opens {
		return nil
	}
	if depth == maxDepth {
		return errors.New("it is nested too deeply")
	}
	t = resolve(t)
	seen := map[string]bool{}
	for dec.More() {
		next := element(t)
		if delim == '{' {
			key, err := dec.Token()
			if err != nil {
				return err
			}
			name := key.(string) // a decoder gives nothing else here
			if seen[name] {
				return fmt.Errorf("member %q is there twice", name)
			}
			seen[name] = true
			if next, err = member(t, name); err != nil {
				return err
			}
		}
		if err := walk(dec, next, depth+1); err != nil {
			return err
		}
	}
	_, err = dec.Token() // the closing delimiter
	return err
}

// resolve follows pointers. A type that decodes itself is any type to us.
func resolve(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer && !t.Implements(unmarshaler) {
		t = t.Elem()
	}
	if t != nil && (t.Implements(unmarshaler) || reflect.PointerTo(t).Implements(unmarshaler)) {
		return nil
	}
	return t
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// element is the type of what a list or a map of type t holds.
func element(t reflect.Type) reflect.Type {
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map) {
		return t.Elem()
	}
	return nil
}

// member is the type of the named member of an object of type t.
func member(t reflect.Type, name string) (reflect.Type, error) {
	if t == nil || t.Kind() != reflect.Struct {
		return element(t), nil
	}
	for i := range t.NumField() {
		tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if tag == name {
			return t.Field(i).Type, nil
		}
	}
	return nil, fmt.Errorf("unknown field %q", name)
}
