package typeddata

import (
	"fmt"
	"strconv"

	"countersign/calldata"
)

// The codes of a [calldata.Refusal], beside its own. Its offset counts bytes of the
// text that is read; for what is missing it is where it would stand. Wire format: add,
// never rename.
const (
	TooLarge             calldata.Code = "too_large"              // over the budget
	MalformedJSON        calldata.Code = "malformed_json"         // not JSON that all readers read alike
	BadType              calldata.Code = "bad_type"               // a type, or a name of one, that EIP-712 does not have
	UnknownType          calldata.Code = "unknown_type"           // a type that is used and not defined
	UnusedType           calldata.Code = "unused_type"            // a type that is defined and not used
	RecursiveType        calldata.Code = "recursive_type"         // a type that contains itself
	AmbiguousPrimaryType calldata.Code = "ambiguous_primary_type" // no primary type given, and more than one fits
	MissingBinding       calldata.Code = "missing_binding"        // a domain without a chain or a contract
	DomainMismatch       calldata.Code = "domain_mismatch"        // EIP712Domain is not the type of the domain
	BadValue             calldata.Code = "bad_value"              // a value that its type does not have
	MissingMember        calldata.Code = "missing_member"         // a member of the type that has no value
	UnknownMember        calldata.Code = "unknown_member"         // a value for no member of the type
)

func refuse(code calldata.Code, offset int, format string, args ...any) error {
	return &calldata.Refusal{Code: code, Offset: offset, Why: fmt.Sprintf(format, args...)}
}

// within puts a step in front of a refusal's path. The path is built on the way
// out, so that what is read well costs none of it.
func within(err error, step string) error {
	if r, ok := err.(*calldata.Refusal); ok {
		if r.Path != "" && r.Path[0] != '[' {
			step += "."
		}
		r.Path = step + r.Path
	}
	return err
}

func index(i int) string { return "[" + strconv.Itoa(i) + "]" }
