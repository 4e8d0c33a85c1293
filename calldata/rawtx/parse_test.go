package rawtx_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"countersign/calldata"
	"countersign/calldata/rawtx"
)

// RLP by hand, so that it can be wrong. Items are hex.

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// str is a string of more than one byte.
func str(digits string) string { return head(0x80, len(digits)/2) + digits }

func list(items ...string) string {
	body := strings.Join(items, "")
	return head(0xc0, len(body)/2) + body
}

func head(base, n int) string {
	switch {
	case n < 56:
		return fmt.Sprintf("%02x", base+n)
	case n < 256:
		return fmt.Sprintf("%02x%02x", base+56, n)
	}
	return fmt.Sprintf("%02x%04x", base+57, n)
}

const (
	// wallet is an address as an RLP string.
	wallet = "94a11ce00000000000000000000000000000000001"
	zero   = "80"
	one    = "01"
	none   = "c0" // the empty list
	// n and halfN are the order of secp256k1 and half of it, one more.
	n     = "a0fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
	halfN = "a07fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1"
)

var (
	blobHash = str(one + strings.Repeat("00", 31))
	bits257  = str("01" + strings.Repeat("00", 32))
	bits65   = str("01" + strings.Repeat("00", 8))
	six      = []string{one, one, one, wallet, one, zero}
	type1    = []string{one, one, one, one, wallet, one, zero, none}
	type2    = []string{one, one, one, one, one, wallet, one, zero, none}
	type3    = append(append([]string{}, type2...), one, list(blobHash))
	auth     = list(one, wallet, one, zero, one, one)
	type4    = append(append([]string{}, type2...), list(auth))
)

// with replaces one item.
func with(items []string, i int, item string) string {
	out := append([]string{}, items...)
	out[i] = item
	return list(out...)
}

func plus(items []string, more ...string) string {
	return list(append(append([]string{}, items...), more...)...)
}

func TestParseAccepts(t *testing.T) {
	for _, tt := range []struct {
		name, raw string
		chain     string
		signed    bool
	}{
		{"legacy, good on every chain", list(six...), "", false},
		{"legacy, EIP-155, to be signed", plus(six, "05", zero, zero), "5", false},
		{"legacy, signed for every chain", plus(six, "1b", one, one), "", true},
		{"legacy, signed, v 28", plus(six, "1c", one, one), "", true},
		{"legacy, signed, v 37", plus(six, "25", one, one), "1", true},
		{"legacy, signed, v 38", plus(six, "26", one, one), "1", true},
		{"legacy, signed, the largest chain", plus(six, str("020000000000000021"), one, one), "18446744073709551615", true},
		{"type 1", "01" + list(type1...), "1", false},
		{"type 1, signed", "01" + plus(type1, zero, one, one), "1", true},
		{"type 2", "02" + list(type2...), "1", false},
		{"type 2, signed", "02" + plus(type2, one, one, one), "1", true},
		{"type 3", "03" + list(type3...), "1", false},
		{"type 3, signed", "03" + plus(type3, one, one, one), "1", true},
		{"type 4", "04" + list(type4...), "1", false},
		{"type 4, signed", "04" + plus(type4, one, one, one), "1", true},
		{"authorization for every chain, of no code", "04" + with(type4, 9, list(list(zero, str(strings.Repeat("00", 20)), zero, one, one, one))), "1", false},
		{"a creation", with(six, 3, zero), "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			raw := unhex(tt.raw)
			tx, err := rawtx.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			if chain := plain(tx)["ChainID"]; chain != tt.chain && (tt.chain != "" || tx.ChainID != nil) || tx.Signed != tt.signed {
				t.Errorf("chain %s, signed %t, want %q, %t", chain, tx.Signed, tt.chain, tt.signed)
			}
			agrees(t, raw, tx)
		})
	}
}

