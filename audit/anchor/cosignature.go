package anchor

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// ErrCosignature means that a checkpoint is not signed by the witnesses it must be signed
// by, or that a witness's key or signature cannot be read.
var ErrCosignature = errors.New("not cosigned")

const (
	// algCosignature is the signature type of timestamped Ed25519 (C2SP signed-note,
	// "Signature types").
	algCosignature = 4
	// cosignatureSize is eight bytes of time and a signature (C2SP tlog-cosignature,
	// "Format").
	cosignatureSize = 8 + ed25519.SignatureSize
	// maxSignatures is how many signatures golang.org/x/mod reads of a note.
	maxSignatures = 100
)

// A cosigner verifies the cosignatures of one witness.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

// NewCosignatureVerifier reads a witness's public key: "name+hash+base64" with signature
// type 4 (C2SP signed-note, "Verifier keys"; tlog-cosignature, "Format").
func NewCosignatureVerifier(vkey string) (note.Verifier, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	hash, text, _ := strings.Cut(rest, "+")
	key, err := base64.StdEncoding.Strict().DecodeString(text)
	id, idErr := strconv.ParseUint(hash, 16, 32)
	switch {
	case !nameable(name):
		return nil, fmt.Errorf("%w: witness key %.60q has no name of a witness, want name+hash+base64", ErrCosignature, vkey)
	case idErr != nil || len(hash) != 8 || err != nil || len(key) == 0 || base64.StdEncoding.EncodeToString(key) != text:
		return nil, fmt.Errorf("%w: witness key of %.60q cannot be read, want name+hash+base64", ErrCosignature, name)
	case key[0] != algCosignature || len(key) != 1+ed25519.PublicKeySize:
		return nil, fmt.Errorf("%w: witness key of %.60q is of type %d with %d bytes, want type 4, timestamped Ed25519: ask the witness for its cosignature/v1 key", ErrCosignature, name, key[0], len(key)-1)
	}
	c := &cosigner{name: name, hash: uint32(id), key: key[1:]}
	if want := cosignerHash(name, c.key); want != c.hash {
		return nil, fmt.Errorf("%w: witness key of %.60q: its hash is %08x, want %08x: was it copied whole?", ErrCosignature, name, c.hash, want)
	}
	return c, nil
}

// cosignerHash is the key ID of C2SP tlog-cosignature, "Format".
func cosignerHash(name string, key ed25519.PublicKey) uint32 {
	h := sha256.New()
	h.Write([]byte(name + "\n"))
	h.Write([]byte{algCosignature})
	h.Write(key)
	return binary.BigEndian.Uint32(h.Sum(nil))
}

// nameable reports whether a key may have the name (C2SP signed-note, "Format").
func nameable(name string) bool {
	return name != "" && utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '+'
	})
}

// Name is the witness's name.
func (c *cosigner) Name() string { return c.name }

// KeyHash is the short hash that its signature lines begin with.
func (c *cosigner) KeyHash() uint32 { return c.hash }

// Verify reports whether sig is the witness's over the text of a checkpoint (C2SP
// tlog-cosignature, "Ed25519 signed message").
func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != cosignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	if at > math.MaxInt64 {
		return false
	}
	text := append([]byte("cosignature/v1\ntime "+strconv.FormatUint(at, 10)+"\n"), msg...)
	return ed25519.Verify(c.key, text, sig[8:])
}

// Merge puts the signature lines of witnesses under a checkpoint. It verifies none. A line
// of a key that has signed already is left out, so that nobody's signature is replaced.
func Merge(checkpoint, cosigs []byte) ([]byte, error) {
	lines, err := signatureLines(cosigs)
	if err != nil {
		return nil, err
	}
	n, err := unsigned(checkpoint)
	if err != nil {
		return nil, err
	}
	type key struct {
		name string
		hash uint32
	}
	seen := map[key]bool{}
	for _, s := range n.UnverifiedSigs {
		seen[key{s.Name, s.Hash}] = true
	}
	merged := bytes.Clone(checkpoint)
	count := len(n.UnverifiedSigs)
	for _, l := range lines {
		if k := (key{l.Name, l.Hash}); !seen[k] {
			seen[k] = true
			merged = append(merged, signatureLine(l)...)
			count++
		}
	}
	if count > maxSignatures {
		return nil, fmt.Errorf("%w: the checkpoint would have %d signatures, at most %d", ErrCosignature, count, maxSignatures)
	}
	return merged, nil
}

// Cosigned fails unless a quorum of the witnesses, 1 or more, has signed the checkpoint,
// and when one of them has signed wrongly. It does not ask whether the log has: that is
// tree.OpenCheckpoint's question.
func Cosigned(checkpoint []byte, witnesses []note.Verifier, quorum int) error {
	if quorum < 1 || quorum > len(witnesses) {
		return fmt.Errorf("%w: a quorum of %d among %d witnesses: want from 1 to all of them", ErrCosignature, quorum, len(witnesses))
	}
	voices := map[string]bool{}
	var signed, missing []string
	for _, w := range witnesses {
		for _, voice := range voicesOf(w) {
			if voices[voice] {
				return fmt.Errorf("%w: witness %s stands in the list twice, by its name or its key", ErrCosignature, w.Name())
			}
			voices[voice] = true
		}
		n, err := note.Open(checkpoint, note.VerifierList(w))
		var unverified *note.UnverifiedNoteError
		switch {
		case errors.As(err, &unverified):
			missing = append(missing, w.Name())
		case err != nil:
			return fmt.Errorf("%w: witness %s: %w", ErrCosignature, w.Name(), err)
		case !oneSpelling(n.Sigs[0]):
			return fmt.Errorf("%w: witness %s: its signature's base64 is spelled otherwise than it is written", ErrCosignature, w.Name())
		default:
			signed = append(signed, w.Name())
		}
	}
	if len(signed) < quorum {
		return fmt.Errorf("%w: %d of %d witnesses have signed, %d must: not %s", ErrCosignature, len(signed), len(witnesses), quorum, strings.Join(missing, ", "))
	}
	return nil
}

// voicesOf is what makes a witness one voice: its name, and its key, which a cosignature
// does not bind to the name.
func voicesOf(w note.Verifier) []string {
	voices := []string{"name " + w.Name()}
	if c, ok := w.(*cosigner); ok {
		voices = append(voices, "key "+string(c.key))
	}
	return voices
}

// unsigned reads a note without asking who has signed it: its signatures are all in
// UnverifiedSigs.
func unsigned(msg []byte) (*note.Note, error) {
	_, err := note.Open(msg, note.VerifierList())
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) {
		return nil, fmt.Errorf("%w: not a signed note: %w", ErrCosignature, err)
	}
	return unverified.Note, nil
}

// signatureLines reads lines of signatures as a witness answers with them, one at least.
func signatureLines(lines []byte) ([]note.Signature, error) {
	// A note's text is free, and must end before its signatures.
	n, err := unsigned(append([]byte("x\n\n"), lines...))
	if err != nil || n.Text != "x\n" {
		return nil, fmt.Errorf("%w: not lines of signatures (— name base64)", ErrCosignature)
	}
	return n.UnverifiedSigs, nil
}

// oneSpelling reports whether a signature's base64 is the one that its bytes have.
func oneSpelling(s note.Signature) bool {
	raw, err := base64.StdEncoding.DecodeString(s.Base64)
	return err == nil && base64.StdEncoding.EncodeToString(raw) == s.Base64
}

func signatureLine(s note.Signature) string { return "— " + s.Name + " " + s.Base64 + "\n" }
