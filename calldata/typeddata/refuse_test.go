package typeddata_test

import (
	"fmt"
	"strings"
	"testing"

	"countersign/calldata"
	"countersign/calldata/typeddata"
)

const zero40 = `"0x0000000000000000000000000000000000000000"`

var refused = []struct {
	name  string
	spoil func(document) document
	code  calldata.Code
	path  string
	why   string
}{
	{"too large", in("message", "Hello", strings.Repeat("x", typeddata.MaxBytes)), typeddata.TooLarge, "", "at most 131072"},
	{"too many values", one("uint8[]", "["+strings.Repeat("1,", 9_993)+"1]"), typeddata.TooLarge, "message.x[9993]", "more than 10000"},
	{"too deep", types(chain(typeddata.MaxDepth), nested(typeddata.MaxDepth)), typeddata.TooLarge, "types", "nest 17 deep"},
	{"too deep by arrays", one("bool"+strings.Repeat("[]", 15), "[]"), typeddata.TooLarge, "types", "nest 17 deep"},
	{"too many types", types(many(129), "{}"), typeddata.TooLarge, "types", "more than 128"},

	{"types are no JSON", in("types", `{"Mail"`, `{Mail`), typeddata.MalformedJSON, "types", "no key"},
	{"domain is no JSON", in("domain", `}`, `}}`), typeddata.MalformedJSON, "domain", "data after"},
	{"message is no JSON", in("message", `"Bob"`, `Bob`), typeddata.MalformedJSON, "message.to.name", "where a value"},
	{"no message", func(d document) document { d.message = ""; return d }, typeddata.MalformedJSON, "message", "text ends"},
	{"a type twice", in("types", `"Person":`, `"Mail":`), typeddata.MalformedJSON, "types.Mail", "twice"},
	{"a value twice", in("message", `{"name":"Cow"`, `{"name":"Dog","name":"Cow"`), typeddata.MalformedJSON, "message.from.name", "twice"},
	{"a value twice but for case", in("message", `{"name":"Cow"`, `{"Name":"Dog","name":"Cow"`), typeddata.MalformedJSON, "message.from.name", "only in case"},

	{"types as an array", types("[]", "{}"), typeddata.BadType, "types", "not an object"},
	{"no types", types("{}", "{}"), typeddata.MissingMember, "types", "no type of a message"},
	{"the domain's type only", types("{"+mailDomainType+"}", "{}"), typeddata.MissingMember, "types", "no type of a message"},
	{"a struct that is no array", types(`{"T":{}}`, "{}"), typeddata.BadType, "types.T", "not an array"},
	{"a struct without members", types(`{"T":[]}`, "{}"), typeddata.BadType, "types.T", "without members"},
	{"a member that is no object", types(`{"T":["x"]}`, "{}"), typeddata.BadType, "types.T[0]", "not an object"},
	{"a member without a type", types(`{"T":[{"name":"x"}]}`, "{}"), typeddata.MissingMember, "types.T[0].type", "not there"},
	{"a member without a name", types(`{"T":[{"type":"bool"}]}`, "{}"), typeddata.MissingMember, "types.T[0].name", "not there"},
	{"a member with more", types(`{"T":[{"name":"x","type":"bool","indexed":true}]}`, "{}"), typeddata.UnknownMember, "types.T[0]", "want name and type"},
	{"a type as a number", types(`{"T":[{"name":"x","type":1}]}`, "{}"), typeddata.BadType, "types.T[0].type", "not a string"},
	{"a member twice", types(`{"T":[{"name":"x","type":"bool"},{"name":"x","type":"bool"}]}`, "{}"), typeddata.BadType, "types.T[1]", `second member "x"`},
	{"a member's name with a bracket", types(`{"T":[{"name":"x)Y(bool z","type":"bool"}]}`, "{}"), typeddata.BadType, "types.T[0].name", "no name for a member"},
	{"a member's name with a new line", types(`{"T":[{"name":"x\n","type":"bool"}]}`, "{}"), typeddata.BadType, "types.T[0].name", "no name for a member"},
	{"a member's empty name", types(`{"T":[{"name":"","type":"bool"}]}`, "{}"), typeddata.BadType, "types.T[0].name", "no name for a member"},
	{"a struct's name with space", types(`{"T x":[]}`, "{}"), typeddata.BadType, "types", "no name for a struct"},
	{"a struct's name of a digit", types(`{"1":[]}`, "{}"), typeddata.BadType, "types", "no name for a struct"},
	{"a struct's name in other letters", types(`{"Маil":[]}`, "{}"), typeddata.BadType, "types", "no name for a struct"},
	{"a struct called uint256", types(`{"uint256":[]}`, "{}"), typeddata.BadType, "types", "no name for a struct"},
	{"a struct called uint", types(`{"uint":[]}`, "{}"), typeddata.BadType, "types", "no name for a struct"},
	{"a struct called bytes33", types(`{"bytes33":[]}`, "{}"), typeddata.BadType, "types", "no name for a struct"},
	{"a struct called function", types(`{"function":[]}`, "{}"), typeddata.BadType, "types", "no name for a struct"},

	{"a type that is not defined", in("types", `"Person"}`, `"Persona"}`), typeddata.UnknownType, "types.Mail[0].type", `"Persona" is not defined`},
	{"a type in another case", in("types", `"Person"}`, `"person"}`), typeddata.UnknownType, "types.Mail[0].type", `"person" is not defined`},
	{"the domain as a member", types(`{`+mailDomainType+`,"T":[{"name":"x","type":"EIP712Domain"}]}`, "{}"), typeddata.BadType, "types.T[0].type", "no type for a member"},
	{"an alias", one("uint", "1"), typeddata.BadType, "types.T[0].type", "aliases"},
	{"uint7", one("uint7", "1"), typeddata.BadType, "types.T[0].type", "no type"},
	{"uint264", one("uint264", "1"), typeddata.BadType, "types.T[0].type", "no type"},
	{"uint08", one("uint08", "1"), typeddata.BadType, "types.T[0].type", "no type"},
	{"int0", one("int0", "1"), typeddata.BadType, "types.T[0].type", "no type"},
	{"bytes0", one("bytes0", `"0x"`), typeddata.BadType, "types.T[0].type", "no type"},
	{"bytes33", one("bytes33", `"0x"`), typeddata.BadType, "types.T[0].type", "no type"},
	{"fixed", one("fixed128x18", `"1"`), typeddata.BadType, "types.T[0].type", "no type"},
	{"a tuple", one("(bool)", `"1"`), typeddata.BadType, "types.T[0].type", "no type"},
	{"a type with space", one("bool ", `true`), typeddata.BadType, "types.T[0].type", "no type"},
	{"an empty type", one("", `true`), typeddata.BadType, "types.T[0].type", "no type"},
	{"an array without an end", one("bool[", `true`), typeddata.BadType, "types.T[0].type", "array suffix"},
	{"an array of no elements", one("bool[0]", `[]`), typeddata.BadType, "types.T[0].type", "array suffix"},
	{"an array with a zero in front", one("bool[01]", `[]`), typeddata.BadType, "types.T[0].type", "array suffix"},
	{"an array of a name", one("bool[n]", `[]`), typeddata.BadType, "types.T[0].type", "array suffix"},
	{"an array too long", one("bool[10001]", `[]`), typeddata.BadType, "types.T[0].type", "array suffix"},
	{"text behind an array", one("bool[]x", `[]`), typeddata.BadType, "types.T[0].type", "array suffix"},
	{"arrays too many", one("bool"+strings.Repeat("[]", 17), `[]`), typeddata.BadType, "types.T[0].type", "array suffix"},

	{"a type that is not used", in("types", `{"Mail"`, `{"Spam":[{"name":"x","type":"bool"}],"Mail"`), typeddata.AmbiguousPrimaryType, "primaryType", `["Mail" "Spam"]`},
	{"a type that the primary one does not use", func(d document) document { d.primary = "Person"; return d }, typeddata.UnusedType, "types.Mail", "no part of Person"},
	{"a primary type that is not defined", func(d document) document { d.primary = "mail"; return d }, typeddata.UnknownType, "primaryType", "not a defined type"},
	{"the domain as the primary type", func(d document) document {
		d.types, d.primary = `{`+mailDomainType+`,`+mailStructs+`}`, "EIP712Domain"
		return d
	}, typeddata.UnknownType, "primaryType", "not a defined type"},
	{"a type in itself", types(`{"T":[{"name":"x","type":"T[]"}]}`, `{"x":[]}`), typeddata.RecursiveType, "types.T", "contains itself"},
	{"a type in itself, as the primary one", func(d document) document {
		d.types, d.primary = `{"T":[{"name":"x","type":"U"}],"U":[{"name":"x","type":"T[]"}]}`, "U"
		return d
	}, typeddata.RecursiveType, "types.U", "contains itself"},
	{"a cycle below", types(`{"R":[{"name":"x","type":"T"}],"T":[{"name":"x","type":"U"}],"U":[{"name":"x","type":"T[]"}]}`, `{}`), typeddata.RecursiveType, "types.T", "contains itself"},
	{"a cycle beside", types(`{"R":[{"name":"x","type":"bool"}],"T":[{"name":"x","type":"T"}]}`, `{}`), typeddata.UnusedType, "types.T", "no part of R"},

	{"a domain as an array", func(d document) document { d.domain = "[]"; return d }, typeddata.BadValue, "domain", "not an object"},
	{"a domain of no chain", in("domain", `"chainId":1,`, ``), typeddata.MissingBinding, "domain.chainId", "good elsewhere"},
	{"a domain of no contract", in("domain", `,"verifyingContract":"0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"`, ``), typeddata.MissingBinding, "domain.verifyingContract", "good elsewhere"},
	{"chain 0", in("domain", `"chainId":1`, `"chainId":0`), typeddata.BadValue, "domain.chainId", "0 is no chain"},
	{"a chain of 65 bits", in("domain", `"chainId":1`, `"chainId":"18446744073709551616"`), typeddata.BadValue, "domain.chainId", "is no chain"},
	{"a chain null", in("domain", `"chainId":1`, `"chainId":null`), typeddata.BadValue, "domain.chainId", "not a number"},
	{"the zero contract", in("domain", `"0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"`, zero40), typeddata.MissingBinding, "domain.verifyingContract", "zero address"},
	{"a contract of a bad checksum", in("domain", `0xCc`, `0xcc`), typeddata.BadValue, "domain.verifyingContract", "checksum"},
	{"a member that a domain has not", in("domain", `{`, `{"chain":1,`), typeddata.UnknownMember, "domain", `no member "chain"`},
	{"a salt of 31 bytes", in("domain", `{`, `{"salt":"0x`+strings.Repeat("00", 31)+`",`), typeddata.BadValue, "domain.salt", "another length"},
	{"a version as a number", in("domain", `"1"`, `1`), typeddata.BadValue, "domain.version", "not a string"},
	{"the domain's type has more", in("types", `{`, `{`+strings.Replace(mailDomainType, `address"}`, `address"},{"name":"salt","type":"bytes32"}`, 1)+`,`), typeddata.DomainMismatch, "types.EIP712Domain", "bytes32 salt"},
	{"the domain's type has less", in("types", `{`, `{`+strings.Replace(mailDomainType, `{"name":"version","type":"string"},`, ``, 1)+`,`), typeddata.DomainMismatch, "types.EIP712Domain", "but the domain has"},
	{"the domain's type in another order", in("types", `{`, `{"EIP712Domain":[{"name":"version","type":"string"},{"name":"name","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],`), typeddata.DomainMismatch, "types.EIP712Domain", "string version,string name"},
	{"the domain's chain of another type", in("types", `{`, `{`+strings.Replace(mailDomainType, `uint256`, `uint64`, 1)+`,`), typeddata.DomainMismatch, "types.EIP712Domain", "uint64 chainId"},

	{"a message as an array", func(d document) document { d.message = "[]"; return d }, typeddata.BadValue, "message", "not an object"},
	{"a message null", func(d document) document { d.message = "null"; return d }, typeddata.BadValue, "message", "not an object"},
	{"a struct null", in("message", `{"name":"Bob","wallet":"0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"}`, `null`), typeddata.BadValue, "message.to", "not an object"},
	{"a value that is missing", in("message", `"name":"Bob",`, ``), typeddata.MissingMember, "message.to.name", "Person has it"},
	{"a value too many", in("message", `{"from"`, `{"bcc":1,"from"`), typeddata.UnknownMember, "message", `Mail has no member "bcc"`},
	{"a value too many below", in("message", `{"name":"Bob"`, `{"age":1,"name":"Bob"`), typeddata.UnknownMember, "message.to", `Person has no member "age"`},

	{"a negative uint", one("uint8", `-1`), typeddata.BadValue, "message.x", "negative"},
	{"uint8 256", one("uint8", `256`), typeddata.BadValue, "message.x", "out of range, want uint8"},
	{"int8 128", one("int8", `"128"`), typeddata.BadValue, "message.x", "out of range"},
	{"int8 -129", one("int8", `-129`), typeddata.BadValue, "message.x", "out of range"},
	{"int8 0xff", one("int8", `"0xff"`), typeddata.BadValue, "message.x", "out of range"},
	{"uint256 of 257 bits", one("uint256", `"115792089237316195423570985008687907853269984665640564039457584007913129639936"`), typeddata.BadValue, "message.x", "out of range"},
	{"a fraction", one("uint8", `1.0`), typeddata.BadValue, "message.x", "whole number"},
	{"an exponent", one("uint8", `1e1`), typeddata.BadValue, "message.x", "whole number"},
	{"minus zero", one("int8", `-0`), typeddata.BadValue, "message.x", "whole number"},
	{"minus zero in a string", one("int8", `"-0"`), typeddata.BadValue, "message.x", "neither"},
	{"a number that is rounded", one("uint256", `9007199254740992`), typeddata.BadValue, "message.x", "some readers round"},
	{"a number of many digits", one("uint256", `1`+strings.Repeat("0", 40)), typeddata.BadValue, "message.x", "whole number"},
	{"a zero in front", one("uint8", `"010"`), typeddata.BadValue, "message.x", "neither"},
	{"a plus sign", one("uint8", `"+1"`), typeddata.BadValue, "message.x", "neither"},
	{"space", one("uint8", `" 1"`), typeddata.BadValue, "message.x", "neither"},
	{"a new line", one("uint8", `"1\n"`), typeddata.BadValue, "message.x", "neither"},
	{"0X", one("uint8", `"0X1"`), typeddata.BadValue, "message.x", "neither"},
	{"0x of no digits", one("uint8", `"0x"`), typeddata.BadValue, "message.x", "neither"},
	{"negative hex", one("int8", `"-0x1"`), typeddata.BadValue, "message.x", "neither"},
	{"no digits", one("uint8", `""`), typeddata.BadValue, "message.x", "neither"},
	{"a boolean for a number", one("uint8", `true`), typeddata.BadValue, "message.x", "not a number"},
	{"a number for a boolean", one("bool", `1`), typeddata.BadValue, "message.x", "neither true nor false"},
	{"a string for a boolean", one("bool", `"true"`), typeddata.BadValue, "message.x", "neither true nor false"},
	{"a number for a string", one("string", `1`), typeddata.BadValue, "message.x", "not a string"},
	{"an address of a bad checksum", one("address", `"0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed"`), typeddata.BadValue, "message.x", "checksum"},
	{"a short address", one("address", `"0x5aaeb6"`), typeddata.BadValue, "message.x", "40 hex digits"},
	{"an address without 0x", one("address", `"5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"`), typeddata.BadValue, "message.x", "40 hex digits"},
	{"an address as a number", one("address", `0`), typeddata.BadValue, "message.x", "not a string"},
	{"bytes of half a byte", one("bytes", `"0x123"`), typeddata.BadValue, "message.x", "pairs of hex"},
	{"bytes without 0x", one("bytes", `"1234"`), typeddata.BadValue, "message.x", "pairs of hex"},
	{"bytes as text", one("bytes", `"hello"`), typeddata.BadValue, "message.x", "pairs of hex"},
	{"bytes4 of three", one("bytes4", `"0x010203"`), typeddata.BadValue, "message.x", "another length, want bytes4"},
	{"bytes4 of five", one("bytes4", `"0x0102030405"`), typeddata.BadValue, "message.x", "another length"},
	{"an array that is none", one("bool[]", `true`), typeddata.BadValue, "message.x", "not an array, want bool[]"},
	{"an array too short", one("bool[2]", `[true]`), typeddata.BadValue, "message.x", "1 elements, want bool[2]"},
	{"an element", one("bool[2][]", `[[true,false],[true,0]]`), typeddata.BadValue, "message.x[1][1]", "neither true nor false"},
}

