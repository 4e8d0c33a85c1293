//go:build !countersign_nocloud

package keyring_test

import (
	"bufio"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"countersign/audit/keyring"
)

// azureChild names the URI that this test program opens as another process: what decides
// where Azure's client goes is read once in a process.
const azureChild = "COUNTERSIGN_TEST_AZURE_URI"

// fakeAzure is Key Vault and the place that gives tokens, as their REST references tell
// them. It stands behind a proxy that leads every host to it.
type fakeAzure struct {
	tb   testing.TB
	keys map[string]crypto.Signer // by NAME/VERSION
	ops  map[string]bool          // of the keys that may sign
}

const azureTenant = "https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111"

func (f *fakeAzure) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.Host == "login.microsoftonline.com":
		f.login(w, r)
	case r.Host != "trail.vault.azure.net":
		f.tb.Errorf("unexpected host %s", r.Host)
	case r.Header.Get("Authorization") != "Bearer granted":
		w.Header().Set("WWW-Authenticate", `Bearer authorization="`+azureTenant+`", resource="https://vault.azure.net"`)
		refuseAzure(w, 401, "Unauthorized")
	default:
		f.vault(w, r)
	}
}

func sayAzure(w http.ResponseWriter, status int, v any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func refuseAzure(w http.ResponseWriter, status int, code string) {
	sayAzure(w, status, map[string]any{"error": map[string]string{"code": code, "message": "no"}})
}

// login gives a token to whoever asks.
func (f *fakeAzure) login(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/discovery/instance"):
		sayAzure(w, 200, map[string]any{"tenant_discovery_endpoint": azureTenant + "/v2.0/.well-known/openid-configuration", "api-version": "1.1",
			"metadata": []map[string]any{{"preferred_network": r.Host, "preferred_cache": "login.windows.net", "aliases": []string{r.Host}}}})
	case strings.HasSuffix(r.URL.Path, "/openid-configuration"):
		sayAzure(w, 200, map[string]any{"token_endpoint": azureTenant + "/oauth2/v2.0/token", "authorization_endpoint": azureTenant + "/oauth2/v2.0/authorize", "issuer": azureTenant + "/v2.0"})
	case strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token"):
		sayAzure(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3600, "access_token": "granted"})
	default:
		f.tb.Errorf("unexpected %s", r.URL)
	}
}

// vault is Get Key and Sign.
func (f *fakeAzure) vault(w http.ResponseWriter, r *http.Request) {
	id, sign := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/keys/"), "/sign")
	kid := "https://" + r.Host + "/keys/" + id
	key, ok := f.keys[id]
	switch {
	case !ok:
		refuseAzure(w, 404, "KeyNotFound")
	case !sign:
		pub := key.Public().(*ecdsa.PublicKey)
		point, err := pub.Bytes()
		if err != nil {
			f.tb.Error(err)
		}
		n := (len(point) - 1) / 2
		sayAzure(w, 200, map[string]any{"key": map[string]any{"kid": kid, "kty": "EC", "crv": pub.Params().Name,
			"x": base64.RawURLEncoding.EncodeToString(point[1 : 1+n]), "y": base64.RawURLEncoding.EncodeToString(point[1+n:])}})
	case !f.ops[id]:
		refuseAzure(w, 403, "Forbidden: operation sign is not permitted on this key")
	default:
		var in struct{ Alg, Value string }
		err := json.NewDecoder(r.Body).Decode(&in)
		digest, digestErr := base64.RawURLEncoding.DecodeString(in.Value)
		if err != nil || digestErr != nil || in.Alg != "ES256" || len(digest) != 32 {
			refuseAzure(w, 400, "BadParameter")
			return
		}
		rs := make([]byte, 64)
		a, b, err := ecdsa.Sign(rand.Reader, key.(*ecdsa.PrivateKey), digest)
		if err != nil {
			f.tb.Error(err)
		}
		a.FillBytes(rs[:32])
		b.FillBytes(rs[32:])
		sayAzure(w, 200, map[string]any{"kid": kid, "value": base64.RawURLEncoding.EncodeToString(rs)})
	}
}

// proxyTo is a proxy that leads every CONNECT to one address.
func proxyTo(t *testing.T, address string) string {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "CONNECT only", http.StatusMethodNotAllowed)
			return
		}
		there, err := net.Dial("tcp", address)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		here, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = here.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
		go func() { _, _ = bufio.NewReader(there).WriteTo(here); _ = here.Close() }()
		_, _ = buffered.WriteTo(there)
		_ = there.Close()
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// certificate is one for Azure's names that only this test trusts.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key := newP256(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		DNSNames: []string{"login.microsoftonline.com", "trail.vault.azure.net"}, NotBefore: time.Unix(0, 0), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, write(t, "azure-ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
}

func TestAzureSigns(t *testing.T) {
	if uri := os.Getenv(azureChild); uri != "" {
		k, err := keyring.Open(t.Context(), uri)
		if err != nil {
			t.Fatalf("Open = %v", err)
		}
		atOnce(t, k)
		return
	}
	f := &fakeAzure{tb: t, keys: map[string]crypto.Signer{"log/aa": newP256(t), "mute/aa": newP256(t), "p384/aa": newP384(t)}, ops: map[string]bool{"log/aa": true}}
	server := httptest.NewUnstartedServer(f)
	cert, ca := certificate(t)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	proxy := proxyTo(t, server.Listener.Addr().String())
	for name, tt := range map[string]struct{ uri, want string }{
		"a key":                  {"azurekms:vault=trail;name=log?version=aa", ""},
		"the library's own form": {"azurekms:name=log;vault=trail;version=aa", ""},
		"a key that may not":     {"azurekms:vault=trail;name=mute?version=aa", "sign is not permitted"},
		"another curve":          {"azurekms:vault=trail;name=p384?version=aa", "want Ed25519 or ECDSA on P-256"},
		"no such version":        {"azurekms:vault=trail;name=log?version=bb", "KeyNotFound"},
	} {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAzureSigns$", "-test.timeout=60s")
		child.Env = append(os.Environ(), azureChild+"="+tt.uri, "HTTPS_PROXY="+proxy, "NO_PROXY=", "SSL_CERT_FILE="+ca, "SSL_CERT_DIR=/nowhere",
			"AZURE_TENANT_ID=11111111-1111-1111-1111-111111111111", "AZURE_CLIENT_ID=countersign", "AZURE_CLIENT_SECRET=hunter2hunter2")
		out, err := child.CombinedOutput()
		if (err == nil) != (tt.want == "") || !strings.Contains(string(out), tt.want) || strings.Contains(string(out), "hunter2") {
			t.Errorf("%s: %v, want %q\n%s", name, err, tt.want, out)
		}
	}
}
