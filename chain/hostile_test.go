package chain_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"countersign/chain"
	"countersign/chain/codepin"
)

// reads are what asks a node about a specimen.
var reads = map[string]func(context.Context, *chain.Node, specimen) error{
	"verify": func(ctx context.Context, n *chain.Node, s specimen) error {
		_, err := chain.Verify(ctx, n, []codepin.Pin{s.pin}, s.selectors...)
		return err
	},
	"observe": func(ctx context.Context, n *chain.Node, s specimen) error {
		p, err := chain.Observe(ctx, n, self, s.selectors...)
		if err == nil && p.Address == "" {
			return errors.New("no error and no pin")
		}
		return err
	},
}

// A fault is done to one answer: what stands there instead.
type fault struct {
	name string
	do   func(reply map[string]any) []any
}

// result replaces the result.
func result(name string, value any) fault {
	return fault{"result " + name, func(r map[string]any) []any {
		r["result"] = value
		return []any{r}
	}}
}

// faults spoil an answer whatever it was to.
func faults() []fault {
	set := func(key string, value any) func(map[string]any) []any {
		return func(r map[string]any) []any {
			r[key] = value
			return []any{r}
		}
	}
	unset := func(key string) func(map[string]any) []any {
		return func(r map[string]any) []any {
			delete(r, key)
			return []any{r}
		}
	}
	return []fault{
		{"an error", func(r map[string]any) []any {
			return []any{map[string]any{"jsonrpc": "2.0", "id": r["id"], "error": map[string]any{"code": -32005, "message": "limit exceeded"}}}
		}},
		{"an error of nothing", func(r map[string]any) []any {
			return []any{map[string]any{"jsonrpc": "2.0", "id": r["id"], "error": nil}}
		}},
		{"an error beside the result", set("error", map[string]any{"code": 1, "message": "?"})},
		{"a null error beside the result", set("error", nil)},
		{"no answer", func(map[string]any) []any { return nil }},
		{"null for an answer", func(map[string]any) []any { return []any{nil} }},
		{"no result", unset("result")},
		{"no ID", unset("id")},
		{"no version", unset("jsonrpc")},
		{"version 1", set("jsonrpc", "1.0")},
		{"another ID", set("id", 999999)},
		{"the ID as text", func(r map[string]any) []any {
			r["id"] = fmt.Sprintf("%s", r["id"])
			return []any{r}
		}},
		{"two answers", func(r map[string]any) []any { return []any{r, r} }},
		{"two answers that differ", func(r map[string]any) []any {
			other := maps.Clone(r)
			other["result"] = "0x"
			return []any{r, other}
		}},
		result("null", nil), result("a number", 5), result("true", true), result("a list", []any{}), result("an object", map[string]any{}),
		result("no text", ""), result("no hex", "0xzz"), result("half a byte", "0x123"), result("no prefix", "1234"),
	}
}

// wordFaults spoil a word: 32 bytes with an address in them.
func wordFaults() []fault {
	return []fault{
		result("empty", "0x"), result("zero as a quantity", "0x0"), result("31 bytes", "0x"+strings.Repeat("00", 31)),
		result("33 bytes", "0x"+strings.Repeat("00", 33)), result("two words", "0x"+strings.Repeat("00", 64)),
		result("20 bytes", target), result("ones", "0x"+strings.Repeat("ff", 32)),
		result("a dirty first byte", "0x01"+word(target)[4:]), result("a dirty twelfth byte", "0x"+strings.Repeat("00", 11)+"01"+target[2:]),
	}
}

// headFaults spoil the newest block.
func headFaults() []fault {
	field := func(name, key string, value any) fault {
		return fault{name, func(r map[string]any) []any {
			r["result"].(map[string]any)[key] = value
			return []any{r}
		}}
	}
	return []fault{
		field("no hash", "hash", nil), field("a zero hash", "hash", word("0x0")), field("a short hash", "hash", "0x1234"),
		field("no number", "number", nil), field("a leading zero", "number", "0x01"), field("a number above 64 bits", "number", "0x10000000000000000"),
		field("a number in decimal", "number", 1), field("no time", "timestamp", nil), field("a time after all years", "timestamp", "0xffffffffffffffff"),
	}
}

func TestAnAnswerThatCannotBeReliedOnIsUnknown(t *testing.T) {
	for _, s := range specimens() {
		for verb, read := range reads {
			f := newFake(t, s.world)
			n := f.dial()
			var methods []string
			f.tamper = func(_ int, method string, r map[string]any) []any {
				methods = append(methods, method)
				return []any{r}
			}
			if err := read(t.Context(), n, s); err != nil {
				t.Fatalf("%s %s: %v", verb, s.name, err)
			}
			for i, method := range methods {
				list := faults()
				switch method {
				case "eth_getStorageAt", "eth_call":
					list = append(list, wordFaults()...)
				case "eth_getBlockByNumber":
					list = append(list, headFaults()...)
				case "eth_chainId":
					list = append(list, result("another chain", "0x1"), result("a leading zero", "0x067932"), result("too long", "0x10000000000067932"))
				}
				for _, fault := range list {
					f.calls, f.requests = 0, 0
					f.tamper = func(call int, _ string, r map[string]any) []any {
						if call == i {
							return fault.do(r)
						}
						return []any{r}
					}
					err := read(t.Context(), n, s)
					if !errors.Is(err, codepin.ErrUnknown) || errors.Is(err, codepin.ErrChanged) || errors.Is(err, codepin.ErrPin) {
						t.Errorf("%s %s: %s in answer %d, to %s: error %v, want ErrUnknown alone", verb, s.name, fault.name, i, method, err)
					}
				}
			}
		}
	}
}
