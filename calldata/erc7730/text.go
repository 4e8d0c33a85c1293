package erc7730

import (
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/sha3"
)

// Plain makes text that came from outside fit for a line that people decide on. It
// returns at most most runes (at least one), with "…" at the end when some are left
// out; an ellipsis in the text itself is escaped, so that none is mistaken for ours.
//
// Letters of scripts that are written from left to right, ASCII and signs of
// currencies stay. All else is written as \u202e, \U0001f600 or, for bytes that are
// not UTF-8, \xff: control characters and line ends; bidirectional marks and letters
// written from right to left, which change where the amount beside them is seen;
// marks that draw over their neighbours; invisible characters; digits, quotes and
// punctuation that look like ASCII and are not. A quote or backslash has a backslash
// in front, so that the escaped text can be read back.
func Plain(s string, most int) string {
	var out strings.Builder
	for n := 0; s != ""; {
		r, size := utf8.DecodeRuneInString(s)
		next := string(r)
		switch {
		case r == utf8.RuneError && size == 1:
			next = fmt.Sprintf(`\x%02x`, s[0])
		case r == '"' || r == '\\':
			next = `\` + next
		case r > 0xffff && !plain(r):
			next = fmt.Sprintf(`\U%08x`, r)
		case !plain(r):
			next = fmt.Sprintf(`\u%04x`, r)
		}
		s = s[size:]
		n += utf8.RuneCountInString(next)
		if n > most || n == most && s != "" {
			return out.String() + "…"
		}
		out.WriteString(next)
	}
	return out.String()
}

func plain(r rune) bool {
	switch {
	case r < 0x80:
		return r >= ' ' && r != 0x7f
	case r >= 0x02b0 && r <= 0x02ff: // letters that look like quotes and commas
		return false
	case unicode.Is(rightToLeft, r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return false
	}
	return unicode.In(r, unicode.L, unicode.Mc, unicode.Sc)
}

// rightToLeft are the blocks whose letters are written from right to left (Unicode's
// DerivedBidiClass, defaults R and AL).
var rightToLeft = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x590, Hi: 0x8ff, Stride: 1}, {Lo: 0xfb1d, Hi: 0xfdff, Stride: 1}, {Lo: 0xfe70, Hi: 0xfeff, Stride: 1}},
	R32: []unicode.Range32{{Lo: 0x10800, Hi: 0x10fff, Stride: 1}, {Lo: 0x1e800, Hi: 0x1efff, Stride: 1}},
}

func keccak(b []byte) []byte {
	h := sha3.NewLegacyKeccak256() // the EVM's Keccak, not the SHA-3 of FIPS 202
	h.Write(b)
	return h.Sum(nil)
}

// Moment returns a Unix timestamp as a date and time, UTC. What is no second of the
// years 1970 to 9999 comes back as a number that says so.
func Moment(unix *big.Int) string {
	if unix.Sign() < 0 || !unix.IsInt64() || unix.Int64() > 253402300799 {
		return "timestamp " + unix.String() + " (no date)"
	}
	return time.Unix(unix.Int64(), 0).UTC().Format("2006-01-02 15:04:05") + " UTC"
}
