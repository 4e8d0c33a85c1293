package trust

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// cosignatureType is that of a timestamped Ed25519 signature (c2sp.org/tlog-cosignature).
const cosignatureType = 4

// A cosigner checks what a witness has signed. It is a [note.Verifier].
type cosigner struct {
	name string
	hash uint32
	pub  ed25519.PublicKey
}

func newCosigner(vkey string) (note.Verifier, ed25519.PublicKey, error) {
	name, key, err := splitKey(vkey)
	if err != nil {
		return nil, nil, err
	}
	if len(key) != 1+ed25519.PublicKeySize || key[0] != cosignatureType {
		return nil, nil, errors.New("its key is not of type 4, an Ed25519 cosignature")
	}
	if name == "" || strings.ContainsAny(name, " \t\n\r") {
		return nil, nil, fmt.Errorf("name %.80q cannot stand in a note", name)
	}
	h := sha256.New()
	h.Write([]byte(name + "\n"))
	h.Write(key)
	c := &cosigner{name: name, hash: binary.BigEndian.Uint32(h.Sum(nil)), pub: ed25519.PublicKey(key[1:])}
	if _, rest, _ := strings.Cut(vkey, "+"); !strings.HasPrefix(rest, fmt.Sprintf("%08x+", c.hash)) {
		return nil, nil, fmt.Errorf("its hash is not %08x, that of its name and key", c.hash)
	}
	return c, c.pub, nil
}

// Name is the witness's own, as it stands in a note.
func (c *cosigner) Name() string { return c.name }

// KeyHash is that of name, type and key.
func (c *cosigner) KeyHash() uint32 { return c.hash }

// Verify checks a signature over a time and the text of a checkpoint.
func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	if at > math.MaxInt64 {
		return false
	}
	text := append([]byte("cosignature/v1\ntime "+strconv.FormatUint(at, 10)+"\n"), msg...)
	return ed25519.Verify(c.pub, text, sig[8:])
}
