package auth

import (
	"encoding/base64"
	"strings"
	"time"

	"countersign/sandbox/dfns"
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
	Key      []keyDescriptor `json:"key"`
	WebAuthn []keyDescriptor `json:"webauthn"`
}

type keyDescriptor struct {
	Type string `json:"type"` // public-key
	ID   string `json:"id"`
}

// intent is the request that a challenge, and then a user action, stands for.
type intent struct {
	user, method, path, payload string // user is whom the key signs for: see Caller.Identity
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
	return a.open(intent{user: caller.Identity(), method: in.Method, path: path, payload: *in.Payload})
}

// open makes a challenge for what in intends, from now on for as long as challenges live.
func (a *Auth) open(in intent) (InitResponse, error) {
	creds, err := a.Credentials(in.user)
	if err != nil {
		return InitResponse{}, err
	}
	now := a.now()
	in.expires = now.Add(challengeLife)
	c := challenge{intent: in, text: base64.RawURLEncoding.EncodeToString([]byte(dfns.NewID("ch")))}
	id, err := a.challengeJWT(dfns.NewID("ch"), in.user, now)
	if err != nil {
		return InitResponse{}, err
	}
	a.mu.Lock()
	a.sweep(now)
	a.challenges[id] = c
	a.mu.Unlock()
	return initResponse(c.text, id, creds), nil
}

func initResponse(text, id string, creds []Credential) InitResponse {
	out := InitResponse{
		Challenge: text, ChallengeIdentifier: id,
		SupportedCredentialKinds: []credentialKind{{Kind: "Key", Factor: "first"}},
		UserVerification:         "required", Attestation: "direct",
		AllowCredentials: allowedCredential{Key: []keyDescriptor{}, WebAuthn: []keyDescriptor{}},
	}
	for _, c := range creds {
		if c.IsActive {
			out.AllowCredentials.Key = append(out.AllowCredentials.Key, keyDescriptor{"public-key", c.CredID})
		}
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