var refused = []struct {
	name, raw string
	code      calldata.Code
	at        int
	path, why string
}{
	{"nothing", "", rawtx.MalformedRLP, 0, "", "no bytes"},
	{"type 0", "00" + list(type1...), rawtx.UnknownType, 0, "type", "0x00"},
	{"type 5", "05" + list(type2...), rawtx.UnknownType, 0, "type", "0x05"},
	{"type 7f", "7f" + list(type2...), rawtx.UnknownType, 0, "type", "0x7f"},
	{"a string around it", str("02" + list(type2...)), rawtx.MalformedRLP, 0, "", "without the string's head"},
	{"a type and no more", "02", rawtx.MalformedRLP, 1, "", "ends before it"},
	{"a type and a string", "02" + str("cafe"), rawtx.MalformedRLP, 1, "", "a string where a list"},
	{"bytes behind it", list(six...) + "00", rawtx.TrailingBytes, 27, "", "1 bytes follow"},
	{"the list too long", "f81a" + strings.Join(six, ""), rawtx.MalformedRLP, 0, "", "non-canonical size"},
	{"the list's length with a zero", "f9001a" + strings.Join(six, ""), rawtx.MalformedRLP, 0, "", "non-canonical size"},
	{"the list past the end", "ff" + strings.Repeat("ff", 8), rawtx.MalformedRLP, 0, "", "exceeds"},
	{"five fields", list(six[:5]...), rawtx.MalformedRLP, 26, "data", "ends before it"},
	{"seven fields", plus(six, one), rawtx.MalformedRLP, 28, "r", "ends before it"},
	{"ten fields", plus(six, "1b", one, one, one), rawtx.MalformedRLP, 30, "", "more items"},
	{"a short number as a string", with(six, 0, "8101"), rawtx.MalformedRLP, 1, "nonce", "non-canonical size"},
	{"a number with a zero in front", with(six, 0, "820001"), rawtx.MalformedRLP, 1, "nonce", "leading zero"},
	{"zero as a byte", with(six, 0, "00"), rawtx.MalformedRLP, 1, "nonce", "leading zero"},
	{"a list for a number", with(six, 0, none), rawtx.MalformedRLP, 1, "nonce", "a list where a string"},
	{"a nonce of 65 bits", with(six, 0, bits65), rawtx.BadMember, 1, "nonce", "more than 64 bits"},
	{"a price of 257 bits", with(six, 1, bits257), rawtx.BadMember, 3, "gasPrice", "more than 256 bits"},
	{"gas of 65 bits", with(six, 2, bits65), rawtx.BadMember, 3, "gas", "more than 64 bits"},
	{"a value of 257 bits", with(six, 4, bits257), rawtx.BadMember, 26, "value", "more than 256 bits"},
	{"an address of 19 bytes", with(six, 3, str(wallet[4:])), rawtx.BadMember, 4, "to", "19 bytes, want 20"},
	{"an address of 32 bytes", with(six, 3, n), rawtx.BadMember, 4, "to", "32 bytes, want 20"},
	{"no address, as a list", with(six, 3, none), rawtx.MalformedRLP, 4, "to", "a list where a string"},
	{"data as a list", with(six, 5, none), rawtx.MalformedRLP, 26, "data", "a list where a string"},
	{"EIP-155 with chain 0, as go-ethereum writes what is not signed", plus(six, zero, zero, zero), rawtx.BadMember, 27, "chainId", "zero names no chain"},
	{"EIP-155 with a chain of 65 bits", plus(six, bits65, zero, zero), rawtx.BadMember, 27, "chainId", "more than 64 bits"},
	{"v 26", plus(six, "1a", one, one), rawtx.BadMember, 27, "v", "26 is no recovery value"},
	{"v 0", plus(six, zero, one, one), rawtx.BadMember, 27, "v", "0 is no recovery value"},
	{"v 34", plus(six, "22", one, one), rawtx.BadMember, 27, "v", "34 is no recovery value"},
	{"v 35: chain 0", plus(six, "23", one, one), rawtx.BadMember, 27, "chainId", "zero names no chain"},
	{"v of a chain of 65 bits", plus(six, str("020000000000000023"), one, one), rawtx.BadMember, 27, "chainId", "more than 64 bits"},
	{"r zero", plus(six, "1b", zero, one), rawtx.BadMember, 28, "r", "zero"},
	{"s zero", plus(six, "1b", one, zero), rawtx.BadMember, 29, "s", "zero"},
	{"r of the order", plus(six, "1b", n, one), rawtx.BadMember, 29, "r", "more than 0xffff"},
	{"s in the upper half", plus(six, "1b", one, halfN), rawtx.BadMember, 30, "s", "more than 0x7fff"},
	{"chain 0", "02" + with(type2, 0, zero), rawtx.BadMember, 2, "chainId", "zero names no chain"},
	{"a chain of 65 bits", "02" + with(type2, 0, bits65), rawtx.BadMember, 2, "chainId", "more than 64 bits"},
	{"type 2 with 8 fields", "02" + list(type2[:8]...), rawtx.MalformedRLP, 30, "accessList", "ends before it"},
	{"type 2 with 13 fields", "02" + plus(type2, zero, one, one, one), rawtx.MalformedRLP, 34, "", "more items"},
	{"type 2 signed with zeros, as go-ethereum writes what is not signed", "02" + plus(type2, zero, zero, zero), rawtx.BadMember, 32, "r", "zero"},
	{"parity 2", "02" + plus(type2, "02", one, one), rawtx.BadMember, 31, "yParity", "neither 0 nor 1"},
	{"access list as a string", "01" + with(type1, 7, zero), rawtx.MalformedRLP, 29, "accessList", "a string where a list"},
	{"access list entry as a string", "01" + with(type1, 7, list(zero)), rawtx.MalformedRLP, 30, "accessList[0]", "a string where a list"},
	{"access list entry without keys", "01" + with(type1, 7, list(list(wallet))), rawtx.MalformedRLP, 52, "accessList[0].storageKeys", "ends before it"},
	{"access list entry with more", "01" + with(type1, 7, list(list(wallet, none, none))), rawtx.MalformedRLP, 53, "accessList[0]", "more items"},
	{"storage key of 31 bytes", "01" + with(type1, 7, list(list(wallet, list(str(strings.Repeat("00", 31)))))), rawtx.BadMember, 54, "accessList[0].storageKeys[0]", "31 bytes, want 32"},
	{"address of 21 bytes in the second entry", "01" + with(type1, 7, list(list(wallet, none), list(str(strings.Repeat("00", 21)), none))), rawtx.BadMember, 55, "accessList[1].address", "21 bytes, want 20"},
	{"type 3 without a recipient", "03" + with(type3, 5, zero), rawtx.MissingMember, 7, "to", "creates no contract"},
	{"type 3 without blobs", "03" + with(type3, 10, none), rawtx.MissingMember, 33, "blobVersionedHashes", "at least one"},
	{"type 3 with a hash of version 2", "03" + with(type3, 10, list(str("02"+strings.Repeat("00", 31)))), rawtx.BadMember, 34, "blobVersionedHashes[0]", "another version"},
	{"type 3 with a hash of 20 bytes", "03" + with(type3, 10, list(wallet)), rawtx.BadMember, 33, "blobVersionedHashes[0]", "20 bytes, want 32"},
	{"type 3 in the network form", "03" + list(plus(type3, one, one, one), none, none, none), rawtx.NetworkForm, 3, "", "blobs stand with"},
	{"type 3 in the network form of version 1", "03" + list(plus(type3, one, one, one), one, none, none, none), rawtx.NetworkForm, 3, "", "blobs stand with"},
	{"type 4 without a recipient", "04" + with(type4, 5, zero), rawtx.MissingMember, 7, "to", "creates no contract"},
	{"type 4 without authorizations", "04" + with(type4, 9, none), rawtx.MissingMember, 32, "authorizationList", "at least one"},
	{"authorization without a signature", "04" + with(type4, 9, list(list(one, wallet, one))), rawtx.MalformedRLP, 56, "authorizationList[0].yParity", "ends before it"},
	{"authorization of parity 27", "04" + with(type4, 9, list(list(one, wallet, one, "1b", one, one))), rawtx.BadMember, 57, "authorizationList[0].yParity", "neither"},
	{"authorization with r zero", "04" + with(type4, 9, list(list(one, wallet, one, one, zero, one))), rawtx.BadMember, 58, "authorizationList[0].r", "zero"},
	{"authorization with more", "04" + with(type4, 9, list(list(one, wallet, one, one, one, one, one))), rawtx.MalformedRLP, 60, "authorizationList[0]", "more items"},
	{"authorization of a chain of 65 bits", "04" + with(type4, 9, list(auth, list(bits65, wallet, one, one, one, one))), rawtx.BadMember, 62, "authorizationList[1].chainId", "more than 64 bits"},
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			tx, err := rawtx.Parse(unhex(tt.raw))
			if err == nil {
				t.Fatalf("was read as %s", show(tx))
			}
			r := refusal(t, err)
			if r.Code != tt.code || r.Offset != tt.at || r.Path != tt.path || !strings.Contains(r.Why, tt.why) {
				t.Errorf("refused with %v,\nwant %s at byte %d (%s): …%s…", r, tt.code, tt.at, tt.path, tt.why)
			}
		})
	}
}

