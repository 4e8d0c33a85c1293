package ingress

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// MinSecret is the length of the shortest secret that is accepted, in bytes.
// DFNS makes them of "whs-" and 32 letters and digits (dfns.md §3.1).
const MinSecret = 16

// ErrNoSecret means that no secret was given. Without one every delivery would
// be refused, so nothing starts.
var ErrNoSecret = errors.New("no webhook secret: give the one that the custodian showed when the webhook was made")

// A Secret verifies deliveries during its validity. It never shows itself: in
// whatever way it is printed or logged, it reads "secret(…)" and its validity.
type Secret struct {
	// NotBefore and NotAfter bound when it verifies, both included; zero means
	// without bound.
	NotBefore, NotAfter time.Time
	// Source is whose deliveries it verifies: [Source] unless its line says otherwise.
	Source string

	key func() []byte // behind a function, which prints as an address
}

// NewSecret returns a secret that is always valid. The text is used as it is,
// the prefix "whs-" included.
func NewSecret(text string) (Secret, error) {
	if len(text) < MinSecret {
		return Secret{}, fmt.Errorf("secret of %d characters, at least %d are needed", len(text), MinSecret)
	}
	key := []byte(text)
	return Secret{Source: Source, key: func() []byte { return key }}, nil
}

// ParseSecrets reads one secret per line, each with the time of its validity:
//
//	# rotated 2026-11-02, the old one goes when the new one has been seen
//	whs-old… not-after=2026-11-09T00:00:00Z
//	whs-new… not-before=2026-11-02T00:00:00Z
//	own-secret… source=countersign
//
// The last is of our own watchers: it verifies nothing of the custodian's, nor the
// custodian's secrets anything of ours. Times are RFC 3339. Empty lines are skipped, and so is what follows a word that
// begins with "#". An error names the line and never shows what is on it. No secret at all is
// [ErrNoSecret].
func ParseSecrets(r io.Reader) ([]Secret, error) {
	var secrets []Secret
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if i := slices.IndexFunc(fields, func(f string) bool { return f[0] == '#' }); i >= 0 {
			fields = fields[:i]
		}
		if len(fields) == 0 {
			continue
		}
		s, err := parseSecret(fields)
		if err != nil {
			return nil, fmt.Errorf("webhook secrets, line %d: %w", n, err)
		}
		secrets = append(secrets, s)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading webhook secrets: %w", err)
	}
	if len(secrets) == 0 {
		return nil, ErrNoSecret
	}
	return secrets, nil
}

func parseSecret(fields []string) (Secret, error) {
	s, err := NewSecret(fields[0])
	if err != nil {
		return Secret{}, err
	}
	bounds := map[string]*time.Time{"not-before": &s.NotBefore, "not-after": &s.NotAfter}
	for i, field := range fields[1:] {
		name, value, _ := strings.Cut(field, "=")
		if name == "source" {
			if value != Source && value != OwnSource {
				return Secret{}, fmt.Errorf("source is neither %s nor %s", Source, OwnSource)
			}
			s.Source = value
			continue
		}
		bound, ok := bounds[name]
		if !ok {
			return Secret{}, fmt.Errorf("word %d is neither not-before=…, not-after=… nor source=…", i+2)
		}
		if *bound, err = time.Parse(time.RFC3339, value); err != nil {
			return Secret{}, fmt.Errorf("%s is not a time like 2026-11-02T15:04:05Z", name)
		}
	}
	if !s.NotAfter.IsZero() && s.NotAfter.Before(s.NotBefore) {
		return Secret{}, errors.New("not-after is before not-before")
	}
	return s, nil
}

// ValidAt reports whether s verifies at t. The zero Secret never does.
func (s Secret) ValidAt(t time.Time) bool {
	return s.key != nil && !t.Before(s.NotBefore) && (s.NotAfter.IsZero() || !t.After(s.NotAfter))
}

// Sign is the signature of a body under the secret, as [SignatureHeader] carries it. The
// zero Secret signs nothing: what it returns verifies nowhere.
func (s Secret) Sign(body []byte) string {
	if s.key == nil {
		return ""
	}
	mac := hmac.New(sha256.New, s.key())
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Of are the secrets of one source.
func Of(source string, secrets []Secret) []Secret {
	return slices.DeleteFunc(slices.Clone(secrets), func(s Secret) bool { return s.Source != source })
}

// Fingerprint names the secret without telling it: the first 16 hex digits of the SHA-256
// of a fixed text and the secret. A secret is long and random, so nobody finds it back.
func (s Secret) Fingerprint() string {
	if s.key == nil {
		return ""
	}
	sum := sha256.Sum256(append([]byte("countersign webhook secret\n"), s.key()...))
	return hex.EncodeToString(sum[:8])
}

// String hides the secret.
func (s Secret) String() string {
	text := "secret(…"
	if !s.NotBefore.IsZero() {
		text += " not-before=" + s.NotBefore.Format(time.RFC3339)
	}
	if !s.NotAfter.IsZero() {
		text += " not-after=" + s.NotAfter.Format(time.RFC3339)
	}
	return text + ")"
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.String() }
