package calldata

import "fmt"

// A Code says why call data was refused. Wire format: add, never rename.
type Code string

// The codes of a [Refusal].
const (
	NoSelector         Code = "no_selector"          // fewer than four bytes
	UnknownSelector    Code = "unknown_selector"     // the ABI has no such function
	Truncated          Code = "truncated"            // an argument, offset or length passes the end
	TrailingBytes      Code = "trailing_bytes"       // bytes follow the last argument
	NonCanonicalOffset Code = "non_canonical_offset" // a gap, an overlap, an alias or another order
	OutOfRange         Code = "out_of_range"         // bits set that the type leaves no meaning
	DirtyPadding       Code = "dirty_padding"        // bytes or string not padded with zeros
	InvalidText        Code = "invalid_text"         // a string that is not UTF-8
	TooLarge           Code = "too_large"            // over the budget
)

// A Refusal is why call data was not read. Nothing of it may be decided on.
type Refusal struct {
	Code Code `json:"code"`
	// Offset is the byte in the call data, selector included, where reading
	// stopped.
	Offset int `json:"offset"`
	// Path is the argument that stood there: "mint.amount", "batch.calls[2].data".
	Path string `json:"path,omitempty"`
	Why  string `json:"why"`
}

// Error says where, what and why.
func (r *Refusal) Error() string {
	if r.Path == "" {
		return fmt.Sprintf("%s at byte %d: %s", r.Code, r.Offset, r.Why)
	}
	return fmt.Sprintf("%s at byte %d (%s): %s", r.Code, r.Offset, r.Path, r.Why)
}

func refuse(code Code, offset int, format string, args ...any) error {
	return refusal(code, offset, format, args...)
}

func refusal(code Code, offset int, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Offset: offset, Why: fmt.Sprintf(format, args...)}
}

// within puts a step in front of a refusal's path. The path is built on the way
// out, so that call data that is read well costs none of it.
func (r *Refusal) within(step string) *Refusal {
	r.Path = step + r.Path
	return r
}

func within(err error, step string) error {
	if r, ok := err.(*Refusal); ok {
		return r.within(step)
	}
	return err
}
