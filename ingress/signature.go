package ingress

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// The headers in which a signature is accepted. The first is the one that DFNS
// documents (dfns.md §3.2); the second is the name in its announcement of
// 27 April 2026 (dfns.md §9), which no release was seen to send.
const (
	SignatureHeader      = "X-DFNS-WEBHOOK-SIGNATURE"
	SignatureHeaderAlias = "X-Dfns-Signature"
)

// DefaultTolerance is how far the time of sending may be from our clock, either
// way. It is the figure in DFNS's own samples (dfns.md §3.3).
const DefaultTolerance = 5 * time.Minute

var (
	// ErrForged means that no signature on the delivery holds under any secret
	// that is valid now. When honest deliveries meet it, compare the secret with
	// the one that the custodian showed when the webhook was made.
	ErrForged = errors.New("no signature holds")

	// ErrStale means that a delivery was signed too long ago, or in the future: it
	// is a replay, or a clock is wrong. Honest senders sign each attempt afresh.
	ErrStale = errors.New("signed too far from now")
)

// A Verifier tells the custodian's deliveries from everyone else's. The zero
// value refuses all.
type Verifier struct {
	// Secrets verify; any that is valid now will do.
	Secrets []Secret
	// Tolerance is the greatest distance between sending and receiving. Zero
	// means [DefaultTolerance].
	Tolerance time.Duration
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Verify looks in header for the HMAC-SHA256 of body under a secret that is
// valid at now, and returns the number of that secret, counted from 1, or
// [ErrForged]. A signature reads "sha256=" and 64 lower-case hex digits. The body
// is the message, byte for byte, and the secret's text is the key, prefix and all
// (dfns.md §3.3).
//
// Where a header stands more than once, or both do, one signature that holds is
// enough: a sender that rotates secrets signs with both.
func (v Verifier) Verify(body []byte, header http.Header, now time.Time) (secret int, err error) {
	offered := signatures(header)
	if len(offered) == 0 {
		return 0, fmt.Errorf("%w: no header %s in the form sha256=<64 lower-case hex digits>", ErrForged, SignatureHeader)
	}
	// Every pair is compared, so that the time taken tells nothing about which held.
	valid := 0
	for i, s := range v.Secrets {
		if !s.ValidAt(now) {
			continue
		}
		valid++
		mac := hmac.New(sha256.New, s.key())
		mac.Write(body)
		want := mac.Sum(nil)
		for _, got := range offered {
			secret = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(got, want), i+1, secret)
		}
	}
	if secret == 0 {
		return 0, fmt.Errorf("%w: %d offered, %d of %d secrets valid now", ErrForged, len(offered), valid, len(v.Secrets))
	}
	return secret, nil
}

// Fresh returns nil when sent is less than the tolerance away from now, before
// or after, and [ErrStale] otherwise.
func (v Verifier) Fresh(sent, now time.Time) error {
	tolerance := v.Tolerance
	if tolerance == 0 {
		tolerance = DefaultTolerance
	}
	if age := now.Sub(sent).Abs(); age >= tolerance {
		return fmt.Errorf("%w: %s apart, at most %s", ErrStale, age.Round(time.Second), tolerance)
	}
	return nil
}

func (v Verifier) now() time.Time {
	if v.Now == nil {
		return time.Now()
	}
	return v.Now()
}

// maxSignatures is how many offered signatures are looked at.
const maxSignatures = 4

// signatures returns the well-formed ones. Upper-case digits are not: there is
// one way to write a signature.
func signatures(header http.Header) (sigs [][]byte) {
	for _, name := range []string{SignatureHeader, SignatureHeaderAlias} {
		for _, value := range header.Values(name) {
			digits, ok := strings.CutPrefix(value, "sha256=")
			sum, err := hex.DecodeString(digits)
			if ok && err == nil && len(sum) == sha256.Size && digits == strings.ToLower(digits) && len(sigs) < maxSignatures {
				sigs = append(sigs, sum)
			}
		}
	}
	return sigs
}
