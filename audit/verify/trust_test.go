package verify_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
)

// cosigner is the verifier key of a witness (c2sp.org/tlog-cosignature).
func cosigner(name string, k ed25519.PrivateKey) string {
	key := append([]byte{4}, k.Public().(ed25519.PublicKey)...)
	return fmt.Sprintf("%s+%08x+%s", name, cosignerHash(name, key), base64.StdEncoding.EncodeToString(key))
}

func cosignerHash(name string, key []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	return binary.BigEndian.Uint32(sum[:])
}

// cosign adds a witness's signature to a checkpoint.
func cosign(note []byte, name string, k ed25519.PrivateKey, at uint64) []byte {
	text := note
	for i := range note {
		if i > 0 && note[i] == '\n' && note[i-1] == '\n' {
			text = note[:i]
			break
		}
	}
	signed := ed25519.Sign(k, append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", at)), text...))
	key := append([]byte{4}, k.Public().(ed25519.PublicKey)...)
	sig := binary.BigEndian.AppendUint32(nil, cosignerHash(name, key))
	sig = append(binary.BigEndian.AppendUint64(sig, at), signed...)
	return append(append([]byte{}, note...), []byte("— "+name+" "+base64.StdEncoding.EncodeToString(sig)+"\n")...)
}
