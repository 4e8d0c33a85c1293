package screening

import (
	"errors"
	"fmt"
	"strings"
)

// ErrAddress means that a text is not an address in a form that can be compared with a
// list. Nothing can be said of it, so it is never clear.
var ErrAddress = errors.New("not an address that can be screened")

const (
	base58Digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	base32Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	bech32Digits = "qpzry9x8gf2tvdw0s3jn54khce6mua7l" // in the order of their values, BIP-173
)

// Canonical returns the one text that stands for an address in comparisons:
//
//   - 0x and 40 hex digits (EVM) in lower case. Whether mixed case is a checksum is not
//     asked: the 20 bytes are the address, on every EVM chain.
//   - 0x and 64 hex digits (Sui, Aptos) in lower case.
//   - bech32 and bech32m in lower case, when all letters have one case and the checksum
//     is right (BIP-173, BIP-350).
//   - base58, unchanged: its case is part of the address.
//   - base32 of 56 to 69 characters (Stellar, Algorand), unchanged.
//
// The error wraps [ErrAddress]. It is also that of an address that says the same as
// another form of it, the one that lists have: a Bitcoin Cash address of the new kind
// and an X-address of the XRP Ledger would be found on no list, and so look clear.
func Canonical(address string) (string, error) {
	switch {
	case hexDigits(address, 40), hexDigits(address, 64):
		return strings.ToLower(address), nil
	case strings.HasPrefix(address, "0x"), len(address) > 128:
	case bech32(address):
		return strings.ToLower(address), nil
	case len(address) >= 25 && len(address) <= 110 && only(address, base58Digits):
		return base58(address)
	case len(address) >= 56 && len(address) <= 69 && only(address, base32Digits):
		return address, nil
	}
	return "", fmt.Errorf("%w: %.80q, want 0x and hex digits, bech32, base58 or base32", ErrAddress, address)
}

// EVM reports whether an address is one of an EVM chain: 0x and 40 hex digits.
func EVM(address string) bool { return hexDigits(address, 40) }

// base58 refuses what the alphabet allows and no base58 address is.
func base58(s string) (string, error) {
	if strings.ToLower(s) == s || strings.ToUpper(s) == s {
		// Of 25 characters hardly one address in a million has letters of one case only;
		// what has was folded, or is hex or cashaddr without its prefix.
		return "", fmt.Errorf("%w: %s has letters of one case only: give it as the wallet shows it", ErrAddress, s)
	}
	if (s[0] == 'X' || s[0] == 'T') && len(s) >= 46 && len(s) <= 48 {
		return "", fmt.Errorf("%w: %s looks like an X-address: give the classic address, which lists have", ErrAddress, s)
	}
	return s, nil
}

func hexDigits(s string, n int) bool {
	return len(s) == 2+n && s[:2] == "0x" && only(s[2:], "0123456789abcdefABCDEF")
}

func only(s, digits string) bool {
	for i := range len(s) {
		if strings.IndexByte(digits, s[i]) < 0 {
			return false
		}
	}
	return true
}

// bech32 verifies the checksum that BIP-173 and BIP-350 define. Their limit of 90
// characters is not kept, because Cardano's addresses are longer.
func bech32(s string) bool {
	folded := strings.ToLower(s)
	at := strings.LastIndexByte(folded, '1')
	if at < 1 || len(s)-at < 7 || folded != s && strings.ToUpper(s) != s {
		return false
	}
	sum := uint32(1)
	feed := func(v byte) {
		top := sum >> 25
		sum = sum&0x1ffffff<<5 ^ uint32(v)
		for i, g := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	for i := range at {
		if folded[i] < '!' || folded[i] > '~' {
			return false
		}
		feed(folded[i] >> 5)
	}
	feed(0)
	for i := range at {
		feed(folded[i] & 31)
	}
	for i := at + 1; i < len(folded); i++ {
		v := strings.IndexByte(bech32Digits, folded[i])
		if v < 0 {
			return false
		}
		feed(byte(v))
	}
	return sum == 1 || sum == 0x2bc830a3
}
