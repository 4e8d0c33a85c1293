package keys

import (
	"errors"
	"net/http"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/dealer"
	"countersign/sandbox/dfns"
	"countersign/sandbox/signers"
	"countersign/sandbox/signing"
	"countersign/sandbox/store"
)

// Scheme is a way to share a key, with the curve that it is over.
type Scheme struct {
	Protocol string `json:"protocol"` // CGGMP24, FROST, …
	Curve    string `json:"curve"`
}

// protocols are those that DFNS's signers share a key of each scheme with, the newest first.
var protocols = map[string][]string{
	signing.ECDSA: {"CGGMP24", "CGGMP21"}, signing.EdDSA: {"FROST"}, signing.DH: {"GLOW20_DH"},
}

// Exporting is the body of POST /keys/:id/export and of POST /wallets/:id/export.
type Exporting struct {
	EncryptionKey    string   `json:"encryptionKey"` // base64, as package dealer says
	SupportedSchemes []Scheme `json:"supportedSchemes"`
}

// Exported is the answer: the key in shares that whoever exports it can open.
type Exported struct {
	PublicKey          string           `json:"publicKey"`
	Protocol           string           `json:"protocol"`
	Curve              string           `json:"curve"`
	MinSigners         int              `json:"minSigners"` // how many shares make the key
	EncryptedKeyShares []signers.Sealed `json:"encryptedKeyShares"`
}

// Export hands out a key within a transaction of the caller's, and announces it. From then on
// it signs nothing here, as with DFNS. It may be exported again. Whoever may not sign with it
// is a 403; a scheme that the body does not support a 400.
func Export(tx *store.Tx, caller auth.Caller, now time.Time, id string, in Exporting) (Exported, error) {
	key, err := GetActive(tx, id)
	if err != nil {
		return Exported{}, err
	}
	whose, err := DelegationOf(tx, id)
	if err := errors.Join(err, whose.Admit(caller, id)); err != nil {
		return Exported{}, err
	}
	protocol, err := in.protocol(key)
	if err != nil {
		return Exported{}, err
	}
	secret, err1 := Secret(tx, id)
	scalar, err2 := secret.Scalar()
	cluster, err3 := signers.Of(tx)
	if err := errors.Join(err1, err2, err3); err != nil {
		return Exported{}, err
	}
	curve := dealer.Secp256k1
	if key.Scheme == signing.EdDSA {
		curve = dealer.Ed25519
	}
	shares, err := cluster.Export(curve, scalar, in.EncryptionKey)
	if err != nil {
		return Exported{}, err
	}
	if !key.Exported {
		key.Exported, key.DateExported = true, dfns.At(now)
	}
	return Exported{PublicKey: key.PublicKey, Protocol: protocol, Curve: key.Curve, MinSigners: signers.Threshold, EncryptedKeyShares: shares},
		errors.Join(put(tx, key), announce(tx, now, "exported", key))
}

// protocol is the one by which a key is exported.
func (in Exporting) protocol(key Key) (string, error) {
	if in.EncryptionKey == "" {
		return "", dfns.BadRequest("encryptionKey is required: the key that the shares are encrypted with")
	}
	for _, protocol := range protocols[key.Scheme] {
		for _, s := range in.SupportedSchemes {
			if s == (Scheme{protocol, key.Curve}) {
				return protocol, nil
			}
		}
	}
	return "", dfns.BadRequest("supportedSchemes must have %s over %s, by which key %s is shared", protocols[key.Scheme][0], key.Curve, key.ID)
}

// GetUsable is [GetActive] for a key that is to sign; one that was exported is a 422.
func GetUsable(tx *store.Tx, id string) (Key, error) {
	key, err := GetActive(tx, id)
	if err == nil && key.Exported {
		err = dfns.Errorf(http.StatusUnprocessableEntity, "key %s was exported, and signs nothing here any more", id)
	}
	return key, err
}
