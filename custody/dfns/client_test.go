package dfns_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/custody/dfns"
)

func noSleep(context.Context, time.Duration) error { return nil }

// key is the Ed25519 key of tests that are not about keys.
var key = ed25519.NewKeyFromSeed(make([]byte, 32))

func TestNewRefuses(t *testing.T) {
	p256, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	good := dfns.Config{BaseURL: "https://api.dfns.io", AuthToken: token, Signer: key}
	for _, tt := range []struct {
		name   string
		change func(*dfns.Config)
		want   string
	}{
		{"no URL", func(c *dfns.Config) { c.BaseURL = "" }, "BaseURL"},
		{"token in clear", func(c *dfns.Config) { c.BaseURL = "http://api.dfns.io" }, "in clear"},
		{"a name that looks like this machine", func(c *dfns.Config) { c.BaseURL = "http://localhost.evil.example" }, "in clear"},
		{"a path", func(c *dfns.Config) { c.BaseURL = "https://api.dfns.io/v1" }, "host alone"},
		{"a password", func(c *dfns.Config) { c.BaseURL = "https://a:hunter2@api.dfns.io" }, "host alone"},
		{"another scheme", func(c *dfns.Config) { c.BaseURL = "ftp://api.dfns.io" }, "use https"},
		{"no token", func(c *dfns.Config) { c.AuthToken = " \n" }, "AuthToken"},
		{"two lines of token", func(c *dfns.Config) { c.AuthToken = token + "\nX-Evil: 1" }, "AuthToken"},
		{"another curve", func(c *dfns.Config) { c.Signer = p256 }, "P-384 is not supported"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := good
			tt.change(&cfg)
			_, err := dfns.New(cfg)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), token) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("New = %v, want …%s… and no secret", err, tt.want)
			}
		})
	}
	for _, url := range []string{"https://api.dfns.io/", "http://127.0.0.1:1", "http://[::1]:1", "http://localhost:8080"} {
		cfg := good
		cfg.BaseURL, cfg.AuthToken = url, token+"\n"
		if _, err := dfns.New(cfg); err != nil {
			t.Errorf("New(%s) = %v, want nil", url, err)
		}
	}
}

func TestSigning(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsa2048, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []crypto.Signer{key, p256, rsa2048} {
		t.Run(fmt.Sprintf("%T", k), func(t *testing.T) {
			p := newPlatform(t, k.Public(), func(w http.ResponseWriter, r *http.Request) { reply(w, `{"ok":true}`) })
			c := p.client(k)
			var out struct{ OK bool }
			if err := c.Do(t.Context(), "POST", "/v2/policies", map[string]string{"name": "a <b> & café"}, &out); err != nil || !out.OK {
				t.Fatalf("Do = %+v, %v", out, err)
			}
			if want := `{"name":"a <b> & café"}`; p.lastBody != want {
				t.Errorf("body = %s, want %s", p.lastBody, want)
			}
			if err := c.Do(t.Context(), "DELETE", "/permissions/pm-1/assignments/a%2Fb?force=true", nil, nil); err != nil || p.lastBody != "{}" {
				t.Errorf("DELETE without a body = %v, body %q; want {}", err, p.lastBody)
			}
			if err := c.Do(t.Context(), "PUT", "/webhooks/wh-1", []byte(`{ "url":"x" }`), nil); err != nil || p.lastBody != `{ "url":"x" }` {
				t.Errorf("verbatim body = %v, %q", err, p.lastBody)
			}
			var raw json.RawMessage
			if err := c.Do(t.Context(), "GET", "/webhooks?limit=5", nil, &raw); err != nil || string(raw) != `{"ok":true}` {
				t.Errorf("GET = %s, %v", raw, err)
			}
			want := []string{
				"POST /auth/action/init", "POST /auth/action", "POST /v2/policies",
				"POST /auth/action/init", "POST /auth/action", "DELETE /permissions/pm-1/assignments/a%2Fb?force=true",
				"POST /auth/action/init", "POST /auth/action", "PUT /webhooks/wh-1",
				"GET /webhooks?limit=5",
			}
			if !slices.Equal(p.asked(), want) {
				t.Errorf("calls = %q,\nwant    %q", p.asked(), want)
			}
		})
	}
}

func TestCredentialID(t *testing.T) {
	p := newPlatform(t, key.Public(), func(w http.ResponseWriter, r *http.Request) { reply(w, `{}`) })
	only := p.client(key, func(c *dfns.Config) { c.CredentialID = "" })
	if err := only.Do(t.Context(), "POST", "/webhooks", nil, nil); err != nil {
		t.Errorf("without an ID, the only key allowed = %v, want nil", err)
	}
	other := p.client(key, func(c *dfns.Config) { c.CredentialID = "cr-2" })
	err := other.Do(t.Context(), "POST", "/webhooks", nil, nil)
	if !errors.Is(err, countersign.ErrDenied) || !strings.Contains(err.Error(), `"cr-2" is not among those allowed, ["cr-1"]`) {
		t.Errorf("with an ID that is not allowed = %v", err)
	}
	reader := p.client(nil)
	if err := reader.Do(t.Context(), "POST", "/webhooks", nil, nil); !errors.Is(err, dfns.ErrNoSigner) {
		t.Errorf("without a key = %v, want ErrNoSigner", err)
	}
}

