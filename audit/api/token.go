package api

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The scopes of tokens. Wire format: they stand in token files and on the trail.
const (
	ReadRecords   = "records:read"   // /v1/records, of any type, and their receipts
	ReadDecisions = "decisions:read" // /v1/decisions, and decisions' records and receipts
	MakeExports   = "export"         // NDJSON and CSV of what the token may read
	ReadTiles     = "tiles:read"     // the whole log, as tiles
	walletScope   = "wallet:"        // bounds the token to a wallet; repeated for more
)

// tokenPrefix begins every token, so that scanners for secrets find one that was leaked.
const tokenPrefix = "cst_"

// ErrTokens means that a file of tokens cannot be used.
var ErrTokens = errors.New("API tokens")

var (
	tokenForm  = regexp.MustCompile(`^cst_[A-Za-z0-9_-]{43}$`)
	digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	nameForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$`)
	walletForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
)

// NewToken makes a token: "cst_" and 256 random bits, base64url. It is shown once; the
// file of tokens holds its [TokenDigest].
func NewToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // it never fails (crypto/rand)
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(b[:])
}

// TokenDigest is what a file of tokens has of a token: "sha256:" and 64 hex digits. A
// token is random and long, so that nobody finds it back.
func TokenDigest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Tokens are those that may use the API. The zero Tokens lets nobody in.
type Tokens struct {
	all []*token
}

// Len is how many they are.
func (t *Tokens) Len() int { return len(t.all) }

// token is one of them, as far as the server knows it.
type token struct {
	name   string
	digest [sha256.Size]byte
	scopes []string // as in the file
	// wallets bound what is read; nil is without bound.
	wallets  []string
	notAfter time.Time
}

// ParseTokens reads one token per line:
//
//	# the auditor, until the end of the engagement
//	sha256:<64 hex digits> name=auditor scopes=records:read,export,tiles:read not-after=2026-12-31T00:00:00Z
//	sha256:<64 hex digits> name=desk-a scopes=decisions:read,wallet:wa-1,wallet:wa-2
//
// Empty lines and those that begin with "#" are skipped. An error names the line, and
// shows nothing of it that could be a secret.
func ParseTokens(r io.Reader) (*Tokens, error) {
	tokens := &Tokens{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || fields[0][0] == '#' {
			continue
		}
		t, err := parseToken(fields)
		if err == nil {
			err = tokens.add(t)
		}
		if err != nil {
			return nil, fmt.Errorf("%w, line %d: %w", ErrTokens, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTokens, err)
	}
	return tokens, nil
}

func (t *Tokens) add(one *token) error {
	for _, o := range t.all {
		if o.digest == one.digest || o.name == one.name {
			return fmt.Errorf("token %s: its name or its digest is that of an earlier line; remove one", one.name)
		}
	}
	t.all = append(t.all, one)
	return nil
}

func parseToken(fields []string) (*token, error) {
	if !digestForm.MatchString(fields[0]) {
		return nil, errors.New("its first word is no sha256: and 64 lower-case hex digits; `countersign api token` prints it")
	}
	t := &token{}
	_, _ = hex.Decode(t.digest[:], []byte(fields[0][len("sha256:"):])) // the form is right
	given := map[string]bool{}
	for i, field := range fields[1:] {
		name, value, _ := strings.Cut(field, "=")
		if given[name] {
			return nil, fmt.Errorf("word %d: %.20q stands there twice; remove one", i+2, name)
		}
		given[name] = true
		var err error
		switch name {
		case "name":
			t.name = value
		case "scopes":
			err = t.parseScopes(value)
		case "not-after":
			if t.notAfter, err = time.Parse(time.RFC3339, value); err != nil {
				err = errors.New("not-after is no time like 2026-12-31T00:00:00Z")
			}
		default:
			err = fmt.Errorf("word %d is none of name=…, scopes=…, not-after=…", i+2)
		}
		if err != nil {
			return nil, err
		}
	}
	if !nameForm.MatchString(t.name) {
		return nil, errors.New("name is missing or not 1 to 64 letters, digits and . _ @ -; give name=…")
	}
	if len(t.scopes) == len(t.wallets) {
		return nil, fmt.Errorf("token %s may do nothing; give scopes=…, of %s", t.name, strings.Join(scopes, ", "))
	}
	return t, nil
}

var scopes = []string{ReadRecords, ReadDecisions, MakeExports, ReadTiles}

func (t *token) parseScopes(list string) error {
	for _, s := range strings.Split(list, ",") {
		wallet, bound := strings.CutPrefix(s, walletScope)
		switch {
		case bound && !walletForm.MatchString(wallet):
			return errors.New("scope wallet: names no wallet; write wallet:<the custodian's ID of it>")
		case !bound && !slices.Contains(scopes, s):
			return fmt.Errorf("scope %.40q is unknown; want some of %s, wallet:<id>", s, strings.Join(scopes, ", "))
		case slices.Contains(t.scopes, s):
			return fmt.Errorf("scope %.40q stands there twice; remove one", s)
		case bound:
			t.wallets = append(t.wallets, wallet)
		}
		t.scopes = append(t.scopes, s)
	}
	if t.wallets != nil && slices.Contains(t.scopes, ReadTiles) {
		return fmt.Errorf("%s shows every record, and %s… bounds the token to some; remove one", ReadTiles, walletScope)
	}
	return nil
}

// find is the token that was presented, nil when it is none of them. It looks at all of
// them, and compares digests: how long it takes tells nothing.
func (t *Tokens) find(presented string) (found *token) {
	if t == nil || !tokenForm.MatchString(presented) {
		return nil
	}
	digest := sha256.Sum256([]byte(presented))
	for _, one := range t.all {
		if subtle.ConstantTimeCompare(one.digest[:], digest[:]) == 1 {
			found = one
		}
	}
	return found
}

// may reports whether a token has a scope.
func (t *token) may(scope string) bool { return slices.Contains(t.scopes, scope) }
