package rawtx

import (
	"fmt"
	"strconv"

	"countersign/calldata"
)

// The codes of a [calldata.Refusal], beside its own. Its offset counts bytes of the
// text that is read; for what is missing it is where it would stand. Wire format: add,
// never rename.
const (
	TooLarge      calldata.Code = "too_large"      // over MaxBytes
	MalformedRLP  calldata.Code = "malformed_rlp"  // not canonical RLP, or not the fields of the type
	MalformedJSON calldata.Code = "malformed_json" // not one JSON object that all readers read alike
	TrailingBytes calldata.Code = "trailing_bytes" // bytes follow the transaction
	UnknownType   calldata.Code = "unknown_type"   // no type of transaction that we read
	NetworkForm   calldata.Code = "network_form"   // a blob transaction together with its blobs
	BadMember     calldata.Code = "bad_member"     // a value that its member cannot have
	MissingMember calldata.Code = "missing_member" // a member that the type cannot be without
	UnknownMember calldata.Code = "unknown_member" // a member of JSON that no type has
	Contradiction calldata.Code = "contradiction"  // members that exclude each other or the type
)

// A failure keeps the first refusal of one transaction. Its readers go on with
// zero values, so that the order of the fields is all that their code says; what
// they read after a refusal is thrown away.
type failure struct{ first *calldata.Refusal }

func (f *failure) refuse(code calldata.Code, offset int, path, format string, args ...any) {
	if f.first == nil {
		f.first = &calldata.Refusal{Code: code, Offset: offset, Path: path, Why: fmt.Sprintf(format, args...)}
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
