package dfns

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
)

// DecodeComplete is [Decode] that also refuses a body which lacks a member, or has null
// for it, unless the member's field says omitempty. Types that decode themselves are not
// looked into. Failures are 400 [Error]s that name the member by its path from at, which
// is "" for the body as a whole.
func DecodeComplete(body []byte, v any, at string) error {
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	if err := Decode(body, v); err != nil {
		return err
	}
	if lacks := missing(body, reflect.TypeOf(v), at); lacks != "" {
		return BadRequest("%s is required", lacks)
	}
	return nil
}

// missing returns the path of the first member that a value of type t needs and raw lacks.
func missing(raw []byte, t reflect.Type, path string) string {
	t = resolve(t)
	switch {
	case t == nil || string(raw) == "null":
		return ""
	case t.Kind() == reflect.Slice:
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) != nil {
			return ""
		}
		for i, item := range items {
			if lacks := missing(item, t.Elem(), path+"["+strconv.Itoa(i)+"]"); lacks != "" {
				return lacks
			}
		}
	case t.Kind() == reflect.Struct:
		return missingMember(raw, t, path)
	}
	return ""
}

func missingMember(raw []byte, t reflect.Type, path string) string {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return ""
	}
	if path != "" {
		path += "."
	}
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		value, given := members[name]
		if !given || string(value) == "null" {
			if strings.Contains(options, "omit") {
				continue
			}
			return path + name
		}
		if lacks := missing(value, t.Field(i).Type, path+name); lacks != "" {
			return lacks
		}
	}
	return ""
}
