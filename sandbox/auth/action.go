package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/pubkey"
	"countersign/sandbox/store"
)

// ActionRequest is the body of POST /auth/action: the signed challenge.
type ActionRequest struct {
	ChallengeIdentifier string          `json:"challengeIdentifier"`
	FirstFactor         Factor          `json:"firstFactor"`
	SecondFactor        json.RawMessage `json:"secondFactor"`
}

// Factor is a signature by one credential.
type Factor struct {
	Kind      string    `json:"kind"` // that of the credential
	Assertion Assertion `json:"credentialAssertion"`
}

// Assertion is a signature over client data: a JSON text of the signer's own
// making that repeats the challenge.
type Assertion struct {
	CredID     string `json:"credId"`
	ClientData string `json:"clientData"` // base64url of the bytes signed
	Signature  string `json:"signature"`  // base64url
	Algorithm  string `json:"algorithm"`  // as package pubkey takes it; "" is the key's own
}

// action is a user action that was not used: an intent, and how it was signed.
type action struct {
	intent
	proof Assertion
}

// Exchange turns a signed challenge into a user action. The challenge is spent
// whether or not the signature is right.
func (a *Auth) Exchange(caller Caller, in ActionRequest) (string, error) {
	c, err := a.answered(in, func(c challenge) bool { return c.user == caller.Identity() && c.purpose == "" })
	if err != nil {
		return "", err
	}
	token, err := a.challengeJWT(dfns.NewID(kindAction), caller.Identity(), a.now())
	if err != nil {
		return "", err
	}
	a.mu.Lock()
	a.actions[token] = action{intent: c.intent, proof: in.FirstFactor.Assertion}
	a.mu.Unlock()
	return token, nil
}

// answered spends the challenge that in names, and returns it when it is a right one and
// in's signature over it is good.
func (a *Auth) answered(in ActionRequest, right func(challenge) bool) (challenge, error) {
	if kind := in.FirstFactor.Kind; kind != identity.Key && kind != identity.ProtectedKey {
		return challenge{}, dfns.NotImplemented("first factors of kind %q; use Key", in.FirstFactor.Kind)
	}
	if len(in.SecondFactor) > 0 && string(in.SecondFactor) != "null" {
		return challenge{}, dfns.NotImplemented("second factors")
	}
	c, err := a.spend(in.ChallengeIdentifier, right)
	if err != nil {
		return challenge{}, err
	}
	return c, a.checkAssertion(c, in.FirstFactor)
}

// checkAssertion verifies the signature over the client data as received, and
// only then reads it.
func (a *Auth) checkAssertion(c challenge, factor Factor) error {
	as := factor.Assertion
	creds, err := a.credentials(c.user)
	if err != nil {
		return err
	}
	clientData, err1 := DecodeBase64URL(as.ClientData)
	signature, err2 := DecodeBase64URL(as.Signature)
	if err1 != nil || err2 != nil {
		return dfns.BadRequest("clientData and signature must be base64url")
	}
	for _, cred := range creds {
		if cred.CredID != as.CredID || !cred.Signs() || cred.Kind != factor.Kind {
			continue
		}
		key, err := pubkey.Parse(cred.PublicKey)
		if err != nil {
			return err
		}
		if err := pubkey.Verify(key, as.Algorithm, clientData, signature); err != nil {
			return err
		}
		return CheckClientData(clientData, "key.get", c.text)
	}
	return dfns.Errorf(http.StatusUnauthorized, "User does not have a credential that can be used for the application.")
}

// CheckClientData reads client data, whose signature was verified, and refuses a type or a
// challenge other than those given: 400 for the form, 403 for another challenge.
func CheckClientData(clientData []byte, kind, challenge string) error {
	var said struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
	}
	switch err := json.Unmarshal(clientData, &said); {
	case err != nil:
		return dfns.BadRequest("clientData is not JSON: %v", err)
	case said.Type != kind:
		return dfns.BadRequest("clientData.type must be %s", kind)
	case said.Challenge != challenge:
		return dfns.Forbidden("clientData.challenge is not the challenge that was given")
	}
	return nil
}

// DecodeBase64URL reads base64url with or without padding.
func DecodeBase64URL(s string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
}

// Consume spends the user action that authorises a request and returns the
// caller as one who signed it. It refuses one that is missing, expired, of
// someone else, for another request, or signed by a key that is no longer active
// with 403, and one that was already used with 400. A caller's own is spent even
// when it is refused.
func (a *Auth) Consume(caller Caller, token, method, path string, body []byte) (Caller, error) {
	a.mu.Lock()
	act, found := a.actions[token]
	found = found && act.user == caller.Identity()
	if found {
		delete(a.actions, token)
	}
	a.mu.Unlock()
	refused := func(why string) (Caller, error) {
		return Caller{}, dfns.Forbidden("user action signature is missing or invalid: %s", why)
	}
	switch {
	case token == "":
		return refused("this call needs the header X-DFNS-USERACTION")
	case !found && a.gave(token, caller.Identity()):
		return Caller{}, dfns.BadRequest("user action has already been used")
	case !found:
		return refused("it is not one that was given to this caller")
	case !a.now().Before(act.expires):
		return refused("it has expired")
	case act.method != method:
		return refused("it was signed for another method")
	case act.path != path:
		return refused("it was signed for another path")
	case !bytes.Equal([]byte(act.payload), body):
		return refused("it was signed for another body")
	}
	err := a.db.View(func(tx *store.Tx) error {
		_, err := active(tx, act.proof.CredID)
		return err
	})
	caller.signed = a.entry(caller, token, act)
	return caller, err
}