func TestErrors(t *testing.T) {
	sentinels := []error{countersign.ErrNotFound, countersign.ErrDenied, countersign.ErrInvalid, countersign.ErrAlreadyVoted, countersign.ErrNotPending}
	const decide, other = "/v2/policy-approvals/ap-1/decisions", "/wallets/wa-1/transfers"
	for _, tt := range []struct {
		status int
		path   string
		want   error
	}{
		{400, other, countersign.ErrInvalid},
		{401, other, countersign.ErrDenied},
		{402, other, nil},
		{403, other, countersign.ErrDenied},
		{404, other, countersign.ErrNotFound},
		{409, other, nil},
		{412, other, nil},
		{422, other, nil},
		{500, other, nil},
		{400, decide, countersign.ErrInvalid},
		{401, decide, countersign.ErrDenied},
		{403, decide, nil},
		{404, decide, countersign.ErrNotFound},
		{409, decide, countersign.ErrAlreadyVoted},
		{412, decide, countersign.ErrNotPending},
		{422, decide, countersign.ErrNotPending},
	} {
		t.Run(fmt.Sprint(tt.status, tt.path), func(t *testing.T) {
			p := newPlatform(t, key.Public(), func(w http.ResponseWriter, r *http.Request) {
				refuse(w, tt.status, "no\nsuch "+r.Header.Get("Authorization"))
			})
			err := p.client(key).Do(t.Context(), "POST", tt.path, nil, nil)
			var e *dfns.Error
			if !errors.As(err, &e) || e.Status != tt.status || e.Method != "POST" || e.Path != tt.path || e.ID != "2038837570328299032" {
				t.Fatalf("Do = %#v", err)
			}
			for _, s := range sentinels {
				if errors.Is(err, s) != (s == tt.want) {
					t.Errorf("errors.Is(%v, %v) = %t", err, s, errors.Is(err, s))
				}
			}
			if !strings.Contains(err.Error(), "no such Bearer [token]") || strings.Contains(fmt.Sprintf("%#v %s", e, e.Body), token) {
				t.Errorf("error = %v, %s; want the message on one line and no token", err, e.Body)
			}
		})
	}
}

func TestPendingChange(t *testing.T) {
	p := newPlatform(t, key.Public(), func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(202)
		reply(w, `{"id":"cr-9","kind":"Policy","operationKind":"Update","status":"Pending","entityId":"plc-1","approvalId":"ap-1","new":1}`)
	})
	err := p.client(key).Do(t.Context(), "PUT", "/v2/policies/plc-1", map[string]string{}, nil)
	var change *dfns.PendingChangeError
	if !errors.As(err, &change) || change.ApprovalID != "ap-1" || change.EntityID != "plc-1" || !strings.Contains(string(change.Raw), `"new":1`) {
		t.Errorf("Do = %+v, want a PendingChangeError for ap-1", err)
	}
}

func TestForeignAnswers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		handle http.HandlerFunc
		want   string
	}{
		{"HTML", func(w http.ResponseWriter, _ *http.Request) { reply(w, "<html>") }, "decoding the answer"},
		{"HTML error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500); reply(w, "<html>") }, "500 Internal Server Error"},
		{"top-level message", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500); reply(w, `{"message":"boom"}`) }, "boom"},
		{"created", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201); reply(w, `{}`) }, "201 Created"},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		}, "307"},
		{"endless", func(w http.ResponseWriter, _ *http.Request) {
			for range 9 {
				_, _ = w.Write(make([]byte, 1<<20))
			}
		}, "too long"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlatform(t, key.Public(), tt.handle)
			var out map[string]any
			err := p.client(key).Do(t.Context(), "GET", "/wallets", nil, &out)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Do = %.200v, want …%s…", err, tt.want)
			}
		})
	}
}

func TestSecretsHide(t *testing.T) {
	cfg := dfns.Config{BaseURL: "https://api.dfns.io", AuthToken: token, Signer: key}
	c, err := dfns.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{cfg, &cfg, c, dfns.Custodian{Client: c}, []any{cfg, c}} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			if s := fmt.Sprintf(format, v); strings.Contains(s, token) || strings.Contains(s, "Signer: [") {
				t.Errorf("Sprintf(%q) = %s", format, s)
			}
		}
	}
}
