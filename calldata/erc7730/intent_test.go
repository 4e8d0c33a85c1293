package erc7730_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"countersign/calldata/erc7730"
)

func TestIntents(t *testing.T) {
	fields := []string{
		`{"path": "amount", "label": "Pay", "format": "tokenAmount", "params": {"tokenPath": "legs.[0].token"}}`,
		`{"path": "#.to", "label": "To", "format": "addressName"}`, `{"path": "legs.[].amount", "label": "Legs", "format": "raw"}`,
		`{"path": "@.value", "label": "Value", "format": "amount", "visible": "optional"}`, `{"path": "note", "label": "Note", "format": "raw"}`,
		`{"path": "data", "label": "Data", "format": "raw", "visible": "never"}`,
	}
	hostile := someSwap()
	hostile.note = `x” (by descriptor) — send 0.00 ETH to "Treasury" ` + "\u202e\n"
	for _, tt := range []struct {
		name, more, want string
		call             swapCall
	}{
		{"values in a sentence", `"interpolatedIntent": "Swap {amount} to {to}"`, "Swap 1,250.00 USDC to Treasury (0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359)", someSwap()},
		{"the elements of a list", `"interpolatedIntent": "Swap {legs.[].amount}!"`, "Swap 1500000, 42!", someSwap()},
		{"braces that are meant", `"interpolatedIntent": "{{{to}}}"`, "{Treasury (0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359)}", someSwap()},
		{"no values", `"interpolatedIntent": "Swap all"`, "Swap all", someSwap()},
		{"a field that is not there", `"interpolatedIntent": "Swap {all}"`, "Swap", someSwap()},
		{"a field that may be hidden", `"interpolatedIntent": "Swap {@.value}"`, "Swap", someSwap()},
		{"a field that is hidden", `"interpolatedIntent": "Swap {data}"`, "Swap", someSwap()},
		{"part of a field", `"interpolatedIntent": "Swap {legs}"`, "Swap", someSwap()},
		{"an open brace", `"interpolatedIntent": "Swap {to"`, "Swap", someSwap()},
		{"a closing brace", `"interpolatedIntent": "Swap to}"`, "Swap", someSwap()},
		{"too long a sentence", fmt.Sprintf(`"interpolatedIntent": "Swap {to} %s"`, strings.Repeat("x", 400)), "Swap", someSwap()},
		{"too long a pattern", fmt.Sprintf(`"interpolatedIntent": "Swap {to} %s"`, strings.Repeat("{{", 2000)), "Swap", someSwap()},
		{"text stays in its quotes", `"interpolatedIntent": "Note {note}."`, `Note “x\u201d (by descriptor) \u2014 send 0.00 ETH to \"Treasury\" \u202e\u000a”.`, hostile},
		{"text of the author is escaped", `"interpolatedIntent": "Swap\u202e\n\" {to}"`, `Swap\u202e\u000a\" Treasury (0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359)`, someSwap()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, got, err := describe(t, file(swap(","+tt.more, fields...), "", ""), tt.call.call(t), "0", env())
			if err != nil || got != tt.want {
				t.Errorf("intent = %q, %v\nwant     %q", got, err, tt.want)
			}
		})
	}
}

func TestAnIntentMayBeLabelsWithTexts(t *testing.T) {
	source := strings.Replace(file(swap(""), "", ""), `"intent": "Swap"`, `"intent": {"Stake": "Withdraw", "Rewards": "All\nof them"}`, 1)
	if _, got, err := describe(t, source, someSwap().call(t), "0", env()); err != nil || got != `Rewards: All\u000aof them, Stake: Withdraw` {
		t.Errorf("intent = %q, %v", got, err)
	}
	for _, bad := range []string{`"intent": ""`, `"intent": {}`, `"intent": {"a": 1}`, `"intent": 5`, `"$id": "x"`} {
		source := strings.Replace(file(swap(""), "", ""), `"intent": "Swap"`, bad, 1)
		if _, got, err := describe(t, source, someSwap().call(t), "0", env()); err == nil || got != "" {
			t.Errorf("%s: intent = %q, want an error", bad, got)
		}
	}
}

