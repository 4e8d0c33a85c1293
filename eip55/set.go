package eip55

import (
	"encoding/hex"
	"errors"
	"strings"
)

// A Set is a set of addresses, compared by their 20 bytes: 0x and 40 lower-case hex
// digits each.
type Set map[string]bool

// NewSet returns the set of the given addresses, or an error that names every one that
// is wrong.
func NewSet(list ...string) (Set, error) {
	set := Set{}
	var errs []error
	for _, s := range list {
		a, err := Parse(s)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		set["0x"+hex.EncodeToString(a[:])] = true
	}
	return set, errors.Join(errs...)
}

// Has reports whether the set holds an address, in whatever case.
func (s Set) Has(address string) bool { return s[strings.ToLower(address)] }
