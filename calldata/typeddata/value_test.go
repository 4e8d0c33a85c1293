package typeddata_test

import (
	"math/big"
	"strings"
	"sync"
	"testing"

	"countersign/calldata/typeddata"
)

// access names the accessors that answer for a value.
func access(v typeddata.Value) string {
	var answers []string
	note := func(name string, ok bool) {
		if ok {
			answers = append(answers, name)
		}
	}
	_, ok := v.Address()
	note("address", ok)
	_, ok = v.Amount()
	note("amount", ok)
	_, ok = v.Int()
	note("int", ok)
	_, ok = v.Bool()
	note("bool", ok)
	_, ok = v.Bytes()
	note("bytes", ok)
	note("list", v.List() != nil)
	_, ok = v.Member("x")
	note("member", ok)
	return strings.Join(answers, " ")
}

func TestValue(t *testing.T) {
	for _, tt := range []struct{ typ, value, access, text string }{
		{"address", `"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"`, "address", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"},
		{"bool", `true`, "bool", "true"},
		{"uint8", `255`, "amount int", "255"},
		{"uint256", `"` + maxUint + `"`, "amount int", maxUint},
		{"int8", `-128`, "int", "-128"},
		{"int24", `"5"`, "int", "5"},
		{"bytes4", `"0x61626364"`, "bytes", "0x61626364"},
		{"bytes", `"0x"`, "bytes", "0x"},
		{"string", `"grün"`, "bytes", "grün"},
		{"uint8[]", `[1,"2"]`, "list", "[1 2]"},
		{"uint8[]", `[]`, "list", "[]"},
		{"T", `{"x":"0x01"}`, "list member", "[0x01]"},
	} {
		t.Run(tt.typ+" "+tt.value, func(t *testing.T) {
			d := types(`{"R":[{"name":"v","type":"`+tt.typ+`"},{"name":"t","type":"T"}],"T":[{"name":"x","type":"bytes1"}]}`, `{"v":`+tt.value+`,"t":{"x":"0x00"}}`)(mail)
			v, found := d.mustParse(t).Message().Member("v")
			if !found || v.Name != "v" || v.Type != tt.typ {
				t.Fatalf("member %q of type %q, %t", v.Name, v.Type, found)
			}
			if got := access(v); got != tt.access {
				t.Errorf("accessors = %q, want %q", got, tt.access)
			}
			if v.String() != tt.text {
				t.Errorf("String = %q, want %q", v, tt.text)
			}
		})
	}
}

func TestMembersStandInTheOrderOfTheType(t *testing.T) {
	message := mail.mustParse(t).Message()
	var names []string
	for _, m := range message.List() {
		names = append(names, m.Name+":"+m.Type)
	}
	if got := strings.Join(names, " "); got != "from:Person to:Person contents:string" {
		t.Errorf("members %s", got)
	}
	if _, found := message.Member("bcc"); found || message.Type != "Mail" || message.Name != "" {
		t.Errorf("message %q of type %q, bcc %t", message.Name, message.Type, found)
	}
}

func TestWhatIsHandedOutIsACopy(t *testing.T) {
	data := one("bytes", `"0x0102"`)(mail).mustParse(t)
	v, _ := data.Message().Member("x")
	b, _ := v.Bytes()
	clear(b)
	if v.String() != "0x0102" {
		t.Errorf("the value became %s", v)
	}
	v, _ = one("uint8", `7`)(mail).mustParse(t).Message().Member("x")
	i, _ := v.Int()
	i.Add(i, big.NewInt(1))
	if v.String() != "7" {
		t.Errorf("the value became %s", v)
	}
}

func TestZeroValueAnswersNothing(t *testing.T) {
	var v typeddata.Value
	if got := access(v); got != "" || v.String() != "" || v.JSON() != nil {
		t.Errorf("accessors %q, String %q, JSON %v", got, v, v.JSON())
	}
}

func TestDataIsReadByManyAtOnce(t *testing.T) {
	data := forms[0].document().mustParse(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if data.Digest() == [32]byte{} || typeddata.Classify(data).Name != "erc2612_permit" || data.Message().JSON() == nil {
				t.Error("another answer")
			}
		})
	}
	wg.Wait()
}
