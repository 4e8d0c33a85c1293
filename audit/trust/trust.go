// Package trust is what a verifier believes without proof: the keys of a log, who must
// have signed its checkpoints beside it, and perhaps the keys that sign its records. A
// [Trust] is written as a policy file (c2sp.org/tlog-policy); made ready with [Trust.Open],
// it opens checkpoints.
package trust

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"countersign/audit"

	"golang.org/x/mod/sumdb/note"
)

// ErrTrust means that a policy cannot be used. The message says which line or key, and
// what is wanted.
var ErrTrust = errors.New("unusable trust policy")

// Trust is what a verifier believes without proof. The zero Trust believes nothing.
type Trust struct {
	// Log are public keys of the log, as "name+hash+base64" (C2SP signed-note, "Verifier
	// keys"): one, or two while one takes over from the other. The name is the origin.
	Log []string
	// Origin, when it is set, is the only log that counts; else any of Log may be.
	Origin string
	// Witnesses, Groups and Quorum say who else must have signed the last checkpoint, as a
	// policy does; an empty Quorum, or "none", asks nobody.
	Witnesses []Witness
	Groups    []Group
	Quorum    string
	// Pinned, when it is not empty, are the only record keys that may begin the log's keys.
	// Where a log or a selection enrols none, the pinned keys are believed at any index.
	Pinned audit.Keys
}

// A Witness is somebody who signs checkpoints that extend those before.
type Witness struct {
	// Name is the policy's own, Key a verifier key of type 4 (Ed25519 cosignature), URL where
	// the witness is asked, empty where it is not.
	Name, Key, URL string
}

// A Group has signed when at least Least of its members have.
type Group struct {
	Name    string
	Least   int
	Members []string
}

// AnyOf is a quorum of at least that many of the witnesses: the groups and the quorum of a
// [Trust].
func AnyOf(least int, witnesses []Witness) (groups []Group, quorum string) {
	if least <= 0 {
		return nil, noQuorum
	}
	g := Group{Name: "witnesses", Least: least}
	for _, w := range witnesses {
		g.Members = append(g.Members, w.Name)
	}
	return []Group{g}, g.Name
}

const noQuorum = "none"

// Roots is a Trust made ready.
type Roots struct {
	Trust
	// Logs are the keys of Log.
	Logs      []LogKey
	witnesses []namedVerifier
}

// A LogKey is a key that signs the checkpoints of a log.
type LogKey struct {
	// Origin names the log, ID is the key's, as [audit.KeyID] says.
	Origin, ID string
	verifier   note.Verifier
}

type namedVerifier struct {
	name     string
	verifier note.Verifier
}

// Open makes the trust ready, or fails with [ErrTrust].
func (t Trust) Open() (*Roots, error) {
	r := &Roots{Trust: t}
	if len(t.Log) == 0 {
		return nil, fmt.Errorf("%w: no key of the log: give its verifier key, name+hash+base64", ErrTrust)
	}
	seen := map[string]bool{}
	for _, vkey := range t.Log {
		k, err := NewLogKey(vkey)
		if err != nil {
			return nil, err
		}
		if seen[k.ID] {
			return nil, fmt.Errorf("%w: log key %.80q is named twice", ErrTrust, vkey)
		}
		seen[k.ID] = true
		r.Logs = append(r.Logs, k)
	}
	if t.Origin != "" && !slices.ContainsFunc(r.Logs, func(k LogKey) bool { return k.Origin == t.Origin }) {
		return nil, fmt.Errorf("%w: no log key is that of origin %.80q", ErrTrust, t.Origin)
	}
	for _, w := range t.Witnesses {
		v, pub, err := newCosigner(w.Key)
		if err != nil {
			return nil, fmt.Errorf("%w: witness %.80q: %w", ErrTrust, w.Name, err)
		}
		if seen[audit.KeyID(pub)] {
			return nil, fmt.Errorf("%w: the key of witness %.80q is named twice", ErrTrust, w.Name)
		}
		seen[audit.KeyID(pub)] = true
		r.witnesses = append(r.witnesses, namedVerifier{w.Name, v})
	}
	return r, t.checkQuorum()
}

// checkQuorum refuses groups that name what was not named before, and what no policy file
// could say.
func (t Trust) checkQuorum() error {
	defined, member := map[string]bool{}, map[string]bool{}
	define := func(name string) error {
		if name == noQuorum || name == "" || strings.ContainsAny(name, " \t\n") || defined[name] {
			return fmt.Errorf("%w: name %.80q is empty, reserved, spaced or given twice", ErrTrust, name)
		}
		defined[name] = true
		return nil
	}
	for _, w := range t.Witnesses {
		if err := define(w.Name); err != nil {
			return err
		}
	}
	for _, g := range t.Groups {
		if g.Least < 1 || g.Least > len(g.Members) {
			return fmt.Errorf("%w: group %.80q asks for %d of %d members", ErrTrust, g.Name, g.Least, len(g.Members))
		}
		for _, m := range g.Members {
			if !defined[m] || member[m] {
				return fmt.Errorf("%w: group %.80q: member %.80q is not defined before it, or is in a group already", ErrTrust, g.Name, m)
			}
			member[m] = true
		}
		if err := define(g.Name); err != nil {
			return err
		}
	}
	if t.Quorum != "" && t.Quorum != noQuorum && !defined[t.Quorum] {
		return fmt.Errorf("%w: quorum %.80q is no witness or group", ErrTrust, t.Quorum)
	}
	return nil
}

// Met reports whether those who have signed, by name, are enough.
func (t Trust) Met(signed []string) bool {
	have := map[string]bool{}
	for _, name := range signed {
		have[name] = true
	}
	for _, g := range t.Groups { // each names only those before it
		n := 0
		for _, m := range g.Members {
			if have[m] {
				n++
			}
		}
		have[g.Name] = n >= g.Least
	}
	return t.Quorum == "" || t.Quorum == noQuorum || have[t.Quorum]
}

// NewLogKey reads a verifier key, name+hash+base64, of type 1 (Ed25519).
func NewLogKey(vkey string) (LogKey, error) {
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return LogKey{}, fmt.Errorf("%w: log key %.80q is no Ed25519 verifier key name+hash+base64: %w", ErrTrust, vkey, err)
	}
	_, key, err := splitKey(vkey)
	if err != nil || len(key) != 1+ed25519.PublicKeySize {
		return LogKey{}, fmt.Errorf("%w: log key %.80q holds no Ed25519 key", ErrTrust, vkey)
	}
	return LogKey{Origin: v.Name(), ID: audit.KeyID(ed25519.PublicKey(key[1:])), verifier: v}, nil
}

// splitKey takes a verifier key apart: its name, and its type with the key.
func splitKey(vkey string) (name string, key []byte, err error) {
	name, rest, _ := strings.Cut(vkey, "+")
	_, text, ok := strings.Cut(rest, "+")
	key, err = base64.StdEncoding.Strict().DecodeString(text)
	if !ok || name == "" || err != nil || bytes.ContainsAny([]byte(text), "\r\n") {
		return "", nil, fmt.Errorf("%w: want a verifier key name+hash+base64", ErrTrust)
	}
	return name, key, nil
}
