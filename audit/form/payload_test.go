package form_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"countersign/audit"
	"countersign/audit/form"

	"pgregory.net/rapid"
)

// written is a record as the profile writes it.
func written(tb testing.TB, rec audit.Record) []byte {
	tb.Helper()
	b, err := marshal(rec)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func marshal(rec audit.Record) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(rec)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}

// oracle reads a payload the long way: decode, write again, compare. It is what the
// profile means, and what Read must agree with to the byte.
func oracle(payload []byte) (rec audit.Record, ok bool) {
	if !utf8.Valid(payload) {
		return rec, false
	}
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.DisallowUnknownFields()
	if dec.Decode(&rec) != nil || rec.Version != audit.Version {
		return rec, false
	}
	rec.At = rec.At.UTC().Truncate(time.Microsecond)
	again, err := marshal(rec)
	return rec, err == nil && bytes.Equal(again, payload)
}

// agree compares Read with the oracle and says whether both accept.
func agree(tb testing.TB, payload []byte) bool {
	tb.Helper()
	want, ok := oracle(payload)
	var p form.Payload
	err := p.Read(payload)
	if err != nil && !errors.Is(err, form.ErrForm) {
		tb.Fatalf("Read = %v, want ErrForm", err)
	}
	if ok != (err == nil) {
		tb.Fatalf("Read(%q) = %v, encoding/json accepts it: %v", payload, err, ok)
	}
	if !ok {
		return false
	}
	got, err := audit.RecordOf(&p)
	if err != nil || !reflect.DeepEqual(got, want) {
		tb.Fatalf("Read(%q) = %+v, %v, encoding/json reads %+v", payload, got, err, want)
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(p.Body, &members) == nil && members != nil {
		for _, m := range p.Members {
			if raw, there := members[form.Text(m.Name)]; !there || form.Unambiguous(p.Body) && !bytes.Equal(raw, m.Value) {
				tb.Fatalf("member %q of %s = %s, encoding/json reads %s", m.Name, p.Body, m.Value, raw)
			}
		}
	} else if len(p.Members) > 0 {
		tb.Fatalf("members %q of %s, which is no object", p.Members, p.Body)
	}
	return true
}

var morning = time.Date(2026, 5, 4, 9, 0, 0, 123456000, time.UTC)

func example() audit.Record {
	return audit.Record{
		Version: 1, ID: "019-a", Type: "decision.intent", Key: "approval/ap-1/decision/ana", Lineage: "approval/ap-1", Issuer: "treasury",
		Subject: "ana", At: morning, Index: 12, Seq: 3, Prev: strings.Repeat("0a", 32),
		Body: json.RawMessage(`{"a":"<ok> & fine","n":[1,-2.5e+7,0,true,false,null],"o":{"é":"\u00e9\/"},"":{}}`),
	}
}

func TestReadAgreesOnEveryEditOfOneByte(t *testing.T) {
	payload := written(t, example())
	if !agree(t, payload) {
		t.Fatalf("Read refuses %s", payload)
	}
	accepted := 0
	for i := range payload {
		for c := range 256 {
			if testing.Short() && i%16 != c%16 { // all of them take some seconds, and minutes with the race detector
				continue
			}
			edited := bytes.Clone(payload)
			edited[i] = byte(c)
			if agree(t, edited) {
				accepted++
			}
		}
		agree(t, append(bytes.Clone(payload[:i]), payload[i+1:]...))
		agree(t, payload[:i])
		for _, c := range []byte(`"\{}[],:0-.eE+ u/tfn` + "\x00\x1f\x7f\xe2\x80\xa8\n") {
			agree(t, append(append(bytes.Clone(payload[:i]), c), payload[i:]...))
		}
	}
	if accepted < len(payload)/16 { // at least each byte as it was
		t.Errorf("%d edits accepted of a payload of %d bytes", accepted, len(payload))
	}
}

func TestReadAgreesOnSpellings(t *testing.T) {
	with := func(old, repl string) string {
		text := string(written(t, example()))
		if !strings.Contains(text, old) {
			t.Fatalf("%s has no %s", text, old)
		}
		return strings.Replace(text, old, repl, 1)
	}
	texts := []string{`\b`, `\f`, `\n`, `\r`, `\t`, `\"`, `\\`, `\/`, `\u0000`, `\u0007`, `\u0008`, `\u000b`, `\u000B`, `\u000c`, `\u000a`,
		`\u001f`, `\u001F`, `\u0020`, `\u007f`, `\u00e9`, `\u2028`, `\u2029`, "\u2028", "\u2029", "\u2027", "\u202a", `\ufffd`, "\ufffd", `\ud800`,
		`\ud83d\ude00`, "😀", "\x7f", "<", ">", "&", `\u003c`, `\x`, `\u12`, `\u00`, `\`, "\xe2\x80", "\xff"}
	numbers := []string{"0", "-0", "-1", "01", "1.0", "1e0", "+1", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
		"-9223372036854775809", "18446744073709551616", "99999999999999999999", `"1"`, "null", ""}
	times := []string{"2026-05-04T09:00:00Z", "2026-05-04T09:00:00.1Z", "2026-05-04T09:00:00.10Z", "2026-05-04T09:00:00.123456Z", "2026-05-04T09:00:00.1234567Z",
		"2026-05-04T09:00:00.000001Z", "2026-05-04T09:00:00.Z", "2026-05-04T09:00:00,1Z", "2026-05-04T24:00:00Z", "2026-05-04T23:60:00Z", "2026-05-04T23:59:60Z",
		"2026-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-12-31T00:00:00Z",
		"2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-05-04t09:00:00z",
		"2026-05-04T09:00:00+00:00", "2026-05-04T09:00:00", "2026-05-04 09:00:00Z", "-026-05-04T09:00:00Z", "2026-05-04T9:00:00Z", "", "Z", "0001-01-01T00:00:00Z"}
	bodies := []string{"null", "{}", "[]", "true", "false", `""`, "0", "-0", "1E5", "1.", ".5", "1e", "-", "[1,]", "[,]", `{"a":1,}`, `{"a"}`, `{a:1}`, `{"a":1,"a":2}`,
		`{"A":1,"a":2}`, `[[[]]]`, "[ ]", "nul", "tru", "NaN", `{"a":1}{}`, `"a""b"`, strings.Repeat("[", 9999) + strings.Repeat("]", 9999),
		strings.Repeat("[", 10000) + strings.Repeat("]", 10000), strings.Repeat(`{"a":`, 9999) + "1" + strings.Repeat("}", 9999), strings.Repeat(`{"a":`, 10000) + "1" + strings.Repeat("}", 10000)}
	accepted, refused := 0, 0
	try := func(payload string) {
		if agree(t, []byte(payload)) {
			accepted++
		} else {
			refused++
		}
	}
	whole := string(example().Body)
	for _, s := range texts {
		try(with(`"sub":"ana"`, `"sub":"`+s+`"`))
		try(with(`"sub":"ana"`, `"sub":"1234567`+s+`1234567"`))
		try(with(whole, `{"r":"`+s+`"}`))
		try(with(whole, `{"`+s+`":1}`))
	}
	for _, s := range numbers {
		try(with(`"index":12`, `"index":`+s))
	}
	for _, s := range times {
		try(with(`2026-05-04T09:00:00.123456Z`, s))
	}
	for _, s := range bodies {
		try(with(whole, s))
	}
	for _, s := range []string{`"lineage":"",`, `"lineage":null,`, ``, `"lineage":"x","lineage":"x",`} {
		try(with(`"lineage":"approval/ap-1",`, s))
	}
	if accepted < 60 || refused < 60 {
		t.Errorf("%d spellings accepted and %d refused: the table is one-sided", accepted, refused)
	}
}

// anyRecord is a record with everything in its texts that JSON writers disagree about.
func anyRecord() *rapid.Generator[audit.Record] {
	awkward := rapid.SampledFrom([]string{"<script>&amp;", "\u2028\u2029", "😀", "\x00\x1f\x7f", `"\`, "\r\n\t\b\f", "é", "\uFFFD"})
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.String(), awkward), 0, 4).Draw(t, "parts"), "")
	})
	return rapid.Custom(func(t *rapid.T) audit.Record {
		body, err := json.Marshal(rapid.MapOfN(text, rapid.SliceOfN(text, 0, 3), 0, 4).Draw(t, "body"))
		if err != nil {
			t.Fatal(err)
		}
		return audit.Record{
			Version: 1, ID: text.Draw(t, "id"), Type: audit.Type(text.Draw(t, "type")), Key: text.Draw(t, "key"), Lineage: text.Draw(t, "lineage"),
			Issuer: text.Draw(t, "iss"), Subject: text.Draw(t, "sub"), Index: rapid.Int64().Draw(t, "index"), Seq: rapid.Int64().Draw(t, "seq"),
			At: time.UnixMicro(rapid.Int64Range(-62135596800_000000, 253402300799_999999).Draw(t, "at")).UTC(), Prev: text.Draw(t, "prev"), Body: body,
		}
	})
}

