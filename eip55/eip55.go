// Package eip55 reads and writes EVM addresses in mixed case, where the case is a
// checksum (EIP-55).
package eip55

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/sha3"
)

// ErrAddress means that a text is not an EVM address, or that its mixed case
// fails the checksum and so was mistyped.
var ErrAddress = errors.New("not an EVM address")

// Parse reads 0x and 40 hex digits. All-lower and all-upper case are taken as they
// are; mixed case must be the checksum.
func Parse(s string) (a [20]byte, err error) {
	digits, ok := strings.CutPrefix(s, "0x")
	raw, err := hex.DecodeString(digits)
	if !ok || err != nil || len(raw) != len(a) {
		return a, fmt.Errorf("%w: %.60q, want 0x and 40 hex digits", ErrAddress, s)
	}
	a = [20]byte(raw)
	if sum := Format(a); digits != sum[2:] && digits != strings.ToLower(digits) && digits != strings.ToUpper(digits) {
		return [20]byte{}, fmt.Errorf("%w: %s fails its EIP-55 checksum, expected %s", ErrAddress, s, sum)
	}
	return a, nil
}

// Format writes an address in its checksummed form: a letter is upper case when the
// matching nibble of the Keccak-256 of the lower-case digits is 8 or more.
func Format(a [20]byte) string {
	digits := []byte(hex.EncodeToString(a[:]))
	h := sha3.NewLegacyKeccak256()
	h.Write(digits)
	sum := hex.EncodeToString(h.Sum(nil))
	for i, c := range digits {
		if c >= 'a' && sum[i] >= '8' {
			digits[i] = c - 'a' + 'A'
		}
	}
	return "0x" + string(digits)
}

// Lower reads an address as [Parse] does and writes it as 0x and 40 lower-case hex digits.
func Lower(s string) (string, error) {
	a, err := Parse(s)
	if err != nil {
		return "", err
	}
	return "0x" + hex.EncodeToString(a[:]), nil
}

// Checksummed is an address, in whatever case, in its checksummed form. Anything else
// comes back as it is.
func Checksummed(s string) string {
	a, err := Parse(strings.ToLower(s))
	if err != nil {
		return s
	}
	return Format(a)
}
