package signing

import (
	"crypto/ed25519"
	"fmt"

	"github.com/ethereum/go-ethereum/accounts"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"

	"countersign/sandbox/dfns"
)

// Value is a signature as the API shows it. For EdDSA r and s are the halves of its 64
// bytes, and there is no recovery ID.
type Value struct {
	R       string `json:"r"` // 32 bytes, 0x-hex, as s
	S       string `json:"s"`
	RecID   *uint8 `json:"recid,omitempty"` // 0 or 1
	Encoded string `json:"encoded,omitempty"`
}

// Check says why a key of that scheme cannot sign b, as a 400 [dfns.Error]; evm tells
// whether it signs for an EVM network. EdDSA signs messages only, and an ECDSA key hashes
// a message as its network does.
func (b Body) Check(scheme string, evm bool) error {
	evm = evm || b.Blockchain == "Evm"
	switch {
	case scheme == DH:
		return dfns.BadRequest("a key of scheme DH signs nothing; POST /keys/:keyId/derive derives values from it")
	case scheme == EdDSA && b.Kind != "Message":
		return dfns.BadRequest("a key of scheme EdDSA signs kind Message, not %s", b.Kind)
	case scheme == EdDSA && evm:
		return dfns.BadRequest("a key of scheme EdDSA does not sign for EVM networks")
	case scheme == ECDSA && b.Kind == "Message" && !evm:
		return dfns.BadRequest("network or blockchainKind is required: it says how an ECDSA key hashes a message")
	}
	return nil
}

// Sign signs what b asks for. For a transaction it also returns the signed serialisation,
// 0x-hex, ready to be broadcast.
func Sign(secret Secret, b Body) (Value, string, error) {
	if secret.Scheme == EdDSA {
		key, err := secret.Ed25519()
		if err != nil {
			return Value{}, "", err
		}
		sig := ed25519.Sign(key, b.message)
		return Value{R: hexutil.Encode(sig[:32]), S: hexutil.Encode(sig[32:]), Encoded: hexutil.Encode(sig)}, "", nil
	}
	key, err := secret.ECDSA()
	if err != nil {
		return Value{}, "", err
	}
	digest, err := b.digest()
	if err != nil {
		return Value{}, "", err
	}
	sig, err := crypto.Sign(digest, key)
	if err != nil {
		return Value{}, "", fmt.Errorf("signing: %w", err)
	}
	value, data := newValue(sig), ""
	if b.Kind == "Transaction" {
		if data, err = b.transaction.Complete(sig); err != nil {
			return Value{}, "", err
		}
	}
	return value, data, nil
}

// newValue shows r, s and recovery ID. encoded is what EVM tools take: v is 27 or 28.
func newValue(sig []byte) Value {
	recid := sig[64]
	encoded := append(append([]byte{}, sig[:64]...), recid+27)
	return Value{R: hexutil.Encode(sig[:32]), S: hexutil.Encode(sig[32:64]), RecID: &recid, Encoded: hexutil.Encode(encoded)}
}

// digest is the 32 bytes that an ECDSA key signs.
func (b Body) digest() ([]byte, error) {
	switch b.Kind {
	case "Hash":
		return b.hash, nil
	case "Message", "Eip191":
		return accounts.TextHash(b.message), nil
	case "Eip712":
		digest, _, err := apitypes.TypedDataAndHash(b.typed.TypedData)
		return digest, err
	case "Transaction":
		return b.transaction.Signer().Hash(b.transaction.Tx).Bytes(), nil
	}
	return nil, fmt.Errorf("hashing a request of kind %s, which none was parsed as", b.Kind)
}
