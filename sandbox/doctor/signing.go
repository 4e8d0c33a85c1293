package doctor

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"countersign/sandbox/client"
)

// harmless is a signed call that can have no effect: its wallet does not exist. Answered
// with 404, its user action was accepted.
const harmless = "/wallets/" + noWallet + "/tags"

var harmlessBody = []byte(`{"tags":["doctor"]}`)

// signingChecks are about user actions.
func signingChecks() []Check {
	return []Check{
		{Name: "signing.challenge", Expected: "POST /auth/action/init answers with all seven members, and lists the caller's key", run: challenge},
		{Name: "signing.init-strict", Expected: "POST /auth/action/init refuses a member that it does not know with 400", run: func(p *probe) error {
			return p.initRefused(func(in map[string]string) { in["colour"] = "blue" })
		}},
		{Name: "signing.init-payload", Expected: "POST /auth/action/init without userActionPayload is 400", run: func(p *probe) error {
			return p.initRefused(func(in map[string]string) { delete(in, "userActionPayload") })
		}},
		{Name: "signing.accepted", Expected: "a signed call is let through: 404 for a wallet that is not there", run: func(p *probe) error {
			a, err := p.call(http.MethodPut, harmless, string(harmlessBody))
			return refused("PUT "+harmless, a, err, http.StatusNotFound)
		}},
		{Name: "signing.bytes", Expected: "the signature is verified over the client data as sent, whatever its order and spaces", run: func(p *probe) error {
			a, err := p.exchange(func(ch client.Challenge) string {
				return fmt.Sprintf("{ \"crossOrigin\": false,\n  \"challenge\": %q, \"type\": \"key.get\" }", ch.Challenge)
			})
			return status("POST /auth/action", a, err, http.StatusOK)
		}},
		{Name: "signing.wrong-key", Expected: "a signature by another key is refused with 401 or 403", run: func(p *probe) error {
			_, key, err := ed25519.GenerateKey(rand.Reader)
			if err != nil {
				return err
			}
			p.Client.Key = key
			a, err := p.exchange(client.ClientData)
			return refused("POST /auth/action", a, err, http.StatusUnauthorized, http.StatusForbidden)
		}},
		{Name: "signing.other-challenge", Expected: "client data with another challenge is refused", run: func(p *probe) error {
			a, err := p.exchange(func(client.Challenge) string { return `{"type":"key.get","challenge":"b3RoZXI"}` })
			return refused("POST /auth/action", a, err, 400, 401, 403)
		}},
		{Name: "signing.type", Expected: "client data of another type than key.get is refused", run: func(p *probe) error {
			a, err := p.exchange(func(ch client.Challenge) string {
				return strings.Replace(client.ClientData(ch), "key.get", "key.create", 1)
			})
			return refused("POST /auth/action", a, err, 400, 401, 403)
		}},
		{Name: "signing.challenge-once", Expected: "a challenge serves once: 400", run: challengeOnce},
		{Name: "signing.once", Expected: "a user action serves once: 400 or 403", run: actionOnce},
		{Name: "signing.missing", Expected: "a signed call without a user action is 403", run: func(p *probe) error {
			a, err := p.Client.Send(p.ctx, http.MethodPut, harmless, "", harmlessBody)
			return refused("PUT "+harmless, a, err, http.StatusForbidden)
		}},
		{Name: "signing.body", Expected: "a user action for another body is 403", run: func(p *probe) error {
			return p.mismatch(http.MethodPut, harmless, []byte(`{"tags":["other"]}`))
		}},
		{Name: "signing.path", Expected: "a user action for another path is 403", run: func(p *probe) error {
			return p.mismatch(http.MethodPut, strings.Replace(harmless, "wa-00000", "wa-00001", 1), harmlessBody)
		}},
		{Name: "signing.method", Expected: "a user action for another method is 403", run: func(p *probe) error {
			return p.mismatch(http.MethodDelete, harmless, harmlessBody)
		}},
		{Name: "signing.query", Expected: "the query is not signed: 404 for a wallet that is not there", run: func(p *probe) error {
			action, err := p.Client.Action(p.ctx, http.MethodPut, harmless, harmlessBody)
			if err != nil {
				return err
			}
			a, err := p.Client.Send(p.ctx, http.MethodPut, harmless+"?force=true", action, harmlessBody)
			return refused("PUT "+harmless+"?force=true", a, err, http.StatusNotFound)
		}},
	}
}

