package actionlog_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"countersign"
	"countersign/custody/dfns"
	"countersign/custody/dfns/actionlog"
)

// answers are an API without a network.
type answers func(*http.Request) []byte

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(string(a(r))))}, nil
}

// Whatever the table and the entries say, an assertion is believed only when the entry
// that is handed over says the same: this user's call, this approval, these texts.
func FuzzAssertion(f *testing.F) {
	f.Add([]byte(sandboxHeader+sandboxRow), []byte(sandboxEntry))
	f.Add([]byte(`"Log ID,Action\n`+theEntry+`,`+thePath+`\n"`), []byte(changed(sandboxEntry, `"POST /v2`, `"/v2`)))
	f.Add([]byte("id\n"+theEntry+"\n# TRUNCATED"), []byte(changed(sandboxEntry, `"Key"`, `"Fido2"`, "null", `"SZYN5Q"`)))
	f.Add([]byte(sandboxHeader+many(7)), []byte(`{"id":"uj-1"}`))
	f.Add([]byte(sandboxHeader+sandboxRow+"\"x"), []byte(changed(sandboxEntry, theVoter, "us-bo")))
	f.Add([]byte("\ufeffid,id\n"), []byte(`{"id":"x","ID":"y"}`))
	f.Fuzz(func(t *testing.T, table, entry []byte) {
		calls := 0
		client, err := dfns.New(dfns.Config{BaseURL: "http://127.0.0.1", AuthToken: token, Sleep: noSleep,
			HTTP: &http.Client{Transport: answers(func(r *http.Request) []byte {
				calls++
				if r.URL.Path == "/auth/action/logs" {
					return table
				}
				if !strings.HasPrefix(r.URL.Path, "/auth/action/logs/") || strings.Count(r.URL.Path, "/") != 4 {
					t.Errorf("asked %s", r.URL)
				}
				return entry
			})}})
		if err != nil {
			t.Fatal(err)
		}
		got, raw, err := actionlog.Log{Client: client}.Assertion(t.Context(), theApproval, theVote)
		if calls > 6 {
			t.Errorf("%d calls, want at most the list and five entries", calls)
		}
		if err != nil {
			// No answer here is busy or away, so each error is one that is not tried again.
			if !errors.Is(err, countersign.ErrNotFound) && !errors.Is(err, countersign.ErrUnreadable) || raw != nil {
				t.Errorf("Assertion = %q, %v; want nothing, and ErrNotFound or ErrUnreadable", raw, err)
			}
			return
		}
		believed(t, entry, got, raw)
	})
}

// believed reads the entry in its own way and compares.
func believed(t *testing.T, entry []byte, got countersign.Assertion, raw []byte) {
	t.Helper()
	var m struct {
		ID                    string
		UserID                string
		Action                string
		FirstFactorCredential struct {
			ID        string
			Assertion map[string]any
		}
	}
	if err := json.Unmarshal(entry, &m); err != nil || string(raw) != string(entry) {
		t.Fatalf("believed %q of %q, %v", raw, entry, err)
	}
	f := m.FirstFactorCredential
	said, _ := f.Assertion["authenticatorData"].(string)
	if m.UserID != theVoter || strings.TrimPrefix(m.Action, "POST ") != thePath || m.ID != got.ActionID || f.ID != got.CredentialID || said != got.AuthenticatorData {
		t.Errorf("believed %+v of %s", got, entry)
	}
	for _, text := range []string{got.ClientData, got.Signature, got.AuthenticatorData} {
		if _, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "=")); err != nil {
			t.Errorf("%q is not base64url", text)
		}
	}
	if got.ClientData == "" || got.Signature == "" || got.CredentialID == "" {
		t.Errorf("an assertion that nobody can verify: %+v", got)
	}
}
