package calldata_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"countersign/calldata"
)

// access names the accessors that answer for a value.
func access(v calldata.Value) (answers []string) {
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
	return answers
}

func TestValue(t *testing.T) {
	for _, tt := range []struct {
		typ    string
		words  []string
		access string
		json   string
		text   string
	}{
		{"address", []string{alice}, "address", `"0xa11ce00000000000000000000000000000000001"`, "0xa11ce00000000000000000000000000000000001"},
		{"bool", []string{num(1)}, "bool", `true`, "true"},
		{"bool", []string{num(0)}, "bool", `false`, "false"},
		{"uint8", []string{num(255)}, "amount int", `"255"`, "255"},
		{"uint256", []string{ones}, "amount int", `"115792089237316195423570985008687907853269984665640564039457584007913129639935"`, ""},
		{"int256", []string{ones}, "int", `"-1"`, "-1"},
		{"int256", []string{"80" + strings.Repeat("0", 62)}, "int", `"-57896044618658097711785492504343953926634992332820282019728792003956564819968"`, ""},
		{"int8", []string{ones[:62] + "80"}, "int", `"-128"`, "-128"},
		{"int8", []string{num(127)}, "int", `"127"`, "127"},
		{"int24", []string{num(5)}, "int", `"5"`, "5"},
		{"bytes4", []string{text("abcd")}, "bytes", `"0x61626364"`, "0x61626364"},
		{"bytes32", []string{ones}, "bytes", `"0x` + ones + `"`, ""},
		{"bytes", []string{num(32), num(2), text("hi")}, "bytes", `"0x6869"`, "0x6869"},
		{"bytes", []string{num(32), num(0)}, "bytes", `"0x"`, "0x"},
		{"string", []string{num(32), num(2), text("hi")}, "bytes", `"hi"`, "hi"},
		{"uint8[]", []string{num(32), num(2), num(1), num(2)}, "list", `["1","2"]`, "[1 2]"},
		{"uint8[]", []string{num(32), num(0)}, "list", `[]`, "[]"},
		{"(bool,(uint8,int8))", []string{num(1), num(2), ones}, "list", `[true,["2","-1"]]`, "[true [2 -1]]"},
		{"string[1]", []string{num(32), num(32), num(1), text("x")}, "list", `["x"]`, "[x]"},
	} {
		t.Run(tt.typ+" "+tt.json, func(t *testing.T) {
			a, data := call(t, "f("+tt.typ+" v)", tt.words...)
			c, err := a.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			v, found := c.Arg("v")
			if !found {
				t.Fatal("no argument v")
			}
			if got := strings.Join(access(v), " "); got != tt.access {
				t.Errorf("accessors = %q, want %q", got, tt.access)
			}
			got, err := json.Marshal(v.JSON())
			if err != nil || string(got) != tt.json {
				t.Errorf("JSON = %s, %v, want %s", got, err, tt.json)
			}
			if tt.text != "" && v.String() != tt.text {
				t.Errorf("String = %q, want %q", v, tt.text)
			}
		})
	}
}

func TestIntsAreCopies(t *testing.T) {
	a, data := call(t, "f(uint256 v)", num(41))
	c, err := a.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	i, _ := c.Args()[0].Int()
	i.Add(i, big.NewInt(1))
	if amount, _ := c.Args()[0].Amount(); amount.String() != "41" {
		t.Errorf("the argument became %s", amount)
	}
}

func TestArg(t *testing.T) {
	a, data := call(t, "f(uint256 a,uint256,uint256 c)", num(1), num(2), num(3))
	c, err := a.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "1", "c": "3", "": "", "b": "", "1": "", "A": ""} {
		v, found := c.Arg(name)
		if found != (want != "") || v.String() != want {
			t.Errorf("Arg(%q) = %q, %t, want %q", name, v, found, want)
		}
	}
}

func TestZeroValueAnswersNothing(t *testing.T) {
	var v calldata.Value
	if got := access(v); len(got) > 0 {
		t.Errorf("accessors answer: %v", got)
	}
	if v.String() != "" || v.JSON() != nil {
		t.Errorf("String %q, JSON %v", v, v.JSON())
	}
}

func TestFunctionsAreSorted(t *testing.T) {
	a := calldata.MustABI("c()", "a(uint8)", "b()", "a(bool)")
	var got []string
	for _, f := range a.Functions() {
		got = append(got, f.Signature)
	}
	if want := []string{"a(bool)", "a(uint8)", "b()", "c()"}; !slices.Equal(got, want) {
		t.Errorf("Functions = %v, want %v", got, want)
	}
	if got := fmt.Sprint(a.Functions()[0].Inputs[0].Type); got != "bool" {
		t.Errorf("type = %q", got)
	}
}
