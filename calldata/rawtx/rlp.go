package rawtx

import (
	"encoding/hex"
	"math/big"
	"strings"

	"countersign/calldata"

	"countersign"

	"github.com/ethereum/go-ethereum/rlp"
)

// A reader takes the items of one RLP list from front to back. [rlp.Split] sees
// to it that each head is the shortest one and within its list.
type reader struct {
	rest []byte
	at   int    // offset of rest in the transaction
	path string // of the list: "accessList[2]"
	fail *failure
}

func (r *reader) refuse(code calldata.Code, at int, name, format string, args ...any) {
	r.fail.refuse(code, at, join(r.path, name), format, args...)
}

// more reports whether items are left; after a refusal none are.
func (r *reader) more() bool { return r.fail.first == nil && len(r.rest) > 0 }

// item takes the next item, which must be a list or a string, and says where it
// begins.
func (r *reader) item(name string, list bool) (content []byte, at int) {
	switch at = r.at; {
	case r.fail.first != nil:
		return nil, at
	case len(r.rest) == 0:
		r.refuse(MalformedRLP, at, name, "the list ends before it")
		return nil, at
	}
	kind, content, rest, err := rlp.Split(r.rest)
	switch {
	case err != nil:
		r.refuse(MalformedRLP, at, name, "%s", strings.TrimPrefix(err.Error(), "rlp: "))
		return nil, at
	case list && kind != rlp.List:
		r.refuse(MalformedRLP, at, name, "a string where a list should be")
		return nil, at
	case !list && kind == rlp.List:
		r.refuse(MalformedRLP, at, name, "a list where a string should be")
		return nil, at
	}
	r.at += len(r.rest) - len(rest)
	r.rest = rest
	return content, at
}

// list opens a list.
func (r *reader) list(name string) *reader {
	content, _ := r.item(name, true)
	return &reader{rest: content, at: r.at - len(content), path: join(r.path, name), fail: r.fail}
}

// end refuses what is left.
func (r *reader) end() {
	if r.more() {
		r.refuse(MalformedRLP, r.at, "", "more items than there are fields")
	}
}

func (r *reader) bytes(name string) []byte {
	b, _ := r.item(name, false)
	return append([]byte{}, b...)
}

// integer takes a number without leading zeros: zero is the empty string.
func (r *reader) integer(name string, bits int) (i *big.Int, at int) {
	b, at := r.item(name, false)
	i = new(big.Int)
	switch {
	case len(b) > 0 && b[0] == 0:
		r.refuse(MalformedRLP, at, name, "number with a leading zero")
	case len(b) > 32:
		r.refuse(BadMember, at, name, "more than %d bits", bits)
	case i.SetBytes(b).BitLen() > bits:
		r.refuse(BadMember, at, name, "more than %d bits", bits)
	}
	return i, at
}

func (r *reader) uint64(name string) *uint64 {
	i, _ := r.integer(name, 64)
	n := i.Uint64()
	return &n
}

func (r *reader) amount(name string) *countersign.Amount {
	i, at := r.integer(name, countersign.MaxAmountBits)
	a, err := countersign.AmountFromBig(i)
	if err != nil {
		r.refuse(BadMember, at, name, "%v", err)
	}
	return &a
}

func (r *reader) chainID() *uint64 {
	i, at := r.integer("chainId", 64)
	return r.chain(i, at)
}

// chain refuses the chain that no network has, and by which some libraries mean
// that they were not told.
func (r *reader) chain(id *big.Int, at int) *uint64 {
	switch {
	case id.BitLen() > 64:
		r.refuse(BadMember, at, "chainId", "more than 64 bits")
	case id.Sign() == 0:
		r.refuse(BadMember, at, "chainId", "zero names no chain")
	}
	n := id.Uint64()
	return &n
}

// fixed takes a string of n bytes as hex.
func (r *reader) fixed(name string, n int) string {
	b, at := r.item(name, false)
	if len(b) != n {
		r.refuse(BadMember, at, name, "%d bytes, want %d", len(b), n)
	}
	return "0x" + hex.EncodeToString(b)
}

// to takes the recipient, which may be empty where a contract may be created.
func (r *reader) to(typ uint8) string {
	b, at := r.item("to", false)
	switch {
	case len(b) == 20:
		return "0x" + hex.EncodeToString(b)
	case len(b) > 0:
		r.refuse(BadMember, at, "to", "%d bytes, want 20", len(b))
	case typ >= blob:
		r.refuse(MissingMember, at, "to", "a transaction of type %d creates no contract", typ)
	}
	return ""
}

func (r *reader) accessList() (contracts []string) {
	list := r.list("accessList")
	for i := 0; list.more(); i++ {
		entry := list.list(index(i))
		contracts = append(contracts, entry.fixed("address", 20))
		keys := entry.list("storageKeys")
		for k := 0; keys.more(); k++ {
			keys.fixed(index(k), 32)
		}
		entry.end()
	}
	return contracts
}

func (r *reader) blobHashes() (hashes []string) {
	list := r.list("blobVersionedHashes")
	for i := 0; list.more(); i++ {
		at := list.at
		h := list.fixed(index(i), 32)
		if !strings.HasPrefix(h, kzg) {
			list.refuse(BadMember, at, index(i), "hash %s begins with another version than %s", h, kzg)
		}
		hashes = append(hashes, h)
	}
	if len(hashes) == 0 {
		r.refuse(MissingMember, r.at, "blobVersionedHashes", "a blob transaction has at least one")
	}
	return hashes
}

func (r *reader) authorizations() (auths []Authorization) {
	list := r.list("authorizationList")
	for i := 0; list.more(); i++ {
		entry := list.list(index(i))
		a := Authorization{ChainID: *entry.uint64("chainId"), Address: entry.fixed("address", 20), Nonce: *entry.uint64("nonce")}
		entry.signature()
		entry.end()
		auths = append(auths, a)
	}
	if len(auths) == 0 {
		r.refuse(MissingMember, r.at, "authorizationList", "a set-code transaction has at least one")
	}
	return auths
}
