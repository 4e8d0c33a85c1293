package abiform_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"

	"countersign/sandbox/abiform"
)

const pairs = `[{"type":"function","name":"f","inputs":[{"name":"a","type":"uint8"},{"name":"b","type":"int256"},
	{"name":"c","type":"address[]"},{"name":"d","type":"tuple","components":[{"name":"x","type":"bytes4"},{"name":"y","type":"string"}]},
	{"name":"e","type":"bool"},{"name":"g","type":"bytes"},{"name":"h","type":"uint64[2]"}],"outputs":[{"name":"a","type":"uint8"},{"name":"b","type":"int256"},
	{"name":"c","type":"address[]"},{"name":"d","type":"tuple","components":[{"name":"x","type":"bytes4"},{"name":"y","type":"string"}]},
	{"name":"e","type":"bool"},{"name":"g","type":"bytes"},{"name":"h","type":"uint64[2]"}]}]`

func method(t *testing.T) abi.Method {
	t.Helper()
	parsed, err := abi.JSON(strings.NewReader(pairs))
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Methods["f"]
}

// What is packed and unpacked again is what was given, in its canonical text.
func TestValuesSurviveTheABI(t *testing.T) {
	f := method(t)
	want := `["255","-5",["0x00000000000000000000000000000000DeaDBeef"],{"x":"0x01020304","y":"hi"},true,"0x00ff",["1","18446744073709551615"]]`
	for _, given := range []string{want,
		`{"a":"0xff","b":-5,"c":["0x00000000000000000000000000000000deadbeef"],"d":{"x":"0x01020304","y":"hi"},"e":"true","g":"0x00FF","h":[1,18446744073709551615]}`} {
		data, err := abiform.Pack(f, json.RawMessage(given))
		if err != nil {
			t.Fatalf("Pack(%s): %v", given, err)
		}
		values, err := abiform.Unpack(f, data[4:])
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(values)
		if err != nil || string(text) != want {
			t.Errorf("%s came back as %s, %v", given, text, err)
		}
	}
}

func TestArgumentsThatAreRefused(t *testing.T) {
	good := []string{`"1"`, `"1"`, `[]`, `{"x":"0x01020304","y":""}`, `true`, `"0x"`, `["1","1"]`}
	for at, bad := range map[int][]string{
		0: {`"256"`, `"-1"`, `"1.5"`, `""`, `true`, `null`}, 2: {`"0x"`, `["0x1"]`}, 3: {`{"x":"0x01020304"}`, `{"x":"0x01","y":""}`},
		4: {`"maybe"`}, 5: {`"0x0"`, `"zz"`}, 6: {`["1"]`, `["1","18446744073709551616"]`},
	} {
		for _, b := range bad {
			list := append([]string{}, good...)
			list[at] = b
			if _, err := abiform.Pack(method(t), json.RawMessage("["+strings.Join(list, ",")+"]")); err == nil {
				t.Errorf("argument %d may be %s", at, b)
			}
		}
	}
	for _, given := range []string{``, `[]`, `{"a":1}`, `"x"`} {
		if v, err := abiform.Values(method(t).Inputs, json.RawMessage(given)); err == nil {
			t.Errorf("%q gave %v", given, reflect.ValueOf(v))
		}
	}
}