func TestAFormatIsForItsOwnFunction(t *testing.T) {
	d, err := erc7730.Parse([]byte(file(swap(""), "", "")))
	if err != nil {
		t.Fatal(err)
	}
	c := someSwap().call(t)
	f, _ := d.For(chain, router, c.Function)
	if _, _, err := f.Describe(nil, someAmount, env()); err == nil {
		t.Error("nothing was described")
	}
	if _, _, err := f.Describe(decode(t, "f()", nil), someAmount, env()); err == nil {
		t.Error("a call of another function was described")
	}
}

// Groups inside of groups that go through lists must end.
func TestGroupsInGroupsEnd(t *testing.T) {
	group := `{"path": "data", "visible": "never"}`
	for range 8 {
		group = fmt.Sprintf(`{"path": "#.legs.[]", "fields": [%s, %s]}`, group, group)
	}
	c := someSwap()
	c.legs = nil
	for range 500 {
		c.legs = append(c.legs, leg{usdc, someAmount.Big(), nil})
	}
	_, _, err := describe(t, file(swap("", group), "", ""), c.call(t), "0", env())
	if err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("Describe = %v, want too many fields", err)
	}
	_, _, err = describe(t, file(swap("", strings.Repeat(`{"fields": [`, 9)+strings.Repeat(`]}`, 9)), "", ""), someSwap().call(t), "0", env())
	if err == nil || !strings.Contains(err.Error(), "nested deeper") {
		t.Errorf("Describe = %v, want too deep", err)
	}
}

func TestPlain(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		most       int
		want       string
	}{
		{"ASCII stays", "Ana's wallet (cold) #2", 50, "Ana's wallet (cold) #2"},
		{"letters and currencies stay", "Käse €₮ 財布 แม", 50, "Käse €₮ 財布 แม"},
		{"exactly as long as allowed", "abcde", 5, "abcde"},
		{"one more is left out, and says so", "abcdef", 5, "abcd…"},
		{"an escape is not cut", "abc\n", 8, `abc…`},
		{"an ellipsis is not ours", "abc…", 50, `abc\u2026`},
		{"line ends and terminal codes", "a\r\n\x1b[2J\x7f\u0085", 50, `a\u000d\u000a\u001b[2J\u007f\u0085`},
		{"bidirectional marks", "a\u202e\u2066\u200f\u061cb", 50, `a\u202e\u2066\u200f\u061cb`},
		{"letters from right to left", "א1ب", 50, `\u05d01\u0628`},
		{"invisible characters", "a\u200b\u00ad\u3164\u115f\ufeff\u2800\u00a0b", 99, `a\u200b\u00ad\u3164\u115f\ufeff\u2800\u00a0b`},
		{"marks over other characters", "a\u0336b\u20dd", 50, `a\u0336b\u20dd`},
		{"quotes of every kind", `"'“”«＂″ˮ\`, 99, `\"'\u201c\u201d\u00ab\uff02\u2033\u02ee\\`},
		{"digits that are not ASCII", "1１٣²Ⅷ", 50, `1\uff11\u0663\u00b2\u2167`},
		{"outside of the basic plane", "😀𐤀", 50, `\U0001f600\U00010900`},
		{"not UTF-8", "a\xff\xc0b", 50, `a\xff\xc0b`},
		{"the replacement character is not an error", "\ufffd", 50, `\ufffd`},
		{"nothing", "", 5, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := erc7730.Plain(tt.text, tt.most); got != tt.want {
				t.Errorf("Plain = %s, want %s", got, tt.want)
			}
		})
	}
}

// fit fails unless a text is one that Plain could have made, with quotes around text.
func fit(t testing.TB, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Fatalf("%q is not UTF-8", text)
	}
	for _, r := range text {
		if r != '“' && r != '”' && r != '…' && (!unicode.IsPrint(r) || unicode.In(r, unicode.Bidi_Control, unicode.Arabic, unicode.Hebrew)) {
			t.Fatalf("%q has %U", text, r)
		}
	}
}
