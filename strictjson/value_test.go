package strictjson_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"countersign/strictjson"
)

func TestValueKnowsWhereItStands(t *testing.T) {
	text := ` {"a" : [1, -2e3 ,"x\"]}"], "b":{"c":null ,"d":true}} `
	v, err := strictjson.Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	m := v.Members()
	if len(m) != 2 {
		t.Fatalf("members = %v", m)
	}
	a := m["a"].Parts()
	for _, tt := range []struct {
		v    strictjson.Value
		at   int
		want string
	}{
		{v, 1, `{"a" : [1, -2e3 ,"x\"]}"], "b":{"c":null ,"d":true}}`},
		{m["a"], 8, `[1, -2e3 ,"x\"]}"]`},
		{a[0], 9, "1"},
		{a[1], 12, "-2e3"},
		{a[2], 18, `"x\"]}"`},
		{m["b"].Members()["c"], 37, "null"},
		{m["b"].Members()["d"], 47, "true"},
	} {
		if tt.v.At != tt.at || string(tt.v.Raw) != tt.want || text[tt.at:tt.at+len(tt.want)] != tt.want {
			t.Errorf("at %d: %s, want at %d: %s", tt.v.At, tt.v.Raw, tt.at, tt.want)
		}
	}
	if !a[0].IsNumber() || !a[1].IsNumber() || a[2].IsNumber() || a[2].Text() != `x"]}` || a[0].Text() != "" {
		t.Errorf("kinds of %s, %s, %s", a[0].Raw, a[1].Raw, a[2].Raw)
	}
	if !m["b"].Is('{') || !m["b"].Members()["c"].Is('n') || m["a"].Is('{') {
		t.Error("Is tells kinds wrongly")
	}
}

func TestReadRefusesWhatCheckRefuses(t *testing.T) {
	var wrong *strictjson.Error
	if v, err := strictjson.Read([]byte(`{"a":1,"a":2}`)); !errors.As(err, &wrong) || v.Raw != nil {
		t.Errorf("Read = %s, %v", v.Raw, err)
	}
}

// FuzzRead compares the whole tree of values with encoding/json's.
func FuzzRead(f *testing.F) {
	for _, s := range []string{`{}`, `[ ]`, ` [1,[2,{"a":"]"}],"\\"] `, `"\""`, `-0.5e+1`, `{"a":{"b":[null,true,false]}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := strictjson.Read(text)
		if err != nil {
			return
		}
		var want any
		if err := json.Unmarshal(text, &want); err != nil {
			return // a number that no float64 holds
		}
		if got := tree(t, text, v); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q reads as %v, want %v", text, got, want)
		}
	})
}

// tree reads a value through its parts.
func tree(t *testing.T, text []byte, v strictjson.Value) any {
	if string(text[v.At:v.At+len(v.Raw)]) != string(v.Raw) {
		t.Fatalf("%q does not stand at %d of %q", v.Raw, v.At, text)
	}
	switch {
	case v.Is('{'):
		m := map[string]any{}
		for k, w := range v.Members() {
			m[k] = tree(t, text, w)
		}
		return m
	case v.Is('['):
		a := []any{}
		for _, w := range v.Parts() {
			a = append(a, tree(t, text, w))
		}
		return a
	case v.Is('"'):
		return v.Text()
	}
	var x any
	if err := json.Unmarshal(v.Raw, &x); err != nil {
		t.Fatalf("part %q of %q: %v", v.Raw, text, err)
	}
	return x
}
