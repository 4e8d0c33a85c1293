package strictjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"countersign/strictjson"
)

func TestCheckAccepts(t *testing.T) {
	for _, text := range []string{
		`{}`, `[]`, ` null `, `true`, `false`, `0`, `-0.5e+10`, `1E9`, `""`, "\t[\r\n1 , 2]\n",
		`{"a":{"a":1},"b":{"a":1}}`, // the same key in different objects
		`{"\u0061":1,"b":2}`,
		`"\uD83D\uDE00 \"\\\/\b\f\n\r\t café"`,
		`{"a":[{"a":1},{"a":1}]}`,
		strings.Repeat("[", strictjson.MaxDepth) + strings.Repeat("]", strictjson.MaxDepth),
		"\"\u2028\ufffd\"", // U+FFFD itself is text like any other
		object(1000, ""),
	} {
		if err := strictjson.Check([]byte(text)); err != nil {
			t.Errorf("Check(%.60q) = %v, want nil", text, err)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		offset     int
		path       string
		reason     string
	}{
		{"nothing", "", 0, "$", "text ends"},
		{"only space", " \n", 2, "$", "text ends"},
		{"key twice", `{"a":1,"a":2}`, 7, "$.a", "key stands twice"},
		{"key in another case", `{"id":1,"x":{"approvalId":1,"APPROVALID":2}}`, 28, "$.x.APPROVALID", "only in case"},
		{"key behind an escape", `{"a":1,"\u0061":2}`, 7, `$["\\u0061"]`, "only in case or escapes"},
		{"Kelvin sign for k", "{\"k\":1,\"\u212a\":2}", 7, `$["\u212a"]`, "only in case"},
		{"long s for s", "{\"s\":1,\"\u017f\":2}", 7, `$["\u017f"]`, "only in case"},
		{"key twice among many", object(100, `,"k7":0`), 791, "$.k7", "key stands twice"},
		{"key twice inside an array", `[0,{"a":[{"b":1,"b":2}]}]`, 16, "$[1].a[0].b", "key stands twice"},
		{"invalid UTF-8", "{\"a\":\"x\xff\"}", 7, "$.a", "invalid UTF-8"},
		{"UTF-8 of a surrogate", "\"\xed\xa0\x80\"", 1, "$", "invalid UTF-8"},
		{"overlong UTF-8", "\"\xc0\xaf\"", 1, "$", "invalid UTF-8"},
		{"lone high surrogate", `"\uD83D"`, 1, "$", "surrogate"},
		{"lone low surrogate", `"\uDE00"`, 1, "$", "surrogate"},
		{"high surrogate before a letter", `"\uD83D\u0041"`, 1, "$", "surrogate"},
		{"too deep", strings.Repeat("[", 33) + strings.Repeat("]", 33), 32, "$" + strings.Repeat("[0]", 32), "deeper than 32"},
		{"second value", `{} {}`, 3, "$", "data after the value"},
		{"trailing NUL", "{}\x00", 2, "$", "data after the value"},
		{"byte order mark", "\ufeff{}", 0, "$", "byte 0xef"},
		{"leading zero", `[01]`, 1, "$[0]", "not a number"},
		{"plus sign", `+1`, 0, "$", "byte 0x2b"},
		{"bare fraction", `1.`, 0, "$", "not a number"},
		{"NaN", `NaN`, 0, "$", "byte 0x4e"},
		{"half a word", `nul`, 0, "$", "unknown word"},
		{"control character", "\"a\nb\"", 2, "$", "control character"},
		{"unknown escape", `"\x41"`, 1, "$", "unknown escape"},
		{"open string", `{"a":"b`, 5, "$.a", "no end"},
		{"open object", `{"a":1`, 6, "$.a", "neither a comma"},
		{"trailing comma", `{"a":1,}`, 7, "$.a", "no key"},
		{"trailing comma in an array", `[1,]`, 3, "$[1]", "byte 0x5d"},
		{"no colon", `{"a" 1}`, 5, "$.a", "no colon"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := strictjson.Check([]byte(tt.text))
			var e *strictjson.Error
			if !errors.As(err, &e) || !errors.Is(err, strictjson.ErrRefused) {
				t.Fatalf("Check = %v, want a *strictjson.Error", err)
			}
			if e.Offset != tt.offset || e.Path != tt.path || !strings.Contains(e.Reason, tt.reason) {
				t.Errorf("Check = %d %s %q,\nwant    %d %s …%q…", e.Offset, e.Path, e.Reason, tt.offset, tt.path, tt.reason)
			}
		})
	}
}

func TestCheckAllocatesLittle(t *testing.T) {
	text := []byte("[" + strings.Repeat(object(20, "")+",", 500) + object(200, "") + "]")
	if n := testing.AllocsPerRun(10, func() { _ = strictjson.Check(text) }); n > 30 {
		t.Errorf("%d bytes took %.0f allocations, want a handful of growing buffers", len(text), n)
	}
}

func TestUnmarshal(t *testing.T) {
	var v struct{ A int }
	if err := strictjson.Unmarshal([]byte(`{"a":1}`), &v); err != nil || v.A != 1 {
		t.Errorf("Unmarshal = %v, %v", v, err)
	}
	if err := strictjson.Unmarshal([]byte(`{"a":1,"A":2}`), &v); !errors.Is(err, strictjson.ErrRefused) {
		t.Errorf("Unmarshal of a case variant = %v, want ErrRefused", err)
	}
}

// FuzzCheck holds Check to encoding/json: what Check accepts is valid there,
// and decoding it loses no key and no text.
func TestExact(t *testing.T) {
	type config struct {
		A int `json:"a"`
	}
	for text, want := range map[string]string{
		`{"a":1}`: "", `{}`: "", `{"a":1,"b":2}`: `unknown field "b"`, `{"a":1,"a":1}`: "key stands twice", `{"a":1} {}`: "data after",
		`{"a":"1"}`: "cannot unmarshal", ``: "text ends",
	} {
		var c config
		if err := strictjson.Exact([]byte(text), &c); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("Exact(%s) = %v, want %q", text, err, want)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		`{"id":"whe-1","data":{"approval":{"id":"ap-1","n":[1,2.5e-3,null,true]}}}`,
		`{"a":1,"A":2}`, `"\uD83D\uDE00"`, "\"\xff\"", `[[[[]]]]`, `-0`, `{"":{"":""}}`, object(12, ""),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if strictjson.Check(text) != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("accepted %q, which encoding/json refuses", text)
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatalf("accepted %q, which encoding/json cannot decode: %v", text, err)
		}
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := strictjson.Check(again); err != nil {
			t.Fatalf("accepted %q but not what it decodes to, %q: %v", text, again, err)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	text := []byte("[" + strings.Repeat(object(20, "")+",", 500) + "0]")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if err := strictjson.Check(text); err != nil {
			b.Fatal(err)
		}
	}
}

// object returns an object of n distinct keys, with more before its end.
func object(n int, more string) string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf(`"k%d":0`, i)
	}
	return "{" + strings.Join(keys, ",") + more + "}"
}
