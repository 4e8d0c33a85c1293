package calldata_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"countersign/calldata"
)

// ok marks a row that is canonical.
const ok calldata.Code = ""

// TestHostile holds the table of shared reference chain.md §1.3, row by row, and
// what else the measurements there call a trap. Offset counts the selector.
func TestHostile(t *testing.T) {
	for _, tt := range []struct {
		name, signature string
		words           []string
		code            calldata.Code
		offset          int
		path            string
	}{
		{"ok transfer", "f(address to,uint256 amount)", []string{alice, num(5)}, ok, 0, ""},
		{"trailing 1 byte", "f(address to,uint256 amount)", []string{alice, num(5), "00"}, calldata.TrailingBytes, 68, "f"},
		{"trailing 32 bytes", "f(address to,uint256 amount)", []string{alice, num(5), num(0)}, calldata.TrailingBytes, 68, "f"},
		{"truncated by 1 byte", "f(address to,uint256 amount)", []string{alice, num(5)[:62]}, calldata.Truncated, 4, "f"},
		{"selector only", "f(address to,uint256 amount)", nil, calldata.Truncated, 4, "f"},
		{"no-arg fn", "f()", nil, ok, 0, ""},
		{"no-arg fn with trailing", "f()", []string{"00"}, calldata.TrailingBytes, 4, "f"},
		{"dirty address", "f(address to,uint256 amount)", []string{"01" + alice[2:], num(5)}, calldata.OutOfRange, 4, "f.to"},
		{"dirty address, last bit", "f(uint256,address)", []string{num(5), alice[:23] + "1" + alice[24:]}, calldata.OutOfRange, 36, "f.1"},
		{"bool=1", "f(bool on)", []string{num(1)}, ok, 0, ""},
		{"bool=2", "f(bool on)", []string{num(2)}, calldata.OutOfRange, 4, "f.on"},
		{"bool high byte", "f(bool on)", []string{"01" + num(1)[2:]}, calldata.OutOfRange, 4, "f.on"},
		{"uint8 dirty", "f(uint8 n)", []string{num(256)}, calldata.OutOfRange, 4, "f.n"},
		{"uint8 full", "f(uint8 n)", []string{num(255)}, ok, 0, ""},
		{"uint24 out of range", "f(uint24 n)", []string{num(1 << 24)}, calldata.OutOfRange, 4, "f.n"},
		{"uint24 full", "f(uint24 n)", []string{num(1<<24 - 1)}, ok, 0, ""},
		{"uint160 out of range", "f(uint160 n)", []string{hexWord("1" + strings.Repeat("0", 40))}, calldata.OutOfRange, 4, "f.n"},
		{"int24 out of range", "f(int24 n)", []string{num(1 << 23)}, calldata.OutOfRange, 4, "f.n"},
		{"int24 below range", "f(int24 n)", []string{ones[:58] + "7fffff"}, calldata.OutOfRange, 4, "f.n"},
		{"int24 half extended", "f(int24 n)", []string{"00" + ones[2:]}, calldata.OutOfRange, 4, "f.n"},
		{"int24 minus ok", "f(int24 n)", []string{ones[:58] + "800000"}, ok, 0, ""},
		{"bytes4 ok", "f(bytes4 id)", []string{text("abcd")}, ok, 0, ""},
		{"bytes4 dirty padding", "f(bytes4 id)", []string{text("abcde")}, calldata.OutOfRange, 4, "f.id"},
		{"bytes ok", "f(bytes data)", []string{num(32), num(5), text("hello")}, ok, 0, ""},
		{"bytes empty", "f(bytes data)", []string{num(32), num(0)}, ok, 0, ""},
		{"bytes of a whole word", "f(bytes data)", []string{num(32), num(32), ones}, ok, 0, ""},
		{"bytes dirty padding", "f(bytes data)", []string{num(32), num(4), text("hello")}, calldata.DirtyPadding, 72, "f.data"},
		{"bytes dirty padding, last byte", "f(bytes data)", []string{num(32), num(1), num(1)}, calldata.DirtyPadding, 69, "f.data"},
		{"bytes missing padding", "f(bytes data)", []string{num(32), num(5), "68656c6c6f"}, calldata.Truncated, 68, "f.data"},
		{"bytes empty with a word of padding", "f(bytes data)", []string{num(32), num(0), num(0)}, calldata.TrailingBytes, 68, "f"},
		{"bytes offset 0 (self)", "f(bytes data)", []string{num(0), num(0)}, calldata.NonCanonicalOffset, 4, "f.data"},
		{"bytes offset aliases head word", "f(uint256,bytes data)", []string{num(0), num(0)}, calldata.NonCanonicalOffset, 36, "f.data"},
		{"bytes offset gap", "f(bytes data)", []string{num(64), num(0), num(0)}, calldata.NonCanonicalOffset, 4, "f.data"},
		{"bytes offset unaligned", "f(bytes data)", []string{num(33), "00", num(0)}, calldata.NonCanonicalOffset, 4, "f.data"},
		{"bytes offset 2^255", "f(bytes data)", []string{"80" + num(32)[2:], num(0)}, calldata.Truncated, 4, "f.data"},
		{"bytes offset 2^64+32", "f(bytes data)", []string{hexWord("10000000000000020"), num(0)}, calldata.Truncated, 4, "f.data"},
		{"bytes offset 2^63", "f(bytes data)", []string{num(1 << 63), num(0)}, calldata.Truncated, 4, "f.data"},
		{"bytes length 2^256-1", "f(bytes data)", []string{num(32), ones}, calldata.Truncated, 36, "f.data"},
		{"bytes length 2^256-31 (wraps to 1)", "f(bytes data)", []string{num(32), ones[:62] + "e1"}, calldata.Truncated, 36, "f.data"},
		{"bytes length 2^64-1", "f(bytes data)", []string{num(32), num(1<<64 - 1)}, calldata.Truncated, 36, "f.data"},
		{"bytes length 2^32", "f(bytes data)", []string{num(32), num(1 << 32)}, calldata.Truncated, 36, "f.data"},
		{"bytes length past end by one word", "f(bytes data)", []string{num(32), num(33), ones}, calldata.Truncated, 68, "f.data"},
		{"bytes[] length 2^32", "f(bytes[] list)", []string{num(32), num(1 << 32)}, calldata.Truncated, 36, "f.list"},
		{"uint256[] length past end", "f(uint256[] list)", []string{num(32), num(2), num(7)}, calldata.Truncated, 36, "f.list"},
		{"uint256[] length 2^59 (bytes wrap to 0)", "f(uint256[] list)", []string{num(32), num(1 << 59)}, calldata.Truncated, 36, "f.list"},
		{"uint256[] empty", "f(uint256[] list)", []string{num(32), num(0)}, ok, 0, ""},
		{"two tails", "f(bytes a,bytes b)", []string{num(64), num(96), num(0), num(0)}, ok, 0, ""},
		{"shared tail", "f(bytes a,bytes b)", []string{num(64), num(64), num(0)}, calldata.NonCanonicalOffset, 36, "f.b"},
		{"swapped tails", "f(bytes a,bytes b)", []string{num(96), num(64), num(0), num(0)}, calldata.NonCanonicalOffset, 4, "f.a"},
		{"bytes[2] dirty high offset bits", "f(bytes[2] two)", []string{num(32), hexWord("1" + num(64)[48:]), num(96), num(0), num(0)}, calldata.Truncated, 36, "f.two[0]"},
		{"bytes[2] canonical", "f(bytes[2] two)", []string{num(32), num(64), num(96), num(0), num(0)}, ok, 0, ""},
		{"string ok", "f(string s)", []string{num(32), num(5), text("grün")}, ok, 0, ""},
		{"string invalid utf8", "f(string s)", []string{num(32), num(2), text("\xc3\x28")}, calldata.InvalidText, 68, "f.s"},
		{"string cut within a letter", "f(string s)", []string{num(32), num(1), text("\xc3")}, calldata.InvalidText, 68, "f.s"},
		{"string of a lone surrogate", "f(string s)", []string{num(32), num(3), text("\xed\xa0\x80")}, calldata.InvalidText, 68, "f.s"},
		{"nested negative offset", "f(bytes[] list)", []string{num(32), num(1), ones[:62] + "e0"}, calldata.Truncated, 68, "f.list[0]"},
		{"nested offset 0 aliases the head", "f(bytes[] list)", []string{num(32), num(1), num(0)}, calldata.NonCanonicalOffset, 68, "f.list[0]"},
		{"tuple canonical", "f((address to,bytes data) c)", []string{num(32), alice, num(64), num(0)}, ok, 0, ""},
		{"tuple dirty address", "f((address to,bytes data) c)", []string{num(32), "01" + alice[2:], num(64), num(0)}, calldata.OutOfRange, 36, "f.c.to"},
		{"tuple offset counted from outside", "f((address to,bytes data) c)", []string{num(32), alice, num(96), num(0)}, calldata.NonCanonicalOffset, 68, "f.c.data"},
		{"tuple[] canonical", "f((address to,bytes data)[] cs)", []string{num(32), num(2), num(64), num(160), alice, num(64), num(0), bob, num(64), num(0)}, ok, 0, ""},
		{"tuple[] elements share one tail", "f((address to,bytes data)[] cs)", []string{num(32), num(2), num(64), num(64), alice, num(64), num(0)}, calldata.NonCanonicalOffset, 100, "f.cs[1]"},
		{"static tuple stands in the head", "f((address,bool) p,uint8 n)", []string{alice, num(1), num(9)}, ok, 0, ""},
		{"static tuple behind an offset", "f((address,bool) p)", []string{num(32), alice, num(1)}, calldata.OutOfRange, 36, "f.p.1"},
		{"deep path", "f((uint256,(bool[] flags)[2] pairs)[] list)", []string{
			num(32), num(1), num(32), num(7), num(64), num(64), num(128), num(32), num(0), num(32), num(1), num(2),
		}, calldata.OutOfRange, 4 + 11*32, "f.list[0].pairs[1].flags[0]"},
		{"fixed array cut short", "f(uint8[3] n)", []string{num(1), num(2)}, calldata.Truncated, 4, "f"},
		{"fixed array in a tail cut short", "f(string[3] n)", []string{num(32), num(96), num(128)}, calldata.Truncated, 36, "f.n"},
		{"an offset where no word is", "f(bytes a)", []string{"00"}, calldata.Truncated, 4, "f"},
		{"a length where no word is", "f(bytes a)", []string{num(32)}, calldata.Truncated, 36, "f.a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, data := call(t, tt.signature, tt.words...)
			c, err := a.Decode(data)
			if tt.code == ok {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				newOracle(t, c.Function).agrees(t, data, c)
				return
			}
			if c != nil {
				t.Fatalf("accepted as %v", c.Args())
			}
			got := refusal(t, err)
			if got.Code != tt.code || got.Offset != tt.offset || got.Path != tt.path {
				t.Errorf("refused with %s at byte %d (%s), want %s at byte %d (%s): %s",
					got.Code, got.Offset, got.Path, tt.code, tt.offset, tt.path, got.Why)
			}
			if !strings.HasPrefix(got.Error(), string(tt.code)) || len(got.Error()) > 300 {
				t.Errorf("the error reads %q", got)
			}
		})
	}
}

func TestDecodeBeforeTheArguments(t *testing.T) {
	a := calldata.MustABI("transfer(address to,uint256 amount)")
	for _, tt := range []struct {
		name, data string
		code       calldata.Code
	}{
		{"nothing", "", calldata.NoSelector},
		{"three bytes", "a9059c", calldata.NoSelector},
		{"another selector", "a9059cbc" + alice + num(1), calldata.UnknownSelector},
		{"selector reversed", "bb9c05a9" + alice + num(1), calldata.UnknownSelector},
		{"a byte in front", "00a9059cbb" + alice + num(1), calldata.UnknownSelector},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data, err := hex.DecodeString(tt.data)
			if err != nil {
				t.Fatal(err)
			}
			c, err := a.Decode(data)
			if got := refusal(t, err); c != nil || got.Code != tt.code || got.Offset != 0 || got.Path != "" {
				t.Errorf("Decode = %v, %v, want %s at byte 0", c, got, tt.code)
			}
		})
	}
}
