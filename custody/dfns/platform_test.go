package dfns_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"countersign/custody/dfns"
)

const token = "eyJ.secret-token.sig"

// platform is DFNS as far as signing goes. It keeps the promises of dfns.md §1.7:
// a challenge and a user action serve once, a signature must hold over the
// client data as sent, and the call must be the one that was signed, to the byte.
type platform struct {
	*httptest.Server
	t      *testing.T
	public crypto.PublicKey

	mu         sync.Mutex
	n          int
	challenges map[string]bound // by identifier
	actions    map[string]bound // by token
	calls      []string         // every request that came, "METHOD target"
	handle     http.HandlerFunc // answers what is left after signing
	before     http.HandlerFunc // may answer first; nil or no write goes on
	lastBody   string
}

type bound struct{ method, path, payload, challenge string }

func newPlatform(t *testing.T, public crypto.PublicKey, handle http.HandlerFunc) *platform {
	p := &platform{t: t, public: public, handle: handle, challenges: map[string]bound{}, actions: map[string]bound{}}
	p.Server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.Close)
	return p
}

// A spy notices whether anything was answered.
type spy struct {
	http.ResponseWriter
	wrote bool
}

func (s *spy) WriteHeader(code int)        { s.wrote = true; s.ResponseWriter.WriteHeader(code) }
func (s *spy) Write(b []byte) (int, error) { s.wrote = true; return s.ResponseWriter.Write(b) }

func (p *platform) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, r.Method+" "+r.URL.RequestURI())
	body, _ := io.ReadAll(r.Body)
	p.lastBody = string(body)
	if r.Header.Get("Authorization") != "Bearer "+token || r.UserAgent() == "" {
		refuse(w, 401, "Not Authorized.")
		return
	}
	if s := (&spy{ResponseWriter: w}); p.before != nil {
		if p.before(s, r); s.wrote {
			return
		}
	}
	switch {
	case r.URL.Path == "/auth/action/init":
		p.init(w, body)
	case r.URL.Path == "/auth/action":
		p.action(w, body)
	case r.Method == http.MethodGet || p.consume(r, string(body)):
		p.handle(w, r)
	default:
		refuse(w, 403, "user action signature is missing or invalid")
	}
}

func (p *platform) init(w http.ResponseWriter, body []byte) {
	var in struct{ UserActionPayload, UserActionHTTPMethod, UserActionHTTPPath, UserActionServerKind string }
	if err := json.Unmarshal(body, &in); err != nil {
		p.t.Errorf("init: %v", err)
	}
	p.n++
	id := fmt.Sprintf("cid-%d", p.n)
	p.challenges[id] = bound{in.UserActionHTTPMethod, in.UserActionHTTPPath, in.UserActionPayload, fmt.Sprintf("Y2gt<%d>&", p.n)}
	reply(w, map[string]any{
		"challenge": p.challenges[id].challenge, "challengeIdentifier": id,
		"supportedCredentialKinds": []any{}, "userVerification": "required", "attestation": "none",
		"allowCredentials":          map[string]any{"key": []any{map[string]string{"type": "public-key", "id": "cr-1"}}, "webauthn": []any{}},
		"externalAuthenticationUrl": "",
	})
}

func (p *platform) action(w http.ResponseWriter, body []byte) {
	var in struct {
		ChallengeIdentifier string
		FirstFactor         struct {
			Kind                string
			CredentialAssertion struct{ CredID, ClientData, Signature string }
		}
	}
	_ = json.Unmarshal(body, &in)
	b, ok := p.challenges[in.ChallengeIdentifier]
	delete(p.challenges, in.ChallengeIdentifier)
	a := in.FirstFactor.CredentialAssertion
	if !ok || in.FirstFactor.Kind != "Key" || a.CredID != "cr-1" {
		refuse(w, 400, "Challenge token is not valid.")
		return
	}
	if err := p.verify(a.ClientData, a.Signature, b.challenge); err != nil {
		refuse(w, 403, err.Error())
		return
	}
	p.n++
	action := fmt.Sprintf("action-%d", p.n)
	p.actions[action] = b
	reply(w, map[string]string{"userAction": action})
}

// verify checks a signature as dfns.md §1.4 has it, over the bytes as sent.
func (p *platform) verify(clientData, signature, challenge string) error {
	data, err := base64.RawURLEncoding.DecodeString(clientData)
	sig, err2 := base64.RawURLEncoding.DecodeString(signature)
	var cd struct{ Type, Challenge string }
	if err != nil || err2 != nil || json.Unmarshal(data, &cd) != nil || cd.Type != "key.get" || cd.Challenge != challenge {
		return fmt.Errorf("client data %s, %v, %v", data, err, err2)
	}
	sum := sha256.Sum256(data)
	switch k := p.public.(type) {
	case ed25519.PublicKey:
		if len(sig) == 64 && ed25519.Verify(k, data, sig) {
			return nil
		}
	case *ecdsa.PublicKey:
		if sig[0] == 0x30 && ecdsa.VerifyASN1(k, sum[:], sig) {
			return nil
		}
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, sum[:], sig)
	}
	return fmt.Errorf("Unable to verify signature")
}

func (p *platform) consume(r *http.Request, body string) bool {
	action := r.Header.Get("X-DFNS-USERACTION")
	b, ok := p.actions[action]
	delete(p.actions, action)
	return ok && b.method == r.Method && b.path == r.URL.EscapedPath() && b.payload == body
}

// asked returns every request that came. A test must not look past the lock: a
// broken line tells the client nothing of when the handler ended.
func (p *platform) asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// count returns how many requests came whose line begins so.
func (p *platform) count(prefix string) (n int) {
	for _, c := range p.asked() {
		if strings.HasPrefix(c, prefix) {
			n++
		}
	}
	return n
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if s, ok := v.(string); ok {
		_, _ = io.WriteString(w, s)
		return
	}
	_ = json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.WriteHeader(status)
	reply(w, map[string]any{"error": map[string]any{"id": "2038837570328299032", "status": status, "message": message}})
}

// client returns a client of the platform, changed by f.
func (p *platform) client(key crypto.Signer, f ...func(*dfns.Config)) *dfns.Client {
	p.t.Helper()
	cfg := dfns.Config{BaseURL: p.URL, AuthToken: token, CredentialID: "cr-1", Signer: key, Sleep: noSleep}
	for _, change := range f {
		change(&cfg)
	}
	c, err := dfns.New(cfg)
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}