func TestBudget(t *testing.T) {
	data := func(n int) []byte { // a legacy transaction of n bytes
		body := n - 4 - 26 - 4 // list head, the other fields, string head
		return unhex(fmt.Sprintf("fa%06x", n-4) + strings.Join(six[:5], "") + fmt.Sprintf("ba%06x", body+1) + strings.Repeat("00", body+1))
	}
	for _, tt := range []struct {
		name string
		raw  []byte
		code calldata.Code
	}{
		{"the largest", data(rawtx.MaxBytes), ""},
		{"one more", data(rawtx.MaxBytes + 1), rawtx.TooLarge},
		{"zeros", make([]byte, rawtx.MaxBytes+1), rawtx.UnknownType},
		{"a blob beside the transaction", unhex(fmt.Sprintf("03fa%06x", 44+131076) + list(one) + strings.Repeat("80", 131118)), rawtx.NetworkForm},
		{"type 3 otherwise", unhex("03fa020000" + strings.Repeat("80", 1<<17)), rawtx.TooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rawtx.Parse(tt.raw)
			if tt.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if r := refusal(t, err); r.Code != tt.code {
				t.Errorf("refused with %v, want %s", r, tt.code)
			}
		})
	}
}

func TestRefusalsSayWhere(t *testing.T) {
	for raw, want := range map[string]string{
		"":                        "malformed_rlp at byte 0: no bytes",
		with(six, 4, str("0001")): "malformed_rlp at byte 25 (value): number with a leading zero",
	} {
		if _, err := rawtx.Parse(unhex(raw)); err == nil || err.Error() != want {
			t.Errorf("Parse(%s) = %v, want %s", raw, err, want)
		}
	}
}
