// Package stellar is a simulated ledger in the manner of Stellar's: accounts
// that have to be created, payments with a memo, a fixed fee, one ledger closed
// for each payment. Its state is in the store, so a payment and whatever else
// happens with it are one transaction.
//
// It is no implementation of Stellar: there are no trust lines, no offers, no
// Horizon and no XDR. Addresses, amounts, limits and the words of refusals are
// Stellar's (SEP-23, CAP-33 reserves, result codes of payment operations).
package stellar

import (
	"crypto/ed25519"
	"encoding/base32"
	"encoding/binary"
)

// accountVersion is the version byte of an account's address, which makes it
// begin with G (SEP-23).
const accountVersion = 6 << 3

// Address returns the strkey form of a public key: G and 55 characters.
func Address(key ed25519.PublicKey) string {
	payload := append([]byte{accountVersion}, key...)
	payload = binary.LittleEndian.AppendUint16(payload, crc16(payload))
	return base32.StdEncoding.EncodeToString(payload) // 35 bytes need no padding
}

// Valid tells whether text is the address of an account, checksum included.
func Valid(text string) bool {
	raw, err := base32.StdEncoding.DecodeString(text)
	return err == nil && len(raw) == 1+ed25519.PublicKeySize+2 && raw[0] == accountVersion &&
		binary.LittleEndian.Uint16(raw[33:]) == crc16(raw[:33])
}

// crc16 is CRC16-XModem, the checksum of SEP-23.
func crc16(data []byte) uint16 {
	var crc uint16
	for _, b := range data {
		crc ^= uint16(b) << 8
		for range 8 {
			carry := crc&0x8000 != 0
			crc <<= 1
			if carry {
				crc ^= 0x1021
			}
		}
	}
	return crc
}
