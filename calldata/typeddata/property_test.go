package typeddata_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"countersign/calldata"
	"countersign/calldata/typeddata"

	"pgregory.net/rapid"
)

// All typed data of any types is read, and go-ethereum would sign the same.
func TestTypedDataIsRead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := anyDocument(rt)
		data, err := d.parse()
		if err != nil {
			rt.Fatalf("%v\nrefused: %v", d, err)
		}
		agrees(rt, d, data)
	})
}

// What a message is read as, written and read again, hashes to the same: nothing
// that is signed is lost in the tree of values.
func TestTheTreeHoldsAllThatIsSigned(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := anyDocument(rt)
		data, err := d.parse()
		if err != nil {
			rt.Fatal(err)
		}
		d.message = text(data.Message().JSON())
		again, err := d.parse()
		if err != nil {
			rt.Fatalf("%v\nrefused: %v", d, err)
		}
		if again.Digest() != data.Digest() {
			rt.Fatalf("%s hashes to another digest than what it was read from", d.message)
		}
	})
}

func TestSpoiltTypedDataIsReadAlikeOrRefused(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := anyDocument(rt)
		part := rapid.SampledFrom([]*string{&d.types, &d.domain, &d.message}).Draw(rt, "part")
		b := []byte(*part)
		at := rapid.IntRange(0, len(b)-1).Draw(rt, "byte")
		switch rapid.IntRange(0, 2).Draw(rt, "how") {
		case 0:
			b = slices.Delete(b, at, at+1)
		case 1:
			b[at] = rapid.SampledFrom([]byte(`0123456789abcdefx-"[]{},: `)).Draw(rt, "other")
		case 2:
			b = slices.Insert(b, at, rapid.SampledFrom([]byte(`0123456789abcdefx-"[]{},: `)).Draw(rt, "more"))
		}
		*part = string(b)
		check(rt, d)
	})
}

// check fails if d is read in a way in which go-ethereum, which takes more, does
// not read it, or is refused without a reason.
func check(t rapidT, d document) {
	t.Helper()
	data, err := d.parse()
	if err != nil {
		r, ok := err.(*calldata.Refusal)
		if !ok || r.Offset < 0 || r.Offset > max(len(d.types), len(d.domain), len(d.message)) || r.Code == "" || r.Why == "" {
			t.Fatalf("%v about %v", err, d)
		}
		return
	}
	again, err := d.parse()
	if err != nil || again.Digest() != data.Digest() || !reflect.DeepEqual(again.Message().JSON(), data.Message().JSON()) ||
		!reflect.DeepEqual(typeddata.Classify(again), typeddata.Classify(data)) {
		t.Fatalf("%v read twice is not the same (%v)", d, err)
	}
	if !strings.HasPrefix(data.EncodeType(), data.PrimaryType+"(") || !json.Valid([]byte(text(data.Message().JSON()))) {
		t.Fatalf("%v has type %q and is %v", d, data.EncodeType(), data.Message())
	}
	// Where go-ethereum refuses, it is for names with $ or _ or an empty name of
	// the domain, which it takes for none.
	if want, err := gethDigest(d, data.PrimaryType); err == nil && string(want) != string(digest(data)) {
		t.Fatalf("%v\nhashes to %x, go-ethereum has %x", d, digest(data), want)
	}
}

func digest(d *typeddata.Data) []byte {
	h := d.Digest()
	return h[:]
}

func FuzzParse(f *testing.F) {
	f.Add(mail.types, mail.domain, mail.message, mail.primary)
	f.Add(`{`+mailDomainType+`,`+mailStructs+`}`, mail.domain, mail.message, "Mail")
	for i := range 20 {
		d := rapid.Custom(anyDocument).Example(i)
		f.Add(d.types, d.domain, d.message, d.primary)
	}
	for _, tt := range refused {
		if d := tt.spoil(mail); len(d.types)+len(d.domain)+len(d.message) < 4000 {
			f.Add(d.types, d.domain, d.message, d.primary)
		}
	}
	for _, tt := range forms {
		d := tt.document()
		f.Add(d.types, d.domain, d.message, d.primary)
	}
	f.Fuzz(func(t *testing.T, types, domain, message, primary string) {
		check(t, document{types, domain, message, primary})
	})
}