func many(n int) string {
	var structs []string
	for i := range n {
		structs = append(structs, fmt.Sprintf(`"T%d":[{"name":"x","type":"bool"}]`, i))
	}
	return "{" + strings.Join(structs, ",") + "}"
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			data, err := tt.spoil(mail).parse()
			if err == nil {
				t.Fatalf("was read as %s %v", data.EncodeType(), data.Message())
			}
			r := refusal(t, err)
			if r.Code != tt.code || r.Path != tt.path || !strings.Contains(r.Why, tt.why) {
				t.Errorf("refused with %v,\nwant %s (%s): …%s…", r, tt.code, tt.path, tt.why)
			}
		})
	}
}

// Each refusal points to the byte in the text that its path begins with.
func TestRefusalsSayWhere(t *testing.T) {
	for _, tt := range []struct {
		spoil  func(document) document
		in     func(document) string
		before string // what stands where it points
	}{
		{in("message", `"Bob"`, ` 7`), func(d document) string { return d.message }, `7,"wallet"`},
		{in("message", `{"name":"Bob"`, `{"age":1,"name":"Bob"`), func(d document) string { return d.message }, `"age"`},
		{in("message", `"name":"Bob",`, ``), func(d document) string { return d.message }, `{"wallet":"0xbB`},
		{in("domain", `"chainId":1`, `"chainId": 1.5`), func(d document) string { return d.domain }, `1.5`},
		{in("types", `"Person"}`, `"Persona"}`), func(d document) string { return d.types }, `"Persona"`},
		{in("types", `"wallet"`, `"w w"`), func(d document) string { return d.types }, `"w w"`},
		{types(`{"R":[{"name":"x","type":"bool"}],"T":[{"name":"x","type":"T"}]}`, `{}`), func(d document) string { return d.types }, `"T":`},
	} {
		d := tt.spoil(mail)
		_, err := d.parse()
		if r := refusal(t, err); !strings.HasPrefix(tt.in(d)[r.Offset:], tt.before) {
			t.Errorf("%v\npoints to %.20q, want %q", r, tt.in(d)[r.Offset:], tt.before)
		}
	}
	_, err := in("message", `"Bob"`, `7`)(mail).parse()
	if want := "bad_value at byte 90 (message.to.name): not a string, want string"; err == nil || err.Error() != want {
		t.Errorf("refused with %v, want %s", err, want)
	}
	_, err = refused[0].spoil(mail).parse()
	if want := "too_large at byte 0: 131"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("refused with %v, want %s…", err, want)
	}
}
