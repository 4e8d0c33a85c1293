package doctor

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"time"

	"countersign"
	"countersign/audit/keyring"
	"countersign/custody/dfns"
)

// soon is how long before its end a token is worth a warning: time enough to make a new
// service account, which needs a person at the platform (dfns.md §2).
const soon = 30 * 24 * time.Hour

func tokenExpiry(_ context.Context, p *patient) finding {
	for _, err := range []error{p.policies.err, p.self.err, p.wallets.err} {
		if status(err) == http.StatusUnauthorized {
			return failed(nil, "the platform refuses the token: %s", err)
		}
	}
	end, err := expiry(p.token)
	switch {
	case err != nil:
		return unknown("the token does not say when it expires: %s", err)
	case !end.After(p.now):
		return failed(nil, "the token has expired at %s", end.Format(time.RFC3339))
	case end.Sub(p.now) < soon:
		return warning(nil, "the token expires at %s, in %s", end.Format(time.RFC3339), end.Sub(p.now).Round(time.Minute))
	}
	return fine("the token expires at %s", end.Format(time.RFC3339))
}

// expiry reads "exp" of a JWT (RFC 7519 §4.1.4) without verifying it: the platform does.
// Its errors do not show the token.
func expiry(token string) (time.Time, error) {
	parts := strings.Split(strings.TrimSpace(token), ".")
	if len(parts) != 3 {
		return time.Time{}, errors.New("it is no JWT")
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}, errors.New("its claims are not base64url")
	}
	var claims struct {
		Expires json.Number `json:"exp"`
	}
	if err := json.Unmarshal(text, &claims); err != nil {
		return time.Time{}, errors.New("its claims are not JSON")
	}
	seconds, err := claims.Expires.Int64()
	if err != nil || seconds <= 0 {
		return time.Time{}, errors.New("it has no exp in whole seconds")
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// credential compares what is configured with what the platform has of our account.
func credential(_ context.Context, p *patient) finding {
	if status(p.self.err) == http.StatusNotFound {
		return failed(nil, "the platform knows no service account %s", p.us)
	}
	if p.self.err != nil {
		return p.self.unread()
	}
	if !p.self.value.User.Active {
		return failed(nil, "our service account %s is not active", p.us)
	}
	configured := p.config.DFNS.CredentialID
	named := false
	for _, t := range p.self.value.Tokens {
		if t.CredentialID != configured {
			named = named || t.CredentialID != ""
			continue
		}
		key, err := publicKey(t.PublicKey)
		switch {
		case !t.Active:
			return failed(nil, "credential %s is not active", configured)
		case err != nil:
			return unknown("the public key of credential %s cannot be read: %s", configured, err)
		case !same(key, p.key):
			return failed(nil, "credential %s has another public key than COUNTERSIGN_DFNS_KEY_FILE", configured)
		}
		return fine("credential %s is active, and its key is ours", configured)
	}
	if !named {
		return unknown("the platform names no credential of our service account")
	}
	return failed(nil, "our service account has no credential %s", configured)
}

// publicKey reads the two forms that the platform takes (dfns.md §2).
func publicKey(text string) (crypto.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("it is no PEM")
	}
	if block.Type == "RSA PUBLIC KEY" {
		return x509.ParsePKCS1PublicKey(block.Bytes)
	}
	return x509.ParsePKIXPublicKey(block.Bytes)
}

func same(a, b crypto.PublicKey) bool {
	x, err := x509.MarshalPKIXPublicKey(a)
	y, err2 := x509.MarshalPKIXPublicKey(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}

func signs(_ context.Context, p *patient) finding {
	var e *dfns.Error
	switch {
	case p.proof == nil:
		return fine("the platform takes what our key signs")
	case errors.Is(p.proof, countersign.ErrDenied), errors.As(p.proof, &e) && e.Status/100 == 4 && e.Status != http.StatusTooManyRequests:
		return failed(nil, "the platform refuses what our key signs: %s", p.proof)
	}
	return unknown("no user action could be signed: %s", p.proof)
}

// maxSkew is how far our clock may be from the platform's.
const maxSkew = 30 * time.Second

func clockSkew(_ context.Context, p *patient) finding {
	switch skew := p.skew.value; {
	case p.skew.err != nil:
		return unknown("the platform's clock could not be read: %s", p.skew.err)
	case skew > maxSkew:
		return warning(nil, "our clock is %s ahead of the platform's", skew.Round(time.Second))
	case skew < -maxSkew:
		return warning(nil, "our clock is %s behind the platform's", -skew.Round(time.Second))
	}
	return fine("our clock is within %s of the platform's", maxSkew)
}

// separateKeys compares the keys, not the paths: a copy is the same key.
func separateKeys(ctx context.Context, p *patient) finding {
	public := map[string]crypto.PublicKey{}
	for _, setting := range []string{"COUNTERSIGN_SIGNING_KEY", "COUNTERSIGN_LOG_KEY"} {
		uri := p.config.Trail.Key()
		if setting == "COUNTERSIGN_LOG_KEY" {
			uri = p.config.Trail.LogKey
		}
		key, err := keyring.Open(ctx, uri)
		if err != nil {
			return failed(nil, "%s cannot be used: %s", setting, err)
		}
		public[setting] = key.Public()
		if err := key.Close(); err != nil {
			return failed(nil, "%s cannot be given back: %s", setting, err)
		}
		if same(key.Public(), p.key) {
			return failed(nil, "%s holds the custodian's key", setting)
		}
	}
	if same(public["COUNTERSIGN_SIGNING_KEY"], public["COUNTERSIGN_LOG_KEY"]) {
		return failed(nil, "COUNTERSIGN_LOG_KEY holds the key that signs records")
	}
	return fine("records and checkpoints are signed with keys of their own")
}
