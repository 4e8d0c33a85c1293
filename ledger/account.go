// Package ledger is double-entry bookkeeping: our own books of what is where, beside the
// custodian's and the chain's.
//
// An entry moves assets between accounts. Each of its postings names where from and where
// to, so that no entry can fail to balance. It is pending while the work that it is about is
// under way, posted once that has happened, and reversed when it turns out not to have. The
// package says what entries mean; it keeps none, and it is pure.
package ledger

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var (
	// ErrAccount means that a text is no account.
	ErrAccount = errors.New("not an account")

	// ErrAsset means that a text is no asset.
	ErrAsset = errors.New("not an asset")
)

// maxPath and maxSegments bound the path of an account.
const (
	maxPath     = 200
	maxSegments = 8
)

// An Account is a path of segments, such as "treasury:hot:Ethereum". A segment holds
// letters, digits and "-_.". Accounts need not be opened: one that nothing was ever posted
// to holds nothing.
type Account string

// ParseAccount reads an account, or fails with [ErrAccount].
func ParseAccount(s string) (Account, error) {
	if s == "" || len(s) > maxPath {
		return "", fmt.Errorf("%w: %d characters, want 1 to %d", ErrAccount, len(s), maxPath)
	}
	segments := strings.Split(s, ":")
	if len(segments) > maxSegments {
		return "", fmt.Errorf("%w: %.60q has %d segments, at most %d", ErrAccount, s, len(segments), maxSegments)
	}
	for _, segment := range segments {
		if segment == "" || strings.Trim(segment, letters+digits+"-_.") != "" {
			return "", fmt.Errorf("%w: segment %.60q of %.60q, want letters, digits, dots, - and _", ErrAccount, segment, s)
		}
	}
	return Account(s), nil
}

const (
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
)

// Under reports whether an account is parent or below it.
func (a Account) Under(parent Account) bool {
	return a == parent || strings.HasPrefix(string(a), string(parent)+":")
}

// maxScale is the most decimals of an asset: those of the widest token in use are 18, and
// 10^77 is the largest power of ten in an EVM word.
const maxScale = 77

// An Asset is what is counted: a code and how many decimals its smallest unit has, written
// "USDC/6". Amounts are in the smallest unit. Two tokens of one symbol are two assets, and
// need two codes.
type Asset struct {
	Code  string
	Scale int
}

// ParseAsset reads an asset as [Asset.String] writes it, or fails with [ErrAsset].
func ParseAsset(s string) (Asset, error) {
	code, scale, ok := strings.Cut(s, "/")
	n, err := strconv.Atoi(scale)
	if !ok || err != nil || strconv.Itoa(n) != scale {
		return Asset{}, fmt.Errorf("%w: %.80q, want a code and its decimals such as USDC/6", ErrAsset, s)
	}
	a := Asset{code, n}
	return a, a.check()
}

func (a Asset) check() error {
	switch {
	case a.Code == "" || len(a.Code) > 64 || strings.Trim(a.Code, letters+digits+"-_.") != "" || !strings.Contains(letters, a.Code[:1]):
		return fmt.Errorf("%w: code %.80q, want a letter and up to 63 letters, digits, dots, - and _", ErrAsset, a.Code)
	case a.Scale < 0 || a.Scale > maxScale:
		return fmt.Errorf("%w: %s has %d decimals, want 0 to %d", ErrAsset, a.Code, a.Scale, maxScale)
	}
	return nil
}

// String is the asset as it is written.
func (a Asset) String() string { return a.Code + "/" + strconv.Itoa(a.Scale) }

// MarshalText writes the asset as a string.
func (a Asset) MarshalText() ([]byte, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	return []byte(a.String()), nil
}

// UnmarshalText reads an asset.
func (a *Asset) UnmarshalText(text []byte) (err error) {
	*a, err = ParseAsset(string(text))
	return err
}
