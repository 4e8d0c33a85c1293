package calldata_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"countersign/calldata"
	"countersign/tests/vectors"
)

type vectorFunction struct {
	Type    string          `json:"type"`
	Name    string          `json:"name"`
	Inputs  json.RawMessage `json:"inputs"`
	Outputs json.RawMessage `json:"outputs"`
}

// The vectors are values returned by contracts that were compiled and run: we read
// them as the arguments of a function with those outputs as inputs.
func TestPublicVectors(t *testing.T) {
	for name, want := range map[string]int{"contract-interface": 2045, "contract-interface-abi2": 1880} {
		t.Run(name, func(t *testing.T) {
			var cases []struct{ Name, Interface, Result, Values, NormalizedValues string }
			vectors.Read(t, name, &cases)
			if len(cases) < want {
				t.Errorf("%d vectors, want the %d of version 5.8.0", len(cases), want)
			}
			for _, c := range cases {
				if c.NormalizedValues == "" {
					c.NormalizedValues = c.Values
				}
				a := returning(t, c.Name, c.Interface)
				selector := a.Functions()[0].Selector
				data := append(selector[:], unhex(t, strings.TrimPrefix(c.Result, "0x"))...)
				call, err := a.Decode(data)
				if err != nil {
					t.Errorf("%s: %s: %v", c.Name, a.Functions()[0].Signature, err)
					continue
				}
				var values []any
				if err := json.Unmarshal([]byte(c.NormalizedValues), &values); err != nil {
					t.Fatal(err)
				}
				for i, v := range values {
					if got := call.At(i).JSON(); !reflect.DeepEqual(got, vectorValue(v)) {
						t.Errorf("%s: %s: value %d = %v, want %v", c.Name, call.Function.Signature, i, got, vectorValue(v))
					}
				}
				if again := call.Encode(); !bytes.Equal(again, data) {
					t.Errorf("%s: %s: encoded again\n%x, want\n%x", c.Name, call.Function.Signature, again, data)
				}
			}
		})
	}
}

// returning compiles a contract's only function that returns something, with the
// outputs as inputs.
func returning(t *testing.T, name, source string) *calldata.ABI {
	t.Helper()
	var entries []vectorFunction
	if err := json.Unmarshal([]byte(source), &entries); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, e := range entries {
		if e.Type == "function" && len(e.Outputs) > 2 {
			e.Inputs, e.Outputs = e.Outputs, nil
			text, err := json.Marshal([]vectorFunction{e})
			if err != nil {
				t.Fatal(err)
			}
			a, err := calldata.ParseABI(text)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return a
		}
	}
	t.Fatalf("%s: nothing is returned by %s", name, source)
	return nil
}

// vectorValue writes one of ethers' values as [calldata.Value.JSON] does.
func vectorValue(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = vectorValue(v[i])
		}
		return out
	case map[string]any:
		if list, ok := v["value"].([]any); ok {
			return vectorValue(list)
		}
		text, _ := v["value"].(string)
		if v["type"] == "boolean" {
			return v["value"]
		}
		if v["type"] == "string" && strings.HasPrefix(text, "0x") && len(text) == 42 { // an address
			return strings.ToLower(text)
		}
		return text
	}
	return fmt.Sprint(v)
}

func TestPublicSignatures(t *testing.T) {
	var cases []struct{ Name, Signature, SigHash, ABI string }
	vectors.Read(t, "contract-signatures", &cases)
	if len(cases) < 1880 {
		t.Errorf("%d vectors, want 1880", len(cases))
	}
	for _, c := range cases {
		bySignature, err := calldata.ParseSignatures(c.Signature)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if got := bySignature.Functions()[0].Selector.String(); got != c.SigHash {
			t.Errorf("%s: selector of %s = %s, want %s", c.Name, c.Signature, got, c.SigHash)
		}
		a, err := calldata.ParseABI([]byte(c.ABI))
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if f, ok := a.Function(c.Signature); !ok || hex.EncodeToString(f.Selector[:]) != c.SigHash[2:] {
			t.Errorf("%s: the JSON ABI has no %s", c.Name, c.Signature)
		}
	}
}