func challenge(p *probe) error {
	a, err := p.Client.Send(p.ctx, http.MethodPost, "/auth/action/init", "", client.InitBody(http.MethodPut, harmless, harmlessBody))
	v, err := object("POST /auth/action/init", a, err)
	if err != nil {
		return err
	}
	if err := has(v, "challenge string", "challengeIdentifier string", "supportedCredentialKinds array", "userVerification string",
		"attestation string", "allowCredentials.key array", "allowCredentials.webauthn array"); err != nil {
		return err
	}
	if _, ok := v["externalAuthenticationUrl"].(string); !ok { // it is "" most often
		return errors.New("externalAuthenticationUrl is not a string")
	}
	want, _ := json.Marshal(p.Client.CredID) // a string always encodes
	if keys := encode(member(v, "allowCredentials.key")); !bytes.Contains(keys, want) {
		return fmt.Errorf("allowCredentials.key does not list %s: %s", want, short(keys))
	}
	return nil
}

// initRefused asks for a challenge with a body that was changed.
func (p *probe) initRefused(change func(map[string]string)) error {
	var in map[string]string
	if err := json.Unmarshal(client.InitBody(http.MethodPut, harmless, harmlessBody), &in); err != nil {
		return err
	}
	change(in)
	a, err := p.Client.Send(p.ctx, http.MethodPost, "/auth/action/init", "", encode(in))
	return refused("POST /auth/action/init", a, err, http.StatusBadRequest)
}

// exchange offers the client data that is made of a fresh challenge.
func (p *probe) exchange(clientData func(client.Challenge) string) (client.Answer, error) {
	ch, err := p.Client.Init(p.ctx, http.MethodPut, harmless, harmlessBody)
	if err != nil {
		return client.Answer{}, err
	}
	return p.Client.Exchange(p.ctx, ch, clientData(ch))
}

func challengeOnce(p *probe) error {
	ch, err := p.Client.Init(p.ctx, http.MethodPut, harmless, harmlessBody)
	if err != nil {
		return err
	}
	a, err := p.Client.Exchange(p.ctx, ch, client.ClientData(ch))
	if err := status("POST /auth/action", a, err, http.StatusOK); err != nil {
		return err
	}
	a, err = p.Client.Exchange(p.ctx, ch, client.ClientData(ch))
	return refused("POST /auth/action again", a, err, http.StatusBadRequest)
}

func actionOnce(p *probe) error {
	action, err := p.Client.Action(p.ctx, http.MethodPut, harmless, harmlessBody)
	if err != nil {
		return err
	}
	a, err := p.Client.Send(p.ctx, http.MethodPut, harmless, action, harmlessBody)
	if err := refused("PUT "+harmless, a, err, http.StatusNotFound); err != nil {
		return err
	}
	a, err = p.Client.Send(p.ctx, http.MethodPut, harmless, action, harmlessBody)
	return refused("PUT "+harmless+" again", a, err, http.StatusBadRequest, http.StatusForbidden)
}

// mismatch makes another call than the one that was signed.
func (p *probe) mismatch(method, path string, body []byte) error {
	action, err := p.Client.Action(p.ctx, http.MethodPut, harmless, harmlessBody)
	if err != nil {
		return err
	}
	a, err := p.Client.Send(p.ctx, method, path, action, body)
	return refused(method+" "+path, a, err, http.StatusForbidden)
}

// jsonType demands JSON's media type.
func jsonType(h http.Header) error {
	if kind, _, err := mime.ParseMediaType(h.Get("Content-Type")); err != nil || kind != "application/json" {
		return fmt.Errorf("content-type is %q, want application/json", h.Get("Content-Type"))
	}
	return nil
}
