//go:build !countersign_nocloud

package keyring_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net"
	"strings"
	"testing"

	"countersign/audit/keyring"

	gcpkms "cloud.google.com/go/kms/apiv1"
	"cloud.google.com/go/kms/apiv1/kmspb"
	"go.step.sm/crypto/kms/apiv1"
	"go.step.sm/crypto/kms/cloudkms"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// fakeGCP is Google's Cloud KMS as its API reference tells it (GetPublicKey,
// AsymmetricSign).
type fakeGCP struct {
	kmspb.UnimplementedKeyManagementServiceServer
	keys map[string]gcpKey // by name of the version
}

type gcpKey struct {
	key       crypto.Signer
	algorithm kmspb.CryptoKeyVersion_CryptoKeyVersionAlgorithm
	disabled  bool
}

func (f *fakeGCP) GetPublicKey(_ context.Context, in *kmspb.GetPublicKeyRequest) (*kmspb.PublicKey, error) {
	k, ok := f.keys[in.Name]
	if !ok {
		return nil, status.Error(codes.NotFound, "not found")
	}
	der, err := x509.MarshalPKIXPublicKey(k.key.Public())
	if err != nil {
		return nil, err
	}
	return &kmspb.PublicKey{Name: in.Name, Algorithm: k.algorithm, Pem: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}, nil
}

func (f *fakeGCP) AsymmetricSign(_ context.Context, in *kmspb.AsymmetricSignRequest) (*kmspb.AsymmetricSignResponse, error) {
	k, ok := f.keys[in.Name]
	switch {
	case !ok:
		return nil, status.Error(codes.NotFound, "not found")
	case k.disabled:
		return nil, status.Error(codes.FailedPrecondition, in.Name+" is not enabled, current state is: DISABLED.")
	case in.Digest != nil && in.Data != nil:
		return nil, status.Error(codes.InvalidArgument, "both data and digest")
	}
	var sig []byte
	var err error
	switch key := k.key.(type) {
	case ed25519.PrivateKey: // takes the data itself
		if in.Data == nil {
			return nil, status.Error(codes.InvalidArgument, "data is required")
		}
		sig = ed25519.Sign(key, in.Data)
	case *ecdsa.PrivateKey:
		if len(in.Digest.GetSha256()) != 32 {
			return nil, status.Error(codes.InvalidArgument, "a digest of sha256 is required")
		}
		sig, err = ecdsa.SignASN1(rand.Reader, key, in.Digest.GetSha256())
	}
	return &kmspb.AsymmetricSignResponse{Name: in.Name, Signature: sig}, err
}

// gcp puts Google's own client, connected to a fake on this machine, where the library
// would make one for Google's address.
func gcp(t *testing.T, f *fakeGCP) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	kmspb.RegisterKeyManagementServiceServer(server, f)
	go func() { _ = server.Serve(listener) }() // ends with Stop
	t.Cleanup(server.Stop)
	real, _ := apiv1.LoadKeyManagerNewFunc(apiv1.CloudKMS)
	apiv1.Register(apiv1.CloudKMS, func(ctx context.Context, _ apiv1.Options) (apiv1.KeyManager, error) {
		client, err := gcpkms.NewKeyManagementClient(ctx, option.WithEndpoint(listener.Addr().String()), option.WithoutAuthentication(),
			option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
		if err != nil {
			return nil, err
		}
		return cloudkms.NewCloudKMS(client), nil
	})
	t.Cleanup(func() { apiv1.Register(apiv1.CloudKMS, real) })
}

func TestGoogleSigns(t *testing.T) {
	const ring = "projects/p/locations/europe-west1/keyRings/trail/cryptoKeys/"
	version := func(key string) string { return "cloudkms:resource=" + ring + key + "/cryptoKeyVersions/1" }
	gcp(t, &fakeGCP{keys: map[string]gcpKey{
		ring + "ec/cryptoKeyVersions/1":   {newP256(t), kmspb.CryptoKeyVersion_EC_SIGN_P256_SHA256, false},
		ring + "ed/cryptoKeyVersions/1":   {newEd25519(t), kmspb.CryptoKeyVersion_EC_SIGN_ED25519, false},
		ring + "off/cryptoKeyVersions/1":  {newP256(t), kmspb.CryptoKeyVersion_EC_SIGN_P256_SHA256, true},
		ring + "p384/cryptoKeyVersions/1": {newP384(t), kmspb.CryptoKeyVersion_EC_SIGN_P384_SHA384, false},
	}})
	atOnce(t, open(t, version("ec")))
	atOnce(t, open(t, version("ed")))
	for name, tt := range map[string]struct{ uri, want string }{
		"a version that is disabled": {version("off"), "current state is: DISABLED"},
		"a key of another curve":     {version("p384"), "want Ed25519 or ECDSA on P-256"},
		"no such key":                {version("none"), "NotFound"},
	} {
		k, err := keyring.Open(context.Background(), tt.uri)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Open = %v, %v, want an error that says %q", name, k, err, tt.want)
		}
	}
}

func TestGoogleWithoutCredentialsSaysSo(t *testing.T) {
	missing := write(t, "none.json", "{}")
	uri := "cloudkms:credentials-file=" + missing + ";resource=projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"
	if k, err := keyring.Open(context.Background(), uri); err == nil || !strings.Contains(err.Error(), "credential") {
		t.Errorf("Open = %v, %v, want an error about the credentials", k, err)
	}
}
