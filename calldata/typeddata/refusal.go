package typeddata

import (
	"fmt"
	"strconv"
)

// A Code says why typed data was refused. Wire format: add, never rename.
type Code string

// The codes of a [Refusal].
const (
	TooLarge             Code = "too_large"              // over the budget
	MalformedJSON        Code = "malformed_json"         // not JSON that all readers read alike
	BadType              Code = "bad_type"               // a type, or a name of one, that EIP-712 does not have
	UnknownType          Code = "unknown_type"           // a type that is used and not defined
	UnusedType           Code = "unused_type"            // a type that is defined and not used
	RecursiveType        Code = "recursive_type"         // a type that contains itself
	AmbiguousPrimaryType Code = "ambiguous_primary_type" // no primary type given, and more than one fits
	MissingBinding       Code = "missing_binding"        // a domain without a chain or a contract
	DomainMismatch       Code = "domain_mismatch"        // EIP712Domain is not the type of the domain
	BadValue             Code = "bad_value"              // a value that its type does not have
	MissingMember        Code = "missing_member"         // a member of the type that has no value
	UnknownMember        Code = "unknown_member"         // a value for no member of the type
)

// A Refusal is why typed data was not read. Nothing of it may be decided on.
type Refusal struct {
	Code Code
	// Offset is the byte, from 0, in the text that the first step of Path names.
	Offset int
	// Path begins with "types", "domain", "message" or "primaryType" and leads to
	// what was refused: "types.Mail[1].type", "message.details[2].amount". It is
	// empty where all of them together are too large.
	Path string
	Why  string
}

// Error says where, what and why.
func (r *Refusal) Error() string {
	if r.Path == "" {
		return fmt.Sprintf("%s: %s", r.Code, r.Why)
	}
	return fmt.Sprintf("%s at byte %d (%s): %s", r.Code, r.Offset, r.Path, r.Why)
}

func refuse(code Code, offset int, format string, args ...any) error {
	return &Refusal{Code: code, Offset: offset, Why: fmt.Sprintf(format, args...)}
}

// within puts a step in front of a refusal's path. The path is built on the way
// out, so that what is read well costs none of it.
func within(err error, step string) error {
	if r, ok := err.(*Refusal); ok {
		if r.Path != "" && r.Path[0] != '[' {
			step += "."
		}
		r.Path = step + r.Path
	}
	return err
}

func index(i int) string { return "[" + strconv.Itoa(i) + "]" }
