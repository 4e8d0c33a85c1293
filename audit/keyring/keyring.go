// Package keyring opens the private keys that sign the trail, wherever they live: in a
// file, in a cloud's key service, in a hardware module, in HashiCorp Vault.
//
// One URI names one key. [Open] finds it, lets it sign a test message and verifies that
// with the key's public half: a key of the wrong kind, without the right to sign or of
// another version fails when the process starts and not at the first decision.
//
//	/path/key.pem or file:/path/key.pem
//	awskms:key-id=ID-OR-ARN;region=REGION
//	cloudkms:resource=projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/N
//	azurekms:vault=VAULT;name=NAME;version=VERSION
//	pkcs11:module-path=/path/module.so;token=LABEL;object=NAME?pin-source=/path/pin
//	vault:https://host:8200/transit/keys/NAME?version=N&token-file=/path/token
//
// A URI pins one version of one key, because that is what is enrolled in the log: an alias
// or "the newest" would change under it. No URI holds a secret. docs/keys.md tells how
// each kind of key is made.
//
// The clouds and PKCS#11 are those of go.step.sm/crypto/kms. The build tag
// countersign_nocloud leaves the clouds out; PKCS#11 needs cgo, and the tag nopkcs11 leaves
// it out too.
package keyring

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"countersign/audit"
)

// ErrClosed means that a key was asked to sign after [Key.Close].
var ErrClosed = errors.New("key is closed")

// A Key is a [crypto.Signer], Ed25519 or ECDSA on P-256, whose private half may be far
// away. It is safe for concurrent use.
type Key struct {
	name   string
	signer crypto.Signer
	// limit is the longest message that an Ed25519 key signs, in bytes. 0 is no limit.
	limit int
	// far keys are asked over a network or a bus: each signature is verified.
	far   bool
	close func() error

	mu     sync.RWMutex // a module must not be unloaded under a signature
	closed bool
}

// Open finds the key that uri names and tries it. The error wraps [audit.ErrKey] where
// the URI or the key is wrong; without it, whoever holds the key may answer later.
func Open(ctx context.Context, uri string) (*Key, error) {
	k, err := open(ctx, uri)
	if err != nil {
		return nil, err
	}
	if err := k.try(); err != nil {
		return nil, errors.Join(err, k.Close())
	}
	return k, nil
}

func open(ctx context.Context, uri string) (*Key, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	scheme, rest, ok := strings.Cut(uri, ":")
	if !ok || strings.ContainsAny(scheme, "/.") {
		return openFile(uri)
	}
	switch scheme {
	case "file":
		return openFile(rest)
	case "vault":
		return openVault(ctx, rest)
	}
	if b, ok := backends[scheme]; ok {
		return b.open(ctx, scheme, uri)
	}
	return nil, fmt.Errorf("%w: key URI of kind %.20q, want a path, file:, awskms:, cloudkms:, azurekms:, pkcs11: or vault: (docs/keys.md)", audit.ErrKey, scheme)
}

func openFile(path string) (*Key, error) {
	if rest, ok := strings.CutPrefix(path, "//"); ok {
		if path = rest; !strings.HasPrefix(path, "/") {
			return nil, fmt.Errorf("%w: key URI file://%s names a host, want file:/path/key.pem", audit.ErrKey, path)
		}
	}
	if path == "" {
		return nil, fmt.Errorf("%w: key URI is empty, want the path of a PKCS#8 PEM file or one of the forms of docs/keys.md", audit.ErrKey)
	}
	signer, err := audit.LoadKey(path)
	if err != nil {
		return nil, err
	}
	return &Key{name: "file:" + path, signer: signer}, nil
}

// Public is the public half.
func (k *Key) Public() crypto.PublicKey { return k.signer.Public() }

// String is the URI that names the key. It holds no secret.
func (k *Key) String() string { return k.name }

// Limit is the longest message in bytes that the key signs, 0 when there is none. AWS
// KMS signs 4,096 bytes at most with Ed25519: enough for checkpoints, not for every
// record. A P-256 key signs digests and has no limit.
func (k *Key) Limit() int { return k.limit }

// Sign signs a message with Ed25519 (opts is crypto.Hash(0)) or a SHA-256 digest with
// P-256 (opts is crypto.SHA256; the signature is ASN.1). A key that is not in this
// process is asked, and what it answers is returned only when it is its signature.
func (k *Key) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	want := crypto.Hash(0)
	if _, ok := k.Public().(*ecdsa.PublicKey); ok {
		want = crypto.SHA256
	}
	switch {
	case opts == nil || opts.HashFunc() != want || (want != 0 && len(digest) != want.Size()):
		return nil, fmt.Errorf("%w: key %s signs messages with Ed25519 and SHA-256 digests with P-256, nothing else", audit.ErrKey, k.name)
	case k.limit > 0 && len(digest) > k.limit:
		return nil, fmt.Errorf("%w: key %s signs %d bytes at most, the message has %d: use a P-256 key", audit.ErrKey, k.name, k.limit, len(digest))
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.closed {
		return nil, fmt.Errorf("key %s: %w", k.name, ErrClosed)
	}
	sig, err := k.signer.Sign(random, digest, opts)
	if err != nil {
		return nil, fmt.Errorf("key %s: sign: %w", k.name, err)
	}
	if k.far && !verified(k.Public(), digest, sig) {
		return nil, fmt.Errorf("%w: key %s: the answer is not this key's signature: has its version or the module behind it changed?", audit.ErrKey, k.name)
	}
	return sig, nil
}

// Close lets go of the connection or the module behind the key. Signing ends first.
func (k *Key) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed || k.close == nil {
		k.closed = true
		return nil
	}
	k.closed = true
	return k.close()
}

// tryMessage is no checkpoint, record or statement of ours: its signature is worth
// nothing to whoever reads it.
const tryMessage = "countersign key trial v1\n"

// try fails unless the key is of a kind that we use and signs.
func (k *Key) try() error {
	alg, err := audit.Algorithm(k.Public())
	if err != nil {
		return fmt.Errorf("key %s: %w", k.name, err)
	}
	message, opts := []byte(tryMessage), crypto.Hash(0)
	if alg == "ES256" {
		sum := sha256.Sum256(message)
		message, opts = sum[:], crypto.SHA256
	}
	sig, err := k.Sign(rand.Reader, message, opts)
	if err != nil {
		return fmt.Errorf("try the key: %w", err)
	}
	if !verified(k.Public(), message, sig) {
		return fmt.Errorf("%w: key %s does not make signatures of its public half", audit.ErrKey, k.name)
	}
	return nil
}

// verified reports whether sig is the key's over a message, or a digest, as [Key.Sign]
// takes it.
func verified(pub crypto.PublicKey, digest, sig []byte) bool {
	switch p := pub.(type) {
	case ed25519.PublicKey:
		return len(p) == ed25519.PublicKeySize && ed25519.Verify(p, digest, sig)
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(p, digest, sig)
	}
	return false
}
