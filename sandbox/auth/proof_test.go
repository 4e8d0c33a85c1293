package auth_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"testing"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/store"
)

// A key that is switched off between a request's door and its effect leaves none.
func TestWhatAKeyThatIsOffHasSignedIsNotDone(t *testing.T) {
	db, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	users, err := auth.New(db, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	public, private, _ := ed25519.GenerateKey(nil)
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	var jane auth.Enrolled
	err = db.Update(func(tx *store.Tx) (err error) {
		jane, err = users.Enrol(tx, auth.NewUser{Name: "jane", Life: time.Hour,
			PublicKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	caller, err := users.Identify(jane.Bearer)
	if err != nil {
		t.Fatal(err)
	}
	sign := func() string {
		t.Helper()
		opened, err := users.Init(caller, auth.InitRequest{Payload: new(string), Method: "POST", Path: "/x"})
		if err != nil {
			t.Fatal(err)
		}
		said, err := json.Marshal(map[string]string{"type": "key.get", "challenge": opened.Challenge})
		if err != nil {
			t.Fatal(err)
		}
		action, err := users.Exchange(caller, auth.ActionRequest{ChallengeIdentifier: opened.ChallengeIdentifier, FirstFactor: auth.Factor{
			Kind: identity.Key, Assertion: auth.Assertion{CredID: jane.Credential.CredID, ClientData: base64.RawURLEncoding.EncodeToString(said),
				Signature: base64.RawURLEncoding.EncodeToString(ed25519.Sign(private, said))}}})
		if err != nil {
			t.Fatal(err)
		}
		return action
	}
	early, late := sign(), sign()
	through, err := users.Consume(caller, early, "POST", "/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	off := jane.Credential
	off.IsActive = false
	if err := db.Update(func(tx *store.Tx) error { return identity.SaveCredential(tx, caller.Identity(), off) }); err != nil {
		t.Fatal(err)
	}
	forbidden := func(err error) bool {
		var refused *dfns.Error
		return errors.As(err, &refused) && refused.Status == 403
	}
	if _, err := users.Consume(caller, late, "POST", "/x", nil); !forbidden(err) {
		t.Errorf("Consume: %v, want a 403", err)
	}
	done := false
	if err := through.Update(db, func(*store.Tx) error { done = true; return nil }); !forbidden(err) || done {
		t.Errorf("Update: %v, want a 403 and nothing done", err)
	}
	if err := db.Update(through.Log); !forbidden(err) {
		t.Errorf("Log: %v, want a 403", err)
	}
	if entries, err := users.Entries(time.Time{}, time.Now().Add(time.Hour), ""); err != nil || len(entries) != 0 {
		t.Errorf("the log has %+v (%v)", entries, err)
	}
}
