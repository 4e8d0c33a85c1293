package ocsf_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"countersign/audit"
	"countersign/audit/ocsf"

	"pgregory.net/rapid"
)

func eventOf(tb testing.TB, e audit.Entry) []byte {
	tb.Helper()
	raw, err := ocsf.Event(e, product)
	if err != nil {
		tb.Fatalf("Event(%s) = %v", e.Record.Type, err)
	}
	return raw
}

func decoded(tb testing.TB, raw []byte) (ev map[string]any) {
	tb.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&ev); err != nil {
		tb.Fatal(err)
	}
	return ev
}

// at is the value at a path of names, "" where there is none.
func at(ev map[string]any, path string) string {
	var v any = ev
	for _, name := range strings.Split(path, ".") {
		o, ok := v.(map[string]any)
		if !ok || o[name] == nil {
			return ""
		}
		v = o[name]
	}
	return fmt.Sprint(v)
}

func TestEveryEventIsOfTheSchema(t *testing.T) {
	s := readSchema(t)
	for i, c := range corpus {
		t.Run(c.name, func(t *testing.T) {
			raw := eventOf(t, c.entry(t, int64(i)))
			for _, fault := range s.validate(raw) {
				t.Errorf("%s\n%s", fault, raw)
			}
			if bytes.ContainsAny(raw, "\n\r") {
				t.Error("an event is more than one line")
			}
		})
	}
}

func TestCorpusAndTableHaveEveryRecordType(t *testing.T) {
	types := recordTypes(t)
	if len(types) < 20 {
		t.Fatalf("the source names %d types of records only: %v", len(types), types)
	}
	for _, kind := range types {
		if !slices.Contains(ocsf.Mapped(), kind) {
			t.Errorf("%s is not in the table", kind)
		}
		if !slices.ContainsFunc(corpus, func(c sample) bool { return c.kind == kind }) {
			t.Errorf("%s is not in the corpus", kind)
		}
	}
}

// TestOperatorsPageNamesEveryRecordType compares the table in docs/siem.md with ours.
func TestOperatorsPageNamesEveryRecordType(t *testing.T) {
	page, err := os.ReadFile("../../docs/siem.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range ocsf.Mapped() {
		uid, name := ocsf.ClassOf(kind)
		row := fmt.Sprintf("| `%s` | %s %d |", kind, name, uid)
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/siem.md has no row that begins with %q", row)
		}
	}
}

func TestClasses(t *testing.T) {
	for name, want := range map[string]string{ // class/activity/action/disposition/severity/status
		"approves":                         "6003/1/1/8/1/1",
		"rejects":                          "6003/1/2/25/3/1",
		"abstains":                         "6003/1/4/14/2/1",
		"forgets its verdict":              "6003/1/4/14/2/1",
		"posted":                           "6003/1/1/8/1/1",
		"moot":                             "6003/1/3/16/1/2",
		"void":                             "2004/1///4/1",
		"in conflict":                      "2004/1///5/1",
		"denied against us":                "6003/3/2/25/3/1",
		"expired":                          "6003/3/3/16/1/1",
		"enrolled":                         "3001/1///2/1",
		"retired":                          "3001/5///2/1",
		"revoked":                          "3001/9///4/1",
		"first book":                       "3004/1///3/1",
		"next book":                        "3004/3///2/1",
		"schedule created":                 "3004/1///2/1",
		"schedule of tomorrow":             "3004/99///2/1",
		"signed in":                        "3002/1///1/1",
		"used outside":                     "2004/1///5/1",
		"never posted":                     "2004/1///4/1",
		"a person approves":                "6003/1/1/8/1/1",
		"escalated":                        "6003/3/4/14/3/1",
		"rescreened":                       "6003/3/3/15/4/1",
		"exported":                         "6003/2///2/1",
		"of tomorrow":                      "6003/99///1/1",
		"of no type":                       "6003/99///1/1",
		"signed in from nowhere":           "3002/1///1/1",
		"another shape than its type says": "6003/99///3/1",
	} {
		t.Run(name, func(t *testing.T) {
			i := slices.IndexFunc(corpus, func(c sample) bool { return c.name == name })
			if i < 0 {
				t.Fatal("not in the corpus")
			}
			ev := decoded(t, eventOf(t, corpus[i].entry(t, 5)))
			got := strings.Join([]string{at(ev, "class_uid"), at(ev, "activity_id"), at(ev, "action_id"), at(ev, "disposition_id"), at(ev, "severity_id"), at(ev, "status_id")}, "/")
			if got != want {
				t.Errorf("class/activity/action/disposition/severity/status = %s, want %s", got, want)
			}
		})
	}
}