func TestReadAcceptsWhatIsWrittenAndAgreesOnDamage(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		payload := written(t, anyRecord().Draw(rt, "record"))
		if !agree(t, payload) {
			rt.Fatalf("Read refuses what is written: %q", payload)
		}
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0)) //nolint:gosec // a seed that is printed
		for range 20 {
			agree(t, damaged(random, payload))
		}
	})
}

// damaged is a payload with a piece removed, repeated, moved or overwritten.
func damaged(random *rand.Rand, payload []byte) []byte {
	from := random.IntN(len(payload))
	to := from + random.IntN(min(20, len(payload)-from)+1)
	piece := payload[from:to]
	at := random.IntN(len(payload) + 1)
	switch random.IntN(3) {
	case 0:
		return append(bytes.Clone(payload[:from]), payload[to:]...)
	case 1:
		return append(append(bytes.Clone(payload[:at]), piece...), payload[at:]...)
	}
	out := bytes.Clone(payload)
	copy(out[min(at, len(out)):], piece)
	return out
}

func TestUnambiguous(t *testing.T) {
	for body, want := range map[string]bool{
		`{"a":1,"b":{"a":2}}`:              true,
		`[{"a":1},{"a":2}]`:                true,
		`"a"`:                              true,
		`{"a":1,"a":1}`:                    false,
		`{"a":1,"A":1}`:                    false,
		`{"a":1,"\u0061":1}`:               false,
		`{"kid":1,"` + "\u212a" + `id":1}`: false, // the Kelvin sign
		`{"iss":1,"i` + "\u017f" + `s":1}`: false, // the long s
		`{"x":[{"y":{"b":1,"B":1}}]}`:      false,
	} {
		if got := form.Unambiguous([]byte(body)); got != want {
			t.Errorf("Unambiguous(%s) = %v, want %v", body, got, want)
		}
	}
}

// FuzzRead offers Read anything: it accepts exactly what encoding/json would write again.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"v":1}`))
	f.Add(written(f, example()))
	rec := example()
	rec.Lineage, rec.Body = "", nil
	f.Add(written(f, rec))
	f.Fuzz(func(t *testing.T, payload []byte) { agree(t, payload) })
}

// BenchmarkRead is what the form costs beside a signature of some 80 µs.
func BenchmarkRead(b *testing.B) {
	rec := example()
	rec.Body, _ = json.Marshal(audit.Intent{ApprovalID: "ap-1", Words: []string{strings.Repeat("transfer 100 USDC to 0x. ", 20)}})
	payload := written(b, rec)
	b.SetBytes(int64(len(payload)))
	var p form.Payload
	for b.Loop() {
		if err := p.Read(payload); err != nil {
			b.Fatal(err)
		}
	}
}
