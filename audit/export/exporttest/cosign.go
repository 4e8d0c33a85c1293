package exporttest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"
)

// Cosign adds a witness's signature to a checkpoint (c2sp.org/tlog-cosignature) and returns
// the witness's verifier key.
func Cosign(note []byte, name string, key ed25519.PrivateKey, at time.Time) (cosigned []byte, vkey string) {
	pub := append([]byte{4}, key.Public().(ed25519.PublicKey)...)
	hash := sha256.Sum256(append([]byte(name+"\n"), pub...))
	text, _, _ := bytes.Cut(note, []byte("\n\n"))
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s\n", at.Unix(), text)
	sig := append(bytes.Clone(hash[:4]), binary.BigEndian.AppendUint64(nil, uint64(at.Unix()))...) //nolint:gosec // after 1970
	sig = append(sig, ed25519.Sign(key, []byte(signed))...)
	line := "— " + name + " " + base64.StdEncoding.EncodeToString(sig) + "\n"
	return append(bytes.Clone(note), line...), fmt.Sprintf("%s+%x+%s", name, hash[:4], base64.StdEncoding.EncodeToString(pub))
}
