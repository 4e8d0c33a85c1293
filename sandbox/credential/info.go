package credential

import (
	"crypto/sha256"
	"encoding/hex"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/pubkey"
)

// Info is a new key with the proof that its holder has it.
//
// The client data repeat the challenge, as those of every signature do, with type
// key.create. The key signs {"clientDataHash":…,"publicKey":…}, the compact JSON of the
// SHA-256 of the client data in hex and of the public key (DFNS's reference, "Credentials
// API data").
type Info struct {
	CredID          string `json:"credId"`          // of the caller's choice
	ClientData      string `json:"clientData"`      // base64url
	AttestationData string `json:"attestationData"` // base64url of an attestation

	Password string `json:"password"` // these are of kinds that are not there
	OTPCode  string `json:"otpCode"`
}

// attestation is the JSON of attestationData.
type attestation struct {
	PublicKey string `json:"publicKey"` // PEM
	Signature string `json:"signature"` // hex, in the encoding of package pubkey
	Algorithm string `json:"algorithm"` // RSA-SHA256, SHA256, SHA512 or, for the key's own, ""
}

// fingerprint is what a new key signs.
type fingerprint struct {
	ClientDataHash string `json:"clientDataHash"` // SHA-256 in hex
	PublicKey      string `json:"publicKey"`      // PEM
}

// proven returns the public key, once its signature over the challenge is verified.
func (in Info) proven(challenge string) (string, error) {
	if in.CredID == "" {
		return "", dfns.BadRequest("credentialInfo.credId is required: any text that names the key")
	}
	clientData, err1 := auth.DecodeBase64URL(in.ClientData)
	text, err2 := auth.DecodeBase64URL(in.AttestationData)
	if err1 != nil || err2 != nil {
		return "", dfns.BadRequest("credentialInfo: clientData and attestationData must be base64url")
	}
	var shown attestation
	if err := dfns.Decode(text, &shown); err != nil {
		return "", dfns.BadRequest("credentialInfo.attestationData cannot be read: %v", err)
	}
	hash := sha256.Sum256(clientData)
	signed, err := dfns.Compact(fingerprint{hex.EncodeToString(hash[:]), shown.PublicKey})
	if err != nil {
		return "", err
	}
	if err := shown.verify(signed); err != nil {
		return "", err
	}
	return shown.PublicKey, auth.CheckClientData(clientData, "key.create", challenge)
}

// verify refuses a signature that is not the key's over message.
func (a attestation) verify(message []byte) error {
	key, err := pubkey.Parse(a.PublicKey)
	if err != nil {
		return err
	}
	signature, err := hex.DecodeString(a.Signature)
	if err != nil {
		return dfns.BadRequest("attestationData.signature must be hex")
	}
	return pubkey.Verify(key, a.Algorithm, message, signature)
}
