package typeddata_test

import (
	"fmt"
	"strings"
	"testing"

	"countersign/calldata/typeddata"
)

// The hashes are those that EIP-712 prints for its example.
func TestMail(t *testing.T) {
	for name, d := range map[string]document{
		"as it is":                    mail,
		"with the primary type":       {mail.types, mail.domain, mail.message, "Mail"},
		"with the domain's type":      {`{` + mailDomainType + `,` + mailStructs + `}`, mail.domain, mail.message, ""},
		"with the domain in disarray": {mail.types, `{"verifyingContract":"0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC","chainId":"0x1","version":"1","name":"Ether Mail"}`, mail.message, ""},
		"with space":                  {" \n" + mail.types, "\t" + mail.domain + "\r", strings.ReplaceAll(mail.message, `":`, `" : `), ""},
	} {
		t.Run(name, func(t *testing.T) {
			data := d.mustParse(t)
			for _, tt := range []struct{ what, got, want string }{
				{"type", data.EncodeType(), "Mail(Person from,Person to,string contents)Person(string name,address wallet)"},
				{"domain separator", hexOf(data.DomainSeparator()), "0xf2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f"},
				{"struct hash", hexOf(data.StructHash()), "0xc52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e"},
				{"digest", hexOf(data.Digest()), "0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2"},
				{"primary type", data.PrimaryType, "Mail"},
				{"contract", data.VerifyingContract, "0xcccccccccccccccccccccccccccccccccccccccc"},
				{"name and version", data.DomainName + " " + data.Version + " " + data.Salt, "Ether Mail 1 "},
				{"chain", fmt.Sprint(data.ChainID), "1"},
				{"form", string(typeddata.Classify(data).Name), "unknown"},
			} {
				if tt.got != tt.want {
					t.Errorf("%s = %s, want %s", tt.what, tt.got, tt.want)
				}
			}
			agrees(t, d, data)
		})
	}
}

func TestTheSmallestDomain(t *testing.T) {
	d := document{mail.types, `{"chainId":"18446744073709551615","verifyingContract":"0x0000000000000000000000000000000000000001"}`, mail.message, ""}
	data := d.mustParse(t)
	agrees(t, d, data)
	if data.ChainID != 1<<64-1 || data.DomainName != "" || data.Version != "" {
		t.Errorf("chain %d, name %q, version %q", data.ChainID, data.DomainName, data.Version)
	}
}

// A name that is empty is hashed all the same; go-ethereum takes it for none.
func TestAnEmptyNameIsNotNoName(t *testing.T) {
	with := document{mail.types, strings.Replace(mail.domain, "Ether Mail", "", 1), mail.message, ""}.mustParse(t)
	without := document{mail.types, strings.Replace(mail.domain, `"name":"Ether Mail",`, "", 1), mail.message, ""}.mustParse(t)
	if with.DomainSeparator() == without.DomainSeparator() {
		t.Error("both have one domain separator")
	}
}

// in replaces a piece of one of a document's texts.
func in(part, old, next string) func(document) document {
	return func(d document) document {
		p := map[string]*string{"types": &d.types, "domain": &d.domain, "message": &d.message, "primaryType": &d.primary}[part]
		if !strings.Contains(*p, old) {
			panic(*p + " has no " + old)
		}
		*p = strings.Replace(*p, old, next, 1)
		return d
	}
}

// one makes a document of one member of a type, with a value.
func one(typ, value string) func(document) document {
	return func(d document) document {
		d.types, d.message = `{"T":[{"name":"x","type":"`+typ+`"}]}`, `{"x":`+value+`}`
		return d
	}
}

// types makes a document of types and a message.
func types(types, message string) func(document) document {
	return func(d document) document {
		d.types, d.message = types, message
		return d
	}
}

// chain are n structs, each in the one before.
func chain(n int) string {
	var b strings.Builder
	for i := range n - 1 {
		fmt.Fprintf(&b, `"T%d":[{"name":"x","type":"T%d"}],`, i, i+1)
	}
	fmt.Fprintf(&b, `"T%d":[{"name":"x","type":"bool"}]`, n-1)
	return "{" + b.String() + "}"
}

