package ocsf_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A schema is the table in testdata; README.md there says where it is from.
type schema struct {
	Version    string               `json:"version"`
	Categories map[string]string    `json:"categories"`
	Base       map[string]attribute `json:"base"`
	Classes    map[string]shape     `json:"classes"`
	Objects    map[string]shape     `json:"objects"`
}

// A shape is a class or an object.
type shape struct {
	Caption    string               `json:"caption"`
	Category   int                  `json:"category"`
	Activities map[string]string    `json:"activities"`
	Attributes map[string]attribute `json:"attributes"`
	AtLeastOne []string             `json:"at_least_one"`
	Open       bool                 `json:"open"`
}

type attribute struct {
	Type     string            `json:"type"`
	Object   string            `json:"object"`
	Array    bool              `json:"array"`
	Required bool              `json:"required"`
	Profile  string            `json:"profile"`
	Enum     map[string]string `json:"enum"`
	Sibling  string            `json:"sibling"`
}

func readSchema(tb testing.TB) schema {
	tb.Helper()
	raw, err := os.ReadFile("testdata/schema-1.8.0.json")
	if err != nil {
		tb.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(raw, &s); err != nil {
		tb.Fatal(err)
	}
	return s
}

// validate returns what is wrong with an event, a line each.
func (s schema) validate(raw []byte) (faults []string) {
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	var ev map[string]any
	if err := dec.Decode(&ev); err != nil {
		return []string{"not a JSON object: " + err.Error()}
	}
	class, ok := s.Classes[fmt.Sprint(ev["class_uid"])]
	if !ok {
		return []string{fmt.Sprintf("class_uid %v is unknown", ev["class_uid"])}
	}
	v := validator{schema: s, profiles: profilesOf(ev)}
	v.object("", ev, s.classShape(class))
	v.identity(ev, class)
	slices.Sort(v.faults)
	return v.faults
}

// classShape lays what a class says over the base event.
func (s schema) classShape(class shape) shape {
	all := map[string]attribute{}
	for name, a := range s.Base {
		all[name] = a
	}
	for name, a := range class.Attributes {
		all[name] = a
	}
	activity := all["activity_id"]
	activity.Enum = class.Activities
	all["activity_id"] = activity
	class.Attributes = all
	return class
}

func profilesOf(ev map[string]any) (names []string) {
	meta, _ := ev["metadata"].(map[string]any)
	list, _ := meta["profiles"].([]any)
	for _, p := range list {
		names = append(names, fmt.Sprint(p))
	}
	return names
}

type validator struct {
	schema   schema
	profiles []string
	faults   []string
}

func (v *validator) fault(format string, args ...any) {
	v.faults = append(v.faults, fmt.Sprintf(format, args...))
}

func (v *validator) object(path string, o map[string]any, sh shape) {
	if sh.Open {
		return
	}
	for name, a := range sh.Attributes {
		_, has := o[name]
		applies := a.Profile == "" || slices.Contains(v.profiles, a.Profile)
		if a.Required && applies && !has {
			v.fault("%s%s is required", path, name)
		}
		if has && !applies {
			v.fault("%s%s belongs to profile %s", path, name, a.Profile)
		}
	}
	if len(sh.AtLeastOne) > 0 && !slices.ContainsFunc(sh.AtLeastOne, func(n string) bool { _, has := o[n]; return has }) {
		v.fault("%sat least one of %v is required", path, sh.AtLeastOne)
	}
	for name, value := range o {
		a, known := sh.Attributes[name]
		if !known {
			v.fault("%s%s is unknown", path, name)
			continue
		}
		v.attribute(path+name, value, a)
		if caption, ok := a.Enum[fmt.Sprint(value)]; ok && a.Sibling != "" && caption != "Other" {
			if said, has := o[a.Sibling]; has && said != caption {
				v.fault("%s%s is %v, %s says %q", path, a.Sibling, said, name, caption)
			}
		}
	}
}

func (v *validator) attribute(path string, value any, a attribute) {
	if a.Array {
		list, ok := value.([]any)
		if !ok {
			v.fault("%s is not an array", path)
		}
		a.Array = false
		for i, one := range list {
			v.attribute(fmt.Sprintf("%s[%d]", path, i), one, a)
		}
		return
	}
	if a.Type == "object_t" {
		o, ok := value.(map[string]any)
		if !ok {
			v.fault("%s is not an object", path)
			return
		}
		v.object(path+".", o, v.schema.Objects[a.Object])
		return
	}
	if !types[a.Type](value) {
		v.fault("%s is not of type %s: %v", path, a.Type, value)
	}
	if _, ok := a.Enum[fmt.Sprint(value)]; a.Enum != nil && !ok {
		v.fault("%s has no value %v", path, value)
	}
}

// identity checks what the numbers of an event say of each other.
func (v *validator) identity(ev map[string]any, class shape) {
	number := func(name string) int64 {
		n, _ := ev[name].(json.Number)
		i, _ := n.Int64()
		return i
	}
	if got, want := number("type_uid"), number("class_uid")*100+number("activity_id"); got != want {
		v.fault("type_uid is %d, want %d", got, want)
	}
	if got := number("category_uid"); got != int64(class.Category) {
		v.fault("category_uid is %d, want %d", got, class.Category)
	}
	if got, want := ev["category_name"], v.schema.Categories[strconv.Itoa(class.Category)]; got != nil && got != want {
		v.fault("category_name is %v, want %q", got, want)
	}
	if got := ev["class_name"]; got != nil && got != class.Caption {
		v.fault("class_name is %v, want %q", got, class.Caption)
	}
	activity := class.Activities[fmt.Sprint(ev["activity_id"])]
	if got, want := ev["type_name"], class.Caption+": "+activity; got != nil && got != want {
		v.fault("type_name is %v, want %q", got, want)
	}
	meta, _ := ev["metadata"].(map[string]any)
	if got := meta["version"]; got != v.schema.Version {
		v.fault("metadata.version is %v, want %s", got, v.schema.Version)
	}
}

// types are the schema's scalar types, by what JSON may hold of them.
var types = map[string]func(any) bool{
	"string_t":       isString,
	"resource_uid_t": isString,
	"username_t":     isString,
	"hostname_t":     isString,
	"json_t":         func(any) bool { return true },
	"boolean_t":      func(v any) bool { _, ok := v.(bool); return ok },
	"integer_t":      func(v any) bool { return isInt(v, 32) },
	"long_t":         func(v any) bool { return isInt(v, 64) },
	"timestamp_t":    func(v any) bool { return isInt(v, 64) },
	"port_t":         func(v any) bool { return isInt(v, 17) },
	"file_hash_t":    func(v any) bool { s, ok := v.(string); return ok && hash.MatchString(s) },
	"ip_t":           func(v any) bool { s, _ := v.(string); _, err := netip.ParseAddr(s); return err == nil },
}

var hash = regexp.MustCompile(`^[a-fA-F0-9]{1,64}$`)

func isString(v any) bool { _, ok := v.(string); return ok }

func isInt(v any, bits int) bool {
	n, ok := v.(json.Number)
	if !ok {
		return false
	}
	_, err := strconv.ParseInt(n.String(), 10, bits)
	return err == nil
}
