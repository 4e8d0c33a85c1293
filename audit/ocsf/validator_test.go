package ocsf_test

import (
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
)

func mapKeys[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }

// TestValidatorMissesNothingRequired takes each required attribute from each event of
// the corpus, at every depth, and demands that the validator names it.
func TestValidatorMissesNothingRequired(t *testing.T) {
	s := readSchema(t)
	dropped := map[string]bool{}
	for i, c := range corpus {
		raw := eventOf(t, c.entry(t, int64(i)))
		for _, path := range s.requiredIn(decoded(t, raw)) {
			ev := decoded(t, raw)
			drop(ev, strings.Split(path, "."))
			dropped[path] = true
			faults := s.validate(encode(t, ev))
			if !slices.ContainsFunc(faults, func(f string) bool {
				return strings.Contains(f, path) || path == "class_uid" && strings.Contains(f, "class_uid")
			}) {
				t.Errorf("%s without %s: found %v only", c.name, path, faults)
			}
		}
	}
	for _, path := range []string{"time", "metadata", "metadata.version", "metadata.product", "actor", "api", "api.operation", "src_endpoint", "user", "entity", "finding_info", "finding_info.uid", "raw_data_hash.value", "severity_id", "type_uid", "class_uid", "category_uid", "activity_id"} {
		if !dropped[path] {
			t.Errorf("%s was never dropped: it is in no event", path)
		}
	}
}

// requiredIn are the paths of the required attributes that an event has.
func (s schema) requiredIn(ev map[string]any) (paths []string) {
	class := s.classShape(s.Classes[at(ev, "class_uid")])
	var walk func(prefix string, o map[string]any, sh shape)
	walk = func(prefix string, o map[string]any, sh shape) {
		for name, value := range o {
			a := sh.Attributes[name]
			if a.Required {
				paths = append(paths, prefix+name)
			}
			if child, ok := value.(map[string]any); ok && !a.Array {
				walk(prefix+name+".", child, s.Objects[a.Object])
			}
		}
	}
	walk("", ev, class)
	slices.Sort(paths)
	return paths
}

func drop(o map[string]any, path []string) {
	if len(path) == 1 {
		delete(o, path[0])
		return
	}
	drop(o[path[0]].(map[string]any), path[1:])
}

func encode(tb testing.TB, v any) []byte {
	tb.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

func TestValidatorFindsWhatIsWrong(t *testing.T) {
	s := readSchema(t)
	for _, tt := range []struct {
		name, sample, want string
		spoil              func(map[string]any)
	}{
		{"unknown attribute", "approves", "colour is unknown", func(ev map[string]any) { ev["colour"] = "red" }},
		{"unknown attribute further in", "approves", "metadata.colour is unknown", func(ev map[string]any) { in(ev, "metadata")["colour"] = "red" }},
		{"attribute of another class", "exported", "finding_info is unknown", func(ev map[string]any) { ev["finding_info"] = map[string]any{"uid": "x"} }},
		{"wrong enum", "approves", "severity_id has no value 7", func(ev map[string]any) { ev["severity_id"] = 7 }},
		{"wrong disposition", "approves", "disposition_id has no value 28", func(ev map[string]any) { ev["disposition_id"] = 28 }},
		{"wrong activity of the class", "approves", "activity_id has no value 5", func(ev map[string]any) { ev["activity_id"], ev["type_uid"] = 5, 600305 }},
		{"status of another class", "used outside", "status_id has no value 7", func(ev map[string]any) { ev["status_id"] = 7 }},
		{"wrong hash algorithm", "approves", "raw_data_hash.algorithm_id has no value 77", func(ev map[string]any) { in(ev, "raw_data_hash")["algorithm_id"] = 77 }},
		{"caption of another value", "approves", "action is Denied", func(ev map[string]any) { ev["action"] = "Denied" }},
		{"type_uid of another activity", "approves", "type_uid is 600302", func(ev map[string]any) { ev["type_uid"] = 600302 }},
		{"another category", "approves", "category_uid is 3", func(ev map[string]any) { ev["category_uid"] = 3 }},
		{"unknown class", "approves", "class_uid 6099 is unknown", func(ev map[string]any) { ev["class_uid"] = 6099 }},
		{"another version", "approves", "metadata.version is 1.4.0", func(ev map[string]any) { in(ev, "metadata")["version"] = "1.4.0" }},
		{"text for a number", "approves", "time is not of type timestamp_t", func(ev map[string]any) { ev["time"] = "today" }},
		{"fraction for a number", "approves", "time is not of type timestamp_t", func(ev map[string]any) { ev["time"] = 1.5 }},
		{"number too long", "approves", "metadata.sequence is not of type integer_t", func(ev map[string]any) { in(ev, "metadata")["sequence"] = 1 << 31 }},
		{"number for text", "approves", "message is not of type string_t", func(ev map[string]any) { ev["message"] = 1 }},
		{"text for an object", "approves", "actor is not an object", func(ev map[string]any) { ev["actor"] = "us-1" }},
		{"object for an array", "approves", "resources is not an array", func(ev map[string]any) { ev["resources"] = map[string]any{} }},
		{"no hash", "approves", "raw_data_hash.value is not of type file_hash_t", func(ev map[string]any) { in(ev, "raw_data_hash")["value"] = "zz" }},
		{"no address", "signed in", "src_endpoint.ip is not of type ip_t", func(ev map[string]any) { in(ev, "src_endpoint")["ip"] = "here" }},
		{"nobody acts", "approves", "actor.at least one of", func(ev map[string]any) { ev["actor"] = map[string]any{} }},
		{"from nowhere", "approves", "src_endpoint.at least one of", func(ev map[string]any) { ev["src_endpoint"] = map[string]any{} }},
		{"signed in to nothing", "signed in", "at least one of [service dst_endpoint]", func(ev map[string]any) { delete(ev, "service") }},
		{"entity without a name", "next book", "entity.at least one of", func(ev map[string]any) { ev["entity"] = map[string]any{"type_id": 5} }},
		{"resource in the list without a name", "approves", "resources[0].at least one of", func(ev map[string]any) { ev["resources"] = []any{map[string]any{"type": "x"}} }},
		{"profile left out", "approves", "action_id belongs to profile security_control", func(ev map[string]any) { delete(in(ev, "metadata"), "profiles") }},
		{"profile that demands more", "approves", "cloud is required", func(ev map[string]any) { in(ev, "metadata")["profiles"] = []any{"security_control", "cloud"} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i := slices.IndexFunc(corpus, func(c sample) bool { return c.name == tt.sample })
			ev := decoded(t, eventOf(t, corpus[i].entry(t, 1)))
			tt.spoil(ev)
			faults := s.validate(encode(t, ev))
			if !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, tt.want) }) {
				t.Errorf("found %q, want one with %q", faults, tt.want)
			}
		})
	}
}

func in(ev map[string]any, name string) map[string]any { return ev[name].(map[string]any) }
