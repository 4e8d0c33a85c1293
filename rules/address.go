package rules

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/sha3"
)

// ErrAddress means that a text is not an EVM address, or that its mixed case
// fails the EIP-55 checksum and so was mistyped.
var ErrAddress = errors.New("not an EVM address")

// ParseAddress returns 0x and 40 lower-case hex digits. All-lower and all-upper
// case are taken as they are; mixed case must be the EIP-55 checksum.
func ParseAddress(s string) (string, error) {
	digits, ok := strings.CutPrefix(s, "0x")
	raw, err := hex.DecodeString(digits)
	if !ok || err != nil || len(raw) != 20 {
		return "", fmt.Errorf("%w: %.60q, want 0x and 40 hex digits", ErrAddress, s)
	}
	lower := hex.EncodeToString(raw)
	if digits != lower && digits != strings.ToUpper(lower) && digits != checksummed(lower) {
		return "", fmt.Errorf("%w: %s fails its EIP-55 checksum, expected 0x%s", ErrAddress, s, checksummed(lower))
	}
	return "0x" + lower, nil
}

// Checksummed returns an EVM address in its EIP-55 form, for people. Anything else
// comes back as it is.
func Checksummed(address string) string {
	lower, err := ParseAddress(strings.ToLower(address))
	if err != nil {
		return address
	}
	return "0x" + checksummed(strings.TrimPrefix(lower, "0x"))
}

// checksummed applies EIP-55: a letter is upper case when the matching nibble of
// the Keccak-256 of the lower-case digits is 8 or more.
func checksummed(lower string) string {
	h := sha3.NewLegacyKeccak256()
	h.Write([]byte(lower))
	sum := hex.EncodeToString(h.Sum(nil))
	out := []byte(lower)
	for i, c := range out {
		if c >= 'a' && sum[i] >= '8' {
			out[i] = c - 'a' + 'A'
		}
	}
	return string(out)
}

// Addresses is a set of EVM addresses, compared by their 20 bytes.
type Addresses map[string]bool

// NewAddresses returns the set of the given addresses, or an error that names
// every one that is wrong.
func NewAddresses(list ...string) (Addresses, error) {
	set := Addresses{}
	var errs []error
	for _, s := range list {
		a, err := ParseAddress(s)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		set[a] = true
	}
	return set, errors.Join(errs...)
}

// Has reports whether the set holds an address, in whatever case.
func (a Addresses) Has(address string) bool { return a[strings.ToLower(address)] }
