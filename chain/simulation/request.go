package simulation

import (
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"countersign"
	"countersign/eip55"
)

const (
	// MaxCalls is how many calls one request may have.
	MaxCalls = 16
	// MaxData is how long the data of one call may be, in bytes: that of a transaction
	// which nodes relay (128 KiB, go-ethereum's txMaxSize).
	MaxData = 128 << 10
	// MaxNamed is how many accounts, and how many tokens, a request may name.
	MaxNamed = 32
)

// A Request says what to simulate. Its JSON keys are wire format.
type Request struct {
	// Network is the chain's name in the custodian's spelling. Required.
	Network string `json:"network"`
	// Calls run one after another, each on the state that the one before has left.
	// At least one, at most [MaxCalls].
	Calls []Call `json:"calls"`
	// Block is the hash of the block on whose state the calls run: 0x and 64 lower-case
	// hex digits. Empty means the newest.
	Block string `json:"block,omitempty"`
	// Accounts are watched besides the senders: what they hold is read even where no
	// log names them.
	Accounts []string `json:"accounts,omitempty"`
	// Tokens are ERC-20 contracts of which the watched accounts' balances are read even
	// where they log nothing. Whatever is called or logs is read without being named.
	Tokens []string `json:"tokens,omitempty"`
}

// A Call is one transaction, unsigned.
type Call struct {
	// From sends it. Required.
	From string `json:"from"`
	// To is called. Required: the creation of a contract is not simulated.
	To string `json:"to"`
	// Value is sent with it, in wei.
	Value countersign.Amount `json:"value"`
	// Data is the call data.
	Data Bytes `json:"data"`
	// Gas is the limit; 0 means 2^24, which no transaction may exceed (EIP-7825).
	Gas uint64 `json:"gas,omitempty"`
}

// Bytes are 0x and lower-case hex digits in JSON.
type Bytes []byte

// String returns 0x and lower-case hex digits.
func (b Bytes) String() string { return "0x" + hex.EncodeToString(b) }

// MarshalText writes 0x and lower-case hex digits.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads 0x and an even number of hex digits.
func (b *Bytes) UnmarshalText(text []byte) error {
	digits, prefixed := strings.CutPrefix(string(text), "0x")
	raw, err := hex.DecodeString(digits)
	if !prefixed || err != nil {
		return fmt.Errorf("%.20q is no data: give 0x and an even number of hex digits", text)
	}
	*b = raw
	return nil
}

var blockForm = regexp.MustCompile(`^0x[0-9a-f]{64}$`)

// Check returns an error that wraps [ErrRequest] and names every field that is wrong,
// with the remedy.
func (r Request) Check() error {
	var errs []error
	field := func(err error, name string, args ...any) {
		if err != nil {
			errs = append(errs, fmt.Errorf(name+": %w", append(args, err)...))
		}
	}
	if r.Network == "" {
		field(errors.New("is empty: name the network"), "network")
	}
	if len(r.Calls) == 0 || len(r.Calls) > MaxCalls {
		field(fmt.Errorf("has %d calls, want 1 to %d", len(r.Calls), MaxCalls), "calls")
	}
	for i, c := range r.Calls {
		field(someone(c.From), "calls[%d].from", i)
		field(c.checkTo(), "calls[%d].to", i)
		if len(c.Data) > MaxData {
			field(fmt.Errorf("has %d bytes, at most %d are simulated", len(c.Data), MaxData), "calls[%d].data", i)
		}
	}
	if r.Block != "" && !blockForm.MatchString(r.Block) {
		field(fmt.Errorf("%.80q is no hash: give 0x and 64 lower-case hex digits, or nothing for the newest", r.Block), "block")
	}
	named := func(name string, list []string) {
		if len(list) > MaxNamed {
			field(fmt.Errorf("are %d, at most %d", len(list), MaxNamed), name)
		}
		for i, a := range list {
			field(someone(a), "%s[%d]", name, i)
		}
	}
	named("accounts", r.Accounts)
	named("tokens", r.Tokens)
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrRequest, errors.Join(errs...))
}

func (c Call) checkTo() error {
	if c.To == "" {
		return errors.New("is empty: the creation of a contract is not simulated")
	}
	_, err := eip55.Parse(c.To)
	return err
}

// someone refuses the zero address, which nobody has.
func someone(address string) error {
	a, err := eip55.Parse(address)
	if err == nil && a == ([20]byte{}) {
		err = errors.New("is the zero address: give that of an account")
	}
	return err
}
