package sources

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"countersign/strictjson"
)

// decode reads strict JSON into out and returns every mistake of its shape, each with
// the path of its field. encoding/json would stop at the first.
func decode(text []byte, out *file) []error {
	if err := strictjson.Check(text); err != nil {
		return []error{err}
	}
	var d decoder
	d.value("", text, reflect.ValueOf(out).Elem())
	return d.errs
}

type decoder struct{ errs []error }

func (d *decoder) fail(path, format string, args ...any) {
	if path == "" {
		path = "the file"
	}
	d.errs = append(d.errs, fmt.Errorf("%s: %w", path, fmt.Errorf(format, args...)))
}

func (d *decoder) value(path string, text json.RawMessage, into reflect.Value) {
	if string(text) == "null" {
		d.fail(path, "null: leave the field out")
		return
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	if _, own := into.Addr().Interface().(encoding.TextUnmarshaler); own {
		d.leaf(path, text, into)
		return
	}
	switch into.Kind() {
	case reflect.Struct, reflect.Map:
		var fields map[string]json.RawMessage
		if json.Unmarshal(text, &fields) != nil {
			d.fail(path, "want an object")
			return
		}
		if into.Kind() == reflect.Map {
			into.Set(reflect.MakeMap(into.Type()))
		}
		for _, key := range slices.Sorted(maps.Keys(fields)) {
			d.field(path, key, fields[key], into)
		}
	case reflect.Slice:
		var elements []json.RawMessage
		if json.Unmarshal(text, &elements) != nil {
			d.fail(path, "want an array")
			return
		}
		into.Set(reflect.MakeSlice(into.Type(), len(elements), len(elements)))
		for i, e := range elements {
			d.value(fmt.Sprintf("%s[%d]", path, i), e, into.Index(i))
		}
	default:
		d.leaf(path, text, into)
	}
}

// word is a key that needs no quotes in a path.
var word = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// field reads one member of an object.
func (d *decoder) field(path, key string, text json.RawMessage, into reflect.Value) {
	at := key
	if !word.MatchString(key) {
		at = fmt.Sprintf("%.64q", key)
	}
	if path != "" {
		at = path + "." + at
	}
	if into.Kind() == reflect.Map {
		element := reflect.New(into.Type().Elem()).Elem()
		d.value(at, text, element)
		into.SetMapIndex(reflect.ValueOf(key), element)
		return
	}
	var known []string
	for i := range into.NumField() {
		name := into.Type().Field(i).Tag.Get("json")
		if name == key {
			d.value(at, text, into.Field(i))
			return
		}
		known = append(known, name)
	}
	d.fail(at, "there is no such field: want %s", strings.Join(known, ", "))
}

// leaf reads a text, a number or a bool. The words of encoding/json name Go's types.
func (d *decoder) leaf(path string, text json.RawMessage, into reflect.Value) {
	err := json.Unmarshal(text, into.Addr().Interface())
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mistyped):
		d.fail(path, "%.40s: want %s", text, kinds[into.Kind()])
	case err != nil:
		d.fail(path, "%w", err)
	}
}

// kinds are what leaves of a file are.
var kinds = map[reflect.Kind]string{reflect.String: "a text", reflect.Bool: "true or false", reflect.Int: "a whole number", reflect.Int64: "a whole number, or a duration as text"}