func nested(n int) string {
	return strings.Repeat(`{"x":`, n) + "true" + strings.Repeat("}", n)
}

const maxUint = "115792089237316195423570985008687907853269984665640564039457584007913129639935"

func TestParseAccepts(t *testing.T) {
	hex64 := `"0x` + strings.Repeat("0f", 32) + `"`
	for _, tt := range []struct {
		typ, value, json string
	}{
		{"uint256", `"` + maxUint + `"`, `"` + maxUint + `"`},
		{"uint256", `"0x` + strings.Repeat("F", 64) + `"`, `"` + maxUint + `"`},
		{"uint256", `9007199254740991`, `"9007199254740991"`},
		{"uint256", `"0x0000a"`, `"10"`},
		{"uint8", `255`, `"255"`},
		{"uint48", `"0"`, `"0"`},
		{"int8", `-128`, `"-128"`},
		{"int8", `"127"`, `"127"`},
		{"int8", `"0x7f"`, `"127"`},
		{"int256", `"-57896044618658097711785492504343953926634992332820282019728792003956564819968"`, `"-57896044618658097711785492504343953926634992332820282019728792003956564819968"`},
		{"int256", `-9007199254740991`, `"-9007199254740991"`},
		{"address", `"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"`, `"0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"`},
		{"address", `"0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED"`, `"0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"`},
		{"address", `"0x0000000000000000000000000000000000000000"`, `"0x0000000000000000000000000000000000000000"`},
		{"bool", `true`, `true`},
		{"bool", `false`, `false`},
		{"bytes1", `"0xAB"`, `"0xab"`},
		{"bytes32", hex64, hex64},
		{"bytes", `"0x"`, `"0x"`},
		{"bytes", `"0xCaFe00"`, `"0xcafe00"`},
		{"string", `""`, `""`},
		{"string", `"\u0067r\u00fcn \ud83d\ude00"`, `"grün 😀"`},
		{"string[]", `[]`, `[]`},
		{"uint8[2][]", `[[1,"2"],["0x3",4]]`, `[["1","2"],["3","4"]]`},
		{"bytes2[1][1]", `[["0x0102"]]`, `[["0x0102"]]`},
	} {
		t.Run(tt.typ+" "+tt.value, func(t *testing.T) {
			d := one(tt.typ, tt.value)(mail)
			data := d.mustParse(t)
			agrees(t, d, data)
			if got := text(data.Message().JSON()); got != `{"x":`+tt.json+`}` {
				t.Errorf("JSON = %s, want {\"x\":%s}", got, tt.json)
			}
			if want := "T(" + tt.typ + " x)"; data.EncodeType() != want {
				t.Errorf("EncodeType = %s, want %s", data.EncodeType(), want)
			}
		})
	}
}

// Structs follow the primary type in the order of their names' bytes, each once,
// also those that arrays and structs in between refer to.
func TestEncodeType(t *testing.T) {
	d := types(`{"b":[{"name":"x","type":"Z[]"}],"Root":[{"name":"x","type":"b"},{"name":"y","type":"A[2][]"},{"name":"z","type":"Z"}],
		"Z":[{"name":"x","type":"bool"}],"A":[{"name":"x","type":"Z"}]}`, `{"x":{"x":[]},"y":[],"z":{"x":true}}`)(mail)
	data := d.mustParse(t)
	agrees(t, d, data)
	if got, want := data.EncodeType(), "Root(b x,A[2][] y,Z z)A(Z x)Z(bool x)b(Z[] x)"; got != want {
		t.Errorf("EncodeType = %s, want %s", got, want)
	}
}

func TestTheDeepestIsRead(t *testing.T) {
	d := types(chain(typeddata.MaxDepth-1), nested(typeddata.MaxDepth-1))(mail)
	agrees(t, d, d.mustParse(t))
	d = one("uint8[]", "["+strings.Repeat("1,", 9_992)+"1]")(mail)
	agrees(t, d, d.mustParse(t)) // 10,000 with the message, its array and the domain's five
}
