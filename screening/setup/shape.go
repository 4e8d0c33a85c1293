package setup

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"countersign/strictjson"
)

// shape compares a JSON value with what encoding/json would put it into: fields that do
// not exist and values of another kind, each with its path. encoding/json itself stops
// at the first.
func shape(v strictjson.Value, into any, path string) []error {
	return fits(v, reflect.TypeOf(into).Elem(), path)
}

func fits(v strictjson.Value, t reflect.Type, path string) (errs []error) {
	var ok bool
	var kind string
	switch t.Kind() {
	case reflect.String:
		ok, kind = v.Is('"'), "a text"
	case reflect.Bool:
		ok, kind = v.Is('t') || v.Is('f'), "true or false"
	case reflect.Int, reflect.Int64:
		digits := strings.TrimPrefix(string(v.Raw), "-")
		ok, kind = strings.Trim(digits, "0123456789") == "" && len(digits) <= 18, "a whole number"
	case reflect.Slice:
		ok, kind = v.Is('['), "an array"
	default:
		ok, kind = v.Is('{'), "an object"
	}
	switch {
	case !ok && path == "":
		return []error{fmt.Errorf("the file: want %s", kind)}
	case !ok:
		return []error{fmt.Errorf("%s: want %s", path[1:], kind)}
	case t.Kind() == reflect.Slice:
		for i, e := range v.Parts() {
			errs = append(errs, fits(e, t.Elem(), fmt.Sprintf("%s[%d]", path, i))...)
		}
	case t.Kind() == reflect.Struct, t.Kind() == reflect.Map:
		errs = fitMembers(v.Members(), t, path)
	}
	return errs
}

// fitMembers compares an object's members with a struct's fields, or with what a map
// holds. A path begins with a dot.
func fitMembers(members map[string]strictjson.Value, t reflect.Type, path string) (errs []error) {
	fields := map[string]reflect.Type{}
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			fields[t.Field(i).Tag.Get("json")] = t.Field(i).Type
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		field, here := fields[name], path+"."+name
		if t.Kind() == reflect.Map {
			field = t.Elem()
		}
		if field == nil {
			errs = append(errs, fmt.Errorf("%.200s: there is no such field", here[1:]))
			continue
		}
		errs = append(errs, fits(members[name], field, here)...)
	}
	return errs
}
