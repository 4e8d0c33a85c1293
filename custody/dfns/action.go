package dfns

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"countersign"
	"countersign/custody/dfns/signkey"
)

// Do makes any call. GET is plain. Everything else is signed: challenge,
// signature, exchange, and the call with exactly the bytes that were signed.
//
// Path may carry a query; it starts with "/". Body is encoded as JSON unless it
// is []byte, which is sent as it is; nil is "{}". Out is decoded from the answer
// unless nil; a *json.RawMessage gets it verbatim. Errors are [*Error],
// [*PendingChangeError], [ErrNoSigner], or the line's.
func (c *Client) Do(ctx context.Context, method, path string, body, out any) error {
	if method == http.MethodGet {
		return c.get(ctx, path, out)
	}
	answer, _, err := c.signed(ctx, method, path, body)
	if err != nil {
		return err
	}
	return decode(method+" "+pathOf(path), answer, out)
}

// signed makes a signed call and returns the answer with the proof that DFNS
// accepted. It is made again, with a fresh proof because proofs serve once, only
// when nothing can have come of it: refused for its rate, or never connected.
func (c *Client) signed(ctx context.Context, method, target string, body any) (answer []byte, proof countersign.UserAction, err error) {
	if c.signer == nil {
		return nil, proof, ErrNoSigner
	}
	payload, err := encode(body)
	if err != nil {
		return nil, proof, err
	}
	err = c.retry(ctx, func(a *answerError) bool { return a.unmet }, func() error {
		var token string
		token, proof, err = c.prove(ctx, method, pathOf(target), payload)
		if err != nil {
			return err
		}
		answer, err = c.send(ctx, request{method: method, target: target, body: payload, action: token})
		return err
	})
	return answer, proof, err
}

// prove exchanges a signed challenge for a token that is good for one call. It
// does not matter how often it is tried: a challenge without its call is nothing.
// A try starts from a new challenge, because the server forgets one it has seen.
func (c *Client) prove(ctx context.Context, method, path string, payload []byte) (token string, proof countersign.UserAction, err error) {
	err = c.retry(ctx, func(a *answerError) bool { return a.again }, func() error {
		token, proof, err = c.challenge(ctx, method, path, payload)
		return err
	})
	if err != nil {
		return "", countersign.UserAction{}, fmt.Errorf("signing the user action for %s %s: %w", method, path, err)
	}
	return token, proof, nil
}

// A challenge is the answer to /auth/action/init (dfns.md §1.3); what we do not
// use of it is left out.
type challenge struct {
	Challenge           string `json:"challenge"`
	ChallengeIdentifier string `json:"challengeIdentifier"`
	AllowCredentials    struct {
		Key []struct {
			ID string `json:"id"`
		} `json:"key"`
	} `json:"allowCredentials"`
}

// challenge runs both unsigned steps once.
func (c *Client) challenge(ctx context.Context, method, path string, payload []byte) (string, countersign.UserAction, error) {
	var proof countersign.UserAction
	var ch challenge
	if err := c.post(ctx, "/auth/action/init", map[string]string{
		"userActionPayload":    string(payload),
		"userActionHttpMethod": method,
		"userActionHttpPath":   path,
		"userActionServerKind": "Api",
	}, &ch); err != nil {
		return "", proof, err
	}
	proof, err := c.answer(ch)
	if err != nil {
		return "", proof, err
	}
	var out struct {
		UserAction string `json:"userAction"`
	}
	if err := c.post(ctx, "/auth/action", map[string]any{
		"challengeIdentifier": ch.ChallengeIdentifier,
		"firstFactor": map[string]any{"kind": "Key", "credentialAssertion": map[string]string{
			"credId": proof.CredentialID, "clientData": proof.ClientData, "signature": proof.Signature,
		}},
	}, &out); err != nil {
		return "", proof, err
	}
	if out.UserAction == "" || strings.ContainsAny(out.UserAction, "\r\n") {
		return "", proof, errors.New("dfns: POST /auth/action: the answer holds no userAction")
	}
	return out.UserAction, proof, nil
}

// answer signs a challenge. The client data is what DFNS's Go client sends: keys
// sorted, no spaces, as the documentation asks (dfns.md §1.4).
func (c *Client) answer(ch challenge) (countersign.UserAction, error) {
	credential, err := c.credentialFor(ch)
	if err != nil {
		return countersign.UserAction{}, err
	}
	data, err := encode(struct {
		Challenge   string `json:"challenge"`
		CrossOrigin bool   `json:"crossOrigin"`
		Type        string `json:"type"`
	}{ch.Challenge, false, "key.get"})
	if err != nil {
		return countersign.UserAction{}, err
	}
	signature, err := signkey.Sign(c.signer, data)
	if err != nil {
		return countersign.UserAction{}, fmt.Errorf("signing the challenge: %w", err)
	}
	return countersign.UserAction{
		CredentialID: credential,
		Challenge:    ch.ChallengeIdentifier,
		ClientData:   base64.RawURLEncoding.EncodeToString(data),
		Signature:    base64.RawURLEncoding.EncodeToString(signature),
	}, nil
}

// credentialFor returns the credential that signs, which the challenge must
// allow: better to say so here than to have a signature refused.
func (c *Client) credentialFor(ch challenge) (string, error) {
	if ch.Challenge == "" || ch.ChallengeIdentifier == "" {
		return "", errors.New("dfns: POST /auth/action/init: the answer holds no challenge")
	}
	allowed := make([]string, 0, len(ch.AllowCredentials.Key))
	for _, k := range ch.AllowCredentials.Key {
		if k.ID == c.credential {
			return k.ID, nil
		}
		allowed = append(allowed, k.ID)
	}
	if c.credential == "" && len(allowed) == 1 {
		return allowed[0], nil
	}
	return "", fmt.Errorf("%w: credential %q is not among those allowed, %q: set CredentialID to the one of the signing key",
		countersign.ErrDenied, c.credential, allowed)
}

// post makes one unsigned call of the signing dance.
func (c *Client) post(ctx context.Context, target string, body, out any) error {
	b, err := encode(body)
	if err != nil {
		return err
	}
	answer, err := c.send(ctx, request{method: http.MethodPost, target: target, body: b})
	if err != nil {
		return err
	}
	if json.Unmarshal(answer, out) != nil { // its error would quote the answer, which is a secret
		return fmt.Errorf("dfns: POST %s: the answer is not the JSON expected", target)
	}
	return nil
}
