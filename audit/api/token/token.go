// Package token has the bearer tokens of the query API: how one is made, the file that says
// what each may do, and which records one may see.
//
// A token is known by its digest alone, so that whoever reads the file can use none. What no
// scope allows is refused: a token without scopes does nothing, and one that is bound to
// wallets sees no record but those that name these wallets and no others.
package token

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

	"countersign/audit"
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

// New makes a token: "cst_" and 256 random bits, base64url. It is shown once; the
// file of tokens holds its [Digest].
func New() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // it never fails (crypto/rand)
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(b[:])
}

// Digest is what a file of tokens has of a token: "sha256:" and 64 hex digits. A
// token is random and long, so that nobody finds it back.
func Digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// A Set is the tokens that may use the API. The zero Set lets nobody in.
type Set struct {
	all []*Token
}

// Len is how many they are.
func (s *Set) Len() int { return len(s.all) }

// All are its tokens, in the order of the file.
func (s *Set) All() []*Token { return slices.Clone(s.all) }

// A Token is one of them, as far as the server knows it. Nobody changes it.
type Token struct {
	// Name is who uses it, as the operator calls them.
	Name string
	// Digest is the SHA-256 of the token.
	Digest [sha256.Size]byte
	// Scopes are what it may do, as they stand in the file.
	Scopes []string
	// Wallets bound what is read; nil is without bound.
	Wallets []string
	// NotAfter is the last moment at which it is taken; zero is for ever.
	NotAfter time.Time
}

// Parse reads one token per line:
//
//	# the auditor, until the end of the engagement
//	sha256:<64 hex digits> name=auditor scopes=records:read,export,tiles:read not-after=2026-12-31T00:00:00Z
//	sha256:<64 hex digits> name=desk-a scopes=decisions:read,wallet:wa-1,wallet:wa-2
//
// Empty lines and those that begin with "#" are skipped. An error names the line, and
// shows nothing of it that could be a secret.
func Parse(r io.Reader) (*Set, error) {
	tokens := &Set{}
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

func (s *Set) add(one *Token) error {
	for _, o := range s.all {
		if o.Digest == one.Digest || o.Name == one.Name {
			return fmt.Errorf("token %s: its name or its digest is that of an earlier line; remove one", one.Name)
		}
	}
	s.all = append(s.all, one)
	return nil
}

func parseToken(fields []string) (*Token, error) {
	if !digestForm.MatchString(fields[0]) {
		return nil, errors.New("its first word is no sha256: and 64 lower-case hex digits; `countersign api token` prints it")
	}
	t := &Token{}
	_, _ = hex.Decode(t.Digest[:], []byte(fields[0][len("sha256:"):])) // the form is right
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
			t.Name = value
		case "scopes":
			err = t.parseScopes(value)
		case "not-after":
			if t.NotAfter, err = time.Parse(time.RFC3339, value); err != nil {
				err = errors.New("not-after is no time like 2026-12-31T00:00:00Z")
			}
		default:
			err = fmt.Errorf("word %d is none of name=…, scopes=…, not-after=…", i+2)
		}
		if err != nil {
			return nil, err
		}
	}
	if !nameForm.MatchString(t.Name) {
		return nil, errors.New("name is missing or not 1 to 64 letters, digits and . _ @ -; give name=…")
	}
	if len(t.Scopes) == len(t.Wallets) {
		return nil, fmt.Errorf("token %s may do nothing; give scopes=…, of %s", t.Name, strings.Join(scopes, ", "))
	}
	return t, nil
}

var scopes = []string{ReadRecords, ReadDecisions, MakeExports, ReadTiles}

func (t *Token) parseScopes(list string) error {
	for _, s := range strings.Split(list, ",") {
		wallet, bound := strings.CutPrefix(s, walletScope)
		switch {
		case bound && !walletForm.MatchString(wallet):
			return errors.New("scope wallet: names no wallet; write wallet:<the custodian's ID of it>")
		case !bound && !slices.Contains(scopes, s):
			return fmt.Errorf("scope %.40q is unknown; want some of %s, wallet:<id>", s, strings.Join(scopes, ", "))
		case slices.Contains(t.Scopes, s):
			return fmt.Errorf("scope %.40q stands there twice; remove one", s)
		case bound:
			t.Wallets = append(t.Wallets, wallet)
		}
		t.Scopes = append(t.Scopes, s)
	}
	if t.Wallets != nil && slices.Contains(t.Scopes, ReadTiles) {
		return fmt.Errorf("%s shows every record, and %s… bounds the token to some; remove one", ReadTiles, walletScope)
	}
	return nil
}

// Find is the token that was presented, nil when it is none of them. It looks at all of
// them, and compares digests: how long it takes tells nothing.
func (s *Set) Find(presented string) (found *Token) {
	if s == nil || !tokenForm.MatchString(presented) {
		return nil
	}
	digest := sha256.Sum256([]byte(presented))
	for _, one := range s.all {
		if subtle.ConstantTimeCompare(one.Digest[:], digest[:]) == 1 {
			found = one
		}
	}
	return found
}

// May reports whether a token has a scope.
func (t *Token) May(scope string) bool { return slices.Contains(t.Scopes, scope) }

// Sees reports whether a token may read a record, by what stands in the record itself. A
// token that is bound to wallets sees what names some of them, and no other.
func (t *Token) Sees(e audit.Entry) bool {
	if !t.May(ReadRecords) && e.Record.Type != audit.DecisionIntent {
		return false
	}
	if t.Wallets == nil {
		return true
	}
	named := false
	for _, f := range e.Record.Facets() {
		if f.Name != audit.FacetWallet {
			continue
		}
		if !slices.Contains(t.Wallets, f.Value) {
			return false
		}
		named = true
	}
	return named
}