func TestEventNamesTheRecord(t *testing.T) {
	e := corpus[0].entry(t, 41)
	e.Record.Lineage = "sweep/7"
	ev := decoded(t, eventOf(t, e))
	for path, want := range map[string]string{
		"metadata.uid":             e.Record.ID,
		"metadata.sequence":        "41",
		"metadata.correlation_uid": "sweep/7",
		"metadata.event_code":      "decision.intent",
		"metadata.version":         "1.8.0",
		"metadata.product.version": "1.4.0",
		"raw_data_hash.value":      e.LeafHash,
		"raw_data_hash.algorithm":  "SHA-256",
		"unmapped.tlog.origin":     "treasury.example/log",
		"unmapped.tlog.index":      "41",
		"unmapped.tlog.leaf":       e.LeafHash,
		"unmapped.key":             e.Record.Key,
		"actor.user.uid":           "us-1",
		"policy.name":              "treasury",
		"message":                  "<fine> & \"dandy\"",
		"time":                     fmt.Sprint(morning.UnixMilli()),
	} {
		if got := at(ev, path); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
	e.Record.Lineage = ""
	if got := at(decoded(t, eventOf(t, e)), "metadata.correlation_uid"); got != "ap-1" {
		t.Errorf("without a lineage, correlation_uid = %q, want the approval", got)
	}
}

func TestIndexBeyondTheSchemasIntegers(t *testing.T) {
	e := corpus[0].entry(t, math.MaxInt32+1)
	raw := eventOf(t, e)
	ev := decoded(t, raw)
	if at(ev, "metadata.sequence") != "" || at(ev, "unmapped.tlog.index") != "2147483648" {
		t.Errorf("sequence %q and tlog.index %q, want none and 2147483648", at(ev, "metadata.sequence"), at(ev, "unmapped.tlog.index"))
	}
	if faults := readSchema(t).validate(raw); len(faults) > 0 {
		t.Error(faults)
	}
}

// TestAnyRecordIsAnEvent makes records up: any type, any text, any place, bodies with
// members missing, of another type and unknown.
func TestAnyRecordIsAnEvent(t *testing.T) {
	s := readSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\x00", "\xff\xfe", "=1", "</script>", "\u2028"}))
		base := rapid.SampledFrom(corpus).Draw(t, "base")
		body, err := json.Marshal(base.body)
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if json.Unmarshal(body, &members) == nil && members != nil {
			for _, name := range slices.Sorted(mapKeys(members)) {
				switch rapid.SampledFrom([]string{"keep", "keep", "drop", "text", "number", "null"}).Draw(t, name) {
				case "drop":
					delete(members, name)
				case "text":
					members[name] = text.Draw(t, "text")
				case "number":
					members[name] = rapid.Int64().Draw(t, "number")
				case "null":
					members[name] = nil
				}
			}
			body, _ = json.Marshal(members)
		}
		if rapid.IntRange(0, 9).Draw(t, "broken") == 0 {
			body = []byte(text.Draw(t, "body"))
		}
		e := audit.Entry{
			Index: rapid.Int64().Draw(t, "index"), JWS: text.Draw(t, "jws"), LeafHash: text.Draw(t, "leaf"),
			Record: audit.Record{
				ID: text.Draw(t, "id"), Type: base.kind, Key: text.Draw(t, "key"), Lineage: text.Draw(t, "lineage"),
				Issuer: text.Draw(t, "issuer"), Subject: text.Draw(t, "subject"), At: morning, Body: body,
			},
		}
		raw, err := ocsf.Event(e, product)
		if err != nil {
			t.Fatalf("Event = %v", err)
		}
		if faults := s.validate(raw); len(faults) > 0 {
			t.Fatalf("%v\n%s", faults, raw)
		}
		again, err := ocsf.Event(e, product)
		if err != nil || !bytes.Equal(raw, again) {
			t.Fatalf("the same entry gave other bytes: %v\n%s\n%s", err, raw, again)
		}
	})
}
