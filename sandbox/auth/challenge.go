package auth

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/store"
)

// challengeLife is how long a challenge, and the user action made from it, may
// be used (DFNS's guide on signing requests).
const challengeLife = 15 * time.Minute

// InitRequest is the body of POST /auth/action/init: the request that the
// caller is about to make.
type InitRequest struct {
	Payload    *string `json:"userActionPayload"` // the exact body; "" when there is none
	Method     string  `json:"userActionHttpMethod"`
	Path       string  `json:"userActionHttpPath"` // a query is ignored
	ServerKind string  `json:"userActionServerKind"`
}

// InitResponse is the answer: what to sign, and with which keys.
type InitResponse struct {
	Challenge                 string            `json:"challenge"`
	ChallengeIdentifier       string            `json:"challengeIdentifier"`
	SupportedCredentialKinds  []credentialKind  `json:"supportedCredentialKinds"`
	UserVerification          string            `json:"userVerification"`
	Attestation               string            `json:"attestation"`
	AllowCredentials          allowedCredential `json:"allowCredentials"`
	ExternalAuthenticationURL string            `json:"externalAuthenticationUrl"`
}

type credentialKind struct {
	Kind                 string `json:"kind"`
	Factor               string `json:"factor"`
	RequiresSecondFactor bool   `json:"requiresSecondFactor"`
}

type allowedCredential struct {
	Key          []keyDescriptor       `json:"key"`
	ProtectedKey []protectedDescriptor `json:"passwordProtectedKey,omitempty"`
	WebAuthn     []keyDescriptor       `json:"webauthn"`
}

// protectedDescriptor hands a key's holder his private key, which he alone can read.
type protectedDescriptor struct {
	keyDescriptor
	EncryptedPrivateKey string `json:"encryptedPrivateKey"`
}

type keyDescriptor struct {
	Type string `json:"type"` // public-key
	ID   string `json:"id"`
}

// intent is the request that a challenge, and then a user action, stands for.
type intent struct {
	user, method, path, payload string // user is whom the key signs for: see Caller.Identity
	purpose                     string // what else than a request, such as login; else ""
	expires                     time.Time
}

type challenge struct {
	intent
	text string
}

// Init opens a challenge for the request that in describes.
func (a *Auth) Init(caller Caller, in InitRequest) (InitResponse, error) {
	switch {
	case in.Payload == nil:
		return InitResponse{}, dfns.BadRequest("userActionPayload is required; it is \"\" for a call without body")
	case in.Method != "POST" && in.Method != "PUT" && in.Method != "DELETE" && in.Method != "GET":
		return InitResponse{}, dfns.BadRequest("userActionHttpMethod must be POST, PUT, DELETE or GET")
	case !strings.HasPrefix(in.Path, "/"):
		return InitResponse{}, dfns.BadRequest("userActionHttpPath must be a path that starts with /")
	case in.ServerKind != "" && in.ServerKind != "Api":
		return InitResponse{}, dfns.BadRequest("userActionServerKind must be Api")
	}
	path, _, _ := strings.Cut(in.Path, "?")
	return a.open(intent{user: caller.Identity(), method: in.Method, path: path, payload: *in.Payload}, true)
}

// open makes a challenge for what in intends, from now on for as long as challenges live,
// and says with which keys it may be signed: with those that are password protected where
// the user is known to ask, since they come with their private keys.
func (a *Auth) open(in intent, known bool) (InitResponse, error) {
	creds, err := a.credentials(in.user)
	if err != nil {
		return InitResponse{}, err
	}
	creds = slices.DeleteFunc(creds, func(c identity.Credential) bool { return !c.Signs() || c.Kind == identity.ProtectedKey && !known })
	text, id, err := a.challenge(in)
	return initResponse(text, id, creds), err
}

// Challenge opens a challenge that serves purpose alone, such as making a credential, and
// returns its text and its identifier. user is whom it concerns.
func (a *Auth) Challenge(user, purpose string) (text, identifier string, err error) {
	return a.challenge(intent{user: user, purpose: purpose})
}

// Spend ends a challenge that [Auth.Challenge] opened for purpose, and returns whom it
// concerns and its text. One that is unknown, spent, expired or for something else is a 400.
func (a *Auth) Spend(identifier, purpose string) (user, text string, err error) {
	c, err := a.spend(identifier, func(c challenge) bool { return c.purpose == purpose })
	return c.user, c.text, err
}

func (a *Auth) challenge(in intent) (text, id string, err error) {
	now := a.now()
	in.expires = now.Add(challengeLife)
	text = base64.RawURLEncoding.EncodeToString([]byte(dfns.NewID("ch")))
	if id, err = a.challengeJWT(dfns.NewID("ch"), in.user, now); err != nil {
		return "", "", err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sweep(now)
	a.challenges[id] = challenge{intent: in, text: text}
	return text, id, nil
}

// spend ends a challenge and returns it, if it is a right one.
func (a *Auth) spend(id string, right func(challenge) bool) (challenge, error) {
	a.mu.Lock()
	c, found := a.challenges[id]
	delete(a.challenges, id)
	a.mu.Unlock()
	if !found || !right(c) || !a.now().Before(c.expires) {
		return challenge{}, dfns.BadRequest("Challenge token is not valid.")
	}
	return c, nil
}

func (a *Auth) credentials(user string) (found []identity.Credential, err error) {
	err = a.db.View(func(tx *store.Tx) (err error) {
		found, err = identity.Credentials(tx, user)
		return err
	})
	return found, err
}

func initResponse(text, id string, creds []identity.Credential) InitResponse {
	out := InitResponse{
		Challenge: text, ChallengeIdentifier: id,
		SupportedCredentialKinds: []credentialKind{{Kind: "Key", Factor: "first"}},
		UserVerification:         "required", Attestation: "direct",
		AllowCredentials: allowedCredential{Key: []keyDescriptor{}, WebAuthn: []keyDescriptor{}},
	}
	for _, c := range creds {
		described := keyDescriptor{"public-key", c.CredID}
		if c.Kind == identity.Key {
			out.AllowCredentials.Key = append(out.AllowCredentials.Key, described)
			continue
		}
		if out.AllowCredentials.ProtectedKey == nil {
			out.SupportedCredentialKinds = append(out.SupportedCredentialKinds, credentialKind{Kind: c.Kind, Factor: "first"})
		}
		out.AllowCredentials.ProtectedKey = append(out.AllowCredentials.ProtectedKey, protectedDescriptor{described, c.EncryptedPrivateKey})
	}
	return out
}

// sweep forgets what has expired, once the maps are large enough to matter.
func (a *Auth) sweep(now time.Time) {
	if len(a.challenges)+len(a.actions) < a.sweepAt {
		return
	}
	for id, c := range a.challenges {
		if !now.Before(c.expires) {
			delete(a.challenges, id)
		}
	}
	for id, c := range a.actions {
		if !now.Before(c.expires) {
			delete(a.actions, id)
		}
	}
	a.sweepAt = 2*(len(a.challenges)+len(a.actions)) + 1024
}
