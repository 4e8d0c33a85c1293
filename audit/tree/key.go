package tree

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"
)

// ErrLogKey means that a key cannot be a log's.
var ErrLogKey = errors.New("unusable log key")

// algEd25519 is the signature type of C2SP signed-note, "Signature types".
const algEd25519 = 1

// A Key signs checkpoints: a [note.Signer] around a key that may be far away.
type Key struct {
	name   string
	hash   uint32
	signer crypto.Signer
}

// NewKey is the log key called name, which is the origin of its checkpoints.
func NewKey(name string, signer crypto.Signer) (*Key, error) {
	pub, ok := signer.Public().(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%w: %T, want Ed25519: checkpoints know no other that every tool reads", ErrLogKey, signer.Public())
	}
	vkey, err := note.NewEd25519VerifierKey(name, pub)
	if err == nil {
		_, err = note.NewVerifier(vkey) // refuses names that a note cannot hold
	}
	if err != nil {
		return nil, fmt.Errorf("%w: name %q: %w", ErrLogKey, name, err)
	}
	return &Key{name: name, hash: keyHash(name, pub), signer: signer}, nil
}

// Name is the origin.
func (k *Key) Name() string { return k.name }

// KeyHash is the short hash that a note's signature line begins with.
func (k *Key) KeyHash() uint32 { return k.hash }

// Public is the public half: with [Key.Signer] a key is enrolled like any other.
func (k *Key) Public() crypto.PublicKey { return k.signer.Public() }

// Signer is the key without its name.
func (k *Key) Signer() crypto.Signer { return k.signer }

// Sign signs the text of a note.
func (k *Key) Sign(msg []byte) ([]byte, error) {
	return k.signer.Sign(rand.Reader, msg, crypto.Hash(0))
}

// VerifierKey is the public half as auditors are given it: "name+hash+base64" (C2SP
// signed-note, "Verifier keys").
func (k *Key) VerifierKey() string {
	vkey, _ := note.NewEd25519VerifierKey(k.name, k.signer.Public().(ed25519.PublicKey)) // NewKey has tried it
	return vkey
}

// Verifier checks what the key has signed.
func (k *Key) Verifier() note.Verifier {
	v, _ := note.NewVerifier(k.VerifierKey()) // NewKey has tried it
	return v
}

// keyHash is the first four bytes of SHA-256(name || LF || type || key), C2SP
// signed-note, "Signatures".
func keyHash(name string, pub ed25519.PublicKey) uint32 {
	h := sha256.New()
	h.Write([]byte(name + "\n"))
	h.Write([]byte{algEd25519})
	h.Write(pub)
	return binary.BigEndian.Uint32(h.Sum(nil))
}
