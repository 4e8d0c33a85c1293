package rawtx

import (
	"fmt"
	"strconv"
)

// A Code says why a transaction was refused. Wire format: add, never rename.
type Code string

// The codes of a [Refusal].
const (
	TooLarge      Code = "too_large"      // over MaxBytes
	MalformedRLP  Code = "malformed_rlp"  // not canonical RLP, or not the fields of the type
	MalformedJSON Code = "malformed_json" // not one JSON object that all readers read alike
	TrailingBytes Code = "trailing_bytes" // bytes follow the transaction
	UnknownType   Code = "unknown_type"   // no type of transaction that we read
	NetworkForm   Code = "network_form"   // a blob transaction together with its blobs
	BadMember     Code = "bad_member"     // a value that its member cannot have
	MissingMember Code = "missing_member" // a member that the type cannot be without
	UnknownMember Code = "unknown_member" // a member of JSON that no type has
	Contradiction Code = "contradiction"  // members that exclude each other or the type
)

// A Refusal is why a transaction was not read. Nothing of it may be decided on.
type Refusal struct {
	Code Code
	// Offset is the byte, from 0, of the item or value that was refused; for one
	// that is missing, of the object or the end of the list that lacks it.
	Offset int
	// Path is the member, by its JSON-RPC name: "chainId",
	// "accessList[2].address". It is empty for the transaction as a whole.
	Path string
	Why  string
}

// Error says where, what and why.
func (r *Refusal) Error() string {
	if r.Path == "" {
		return fmt.Sprintf("%s at byte %d: %s", r.Code, r.Offset, r.Why)
	}
	return fmt.Sprintf("%s at byte %d (%s): %s", r.Code, r.Offset, r.Path, r.Why)
}

// A failure keeps the first refusal of one transaction. Its readers go on with
// zero values, so that the order of the fields is all that their code says; what
// they read after a refusal is thrown away.
type failure struct{ first *Refusal }

func (f *failure) refuse(code Code, offset int, path, format string, args ...any) {
	if f.first == nil {
		f.first = &Refusal{Code: code, Offset: offset, Path: path, Why: fmt.Sprintf(format, args...)}
	}
}

// result is tx, or why there is none.
func (f *failure) result(tx *Transaction) (*Transaction, error) {
	if f.first != nil {
		return nil, f.first
	}
	return tx, nil
}

// join appends a member's name or an element's index to a path.
func join(path, step string) string {
	if path == "" || step == "" || step[0] == '[' {
		return path + step
	}
	return path + "." + step
}

func index(i int) string { return "[" + strconv.Itoa(i) + "]" }
