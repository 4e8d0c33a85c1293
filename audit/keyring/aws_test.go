//go:build !countersign_nocloud

package keyring_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign/audit"
	"countersign/audit/keyring"
)

// fakeAWS is AWS KMS as its API reference tells it (GetPublicKey, Sign; JSON 1.1).
type fakeAWS struct {
	tb   testing.TB
	keys map[string]awsKey // by ID
}

type awsKey struct {
	key   crypto.Signer
	usage string
}

func (f *fakeAWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct{ KeyId, SigningAlgorithm, MessageType, Message string }
	refuse := func(kind string) {
		w.Header().Set("X-Amzn-ErrorType", kind)
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": kind, "message": "no"})
	}
	if !strings.Contains(r.Header.Get("Authorization"), "Credential=AKIATEST/") || !strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/kms/aws4_request") {
		refuse("IncompleteSignatureException")
		return
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		refuse("SerializationException")
		return
	}
	k, ok := f.keys[strings.TrimPrefix(in.KeyId, "arn:aws:kms:eu-west-1:111122223333:key/")]
	if !ok {
		refuse("NotFoundException")
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	switch r.Header.Get("X-Amz-Target") {
	case "TrentService.GetPublicKey":
		der, err := x509.MarshalPKIXPublicKey(k.key.Public())
		if err != nil {
			f.tb.Error(err)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"KeyId": in.KeyId, "KeyUsage": k.usage, "PublicKey": der})
	case "TrentService.Sign":
		sig, fault := k.sign(in.SigningAlgorithm, in.MessageType, in.Message)
		if fault != "" {
			refuse(fault)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"KeyId": in.KeyId, "SigningAlgorithm": in.SigningAlgorithm, "Signature": sig})
	default:
		f.tb.Errorf("unexpected %q", r.Header.Get("X-Amz-Target"))
		refuse("UnknownOperationException")
	}
}

// sign is Sign, with the name of the fault where it refuses.
func (k awsKey) sign(algorithm, kind, text string) (sig []byte, fault string) {
	message, err := unbase64(text)
	if err != nil || len(message) == 0 || len(message) > 4096 {
		return nil, "ValidationException"
	}
	switch key := k.key.(type) {
	case ed25519.PrivateKey:
		if algorithm == "ED25519_SHA_512" && kind == "RAW" {
			return ed25519.Sign(key, message), ""
		}
	case *ecdsa.PrivateKey:
		if k.usage == "SIGN_VERIFY" && algorithm == "ECDSA_SHA_256" && kind == "DIGEST" && len(message) == 32 {
			if sig, err = ecdsa.SignASN1(rand.Reader, key, message); err != nil {
				return nil, "KMSInternalException"
			}
			return sig, ""
		}
	}
	return nil, "InvalidKeyUsageException"
}

func TestAWSSigns(t *testing.T) {
	f := &fakeAWS{tb: t, keys: map[string]awsKey{
		"ec":      {newP256(t), "SIGN_VERIFY"},
		"ed":      {newEd25519(t), "SIGN_VERIFY"},
		"agree":   {newP256(t), "KEY_AGREEMENT"},
		"foreign": {newP384(t), "SIGN_VERIFY"},
	}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL_KMS", server.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2hunter2")
	t.Setenv("AWS_SESSION_TOKEN", "")
	t.Setenv("AWS_PROFILE", "")
	t.Setenv("AWS_CONFIG_FILE", "/nowhere")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")

	ec := open(t, "awskms:key-id=arn:aws:kms:eu-west-1:111122223333:key/ec")
	if ec.Limit() != 0 {
		t.Errorf("P-256: Limit = %d, want none", ec.Limit())
	}
	atOnce(t, ec)
	ed := open(t, "awskms:key-id=ed;region=eu-west-1")
	atOnce(t, ed)
	if _, err := ed.Sign(rand.Reader, make([]byte, ed.Limit()), crypto.Hash(0)); err != nil || ed.Limit() != 4096 {
		t.Errorf("a message of Limit = %d bytes: %v, want 4096 and a signature", ed.Limit(), err)
	}
	if _, err := ed.Sign(rand.Reader, make([]byte, ed.Limit()+1), crypto.Hash(0)); !errors.Is(err, audit.ErrKey) || !strings.Contains(err.Error(), "use a P-256 key") {
		t.Errorf("a longer message: %v, want ErrKey that says what to use", err)
	}
	for name, tt := range map[string]struct{ uri, want string }{
		"a key that is not for signing": {"awskms:key-id=agree;region=eu-west-1", "InvalidKeyUsageException"},
		"a key of another curve":        {"awskms:key-id=foreign;region=eu-west-1", "want Ed25519 or ECDSA on P-256"},
		"no such key":                   {"awskms:key-id=none;region=eu-west-1", "NotFoundException"},
		"another region":                {"awskms:key-id=ec;region=us-east-1", "IncompleteSignatureException"},
	} {
		k, err := keyring.Open(context.Background(), tt.uri)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: Open = %v, %v, want an error that says %q", name, k, err, tt.want)
		}
	}
}
