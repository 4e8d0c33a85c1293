package api

import (
	"context"
	_ "embed"
	"net/http"

	"countersign/audit"

	"github.com/labstack/echo/v4"
)

// openAPI is the document of what is served, OpenAPI 3.1.
//
//go:embed openapi.json
var openAPI []byte

func document(c echo.Context) error { return c.Blob(http.StatusOK, jsonType, openAPI) }

// checkpoint answers with the newest signed checkpoint.
func (s *Server) checkpoint(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), databaseTimeout)
	defer cancel()
	msg, err := s.cfg.Log.Checkpoint(ctx)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, echo.MIMETextPlainCharsetUTF8, msg)
}

// policy answers with what auditors check the log against.
func (s *Server) policy(c echo.Context) error {
	if len(s.cfg.Policy) == 0 {
		return refuse(http.StatusNotFound, "the operator has given this server no policy; ask them for it", nil)
	}
	return c.Blob(http.StatusOK, echo.MIMETextPlainCharsetUTF8, s.cfg.Policy)
}

// A publicKey is a member of a JWK set (RFC 7517 §4), with where in the log it counts.
type publicKey struct {
	audit.JWK
	PublicKeyUse string `json:"use"`
	Algorithm    string `json:"alg"`
	KeyID        string `json:"kid"`

	Use     audit.KeyUse `json:"countersign_use"`
	Subject string       `json:"countersign_subject"`
	From    int64        `json:"countersign_from"`
	Until   *int64       `json:"countersign_until,omitempty"`
	Revoked bool         `json:"countersign_revoked"`
}

// keys answers with every key that was ever enrolled: what one has signed while it counted
// is good for ever.
func (s *Server) keys(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), databaseTimeout)
	defer cancel()
	registry, err := s.cfg.Log.Registry(ctx)
	if err != nil {
		return err
	}
	set := struct {
		Keys []publicKey `json:"keys"`
	}{Keys: []publicKey{}}
	for _, k := range registry.All() {
		alg, err := audit.Algorithm(k.Public)
		if err != nil {
			return err
		}
		key := publicKey{
			JWK: k.Key, PublicKeyUse: "sig", Algorithm: alg, KeyID: k.KeyID,
			Use: k.Use, Subject: k.Subject, From: k.From, Revoked: k.Revoked,
		}
		if k.Until >= 0 {
			key.Until = &k.Until
		}
		set.Keys = append(set.Keys, key)
	}
	body, err := marshal(set)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "application/jwk-set+json", body)
}

// healthy answers 200 as long as the process serves at all.
func healthy(c echo.Context) error {
	return writeJSON(c, map[string]string{"status": "healthy"})
}

// ready answers 200 when the log can be read now.
func (s *Server) ready(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), readyTimeout)
	defer cancel()
	if _, err := s.cfg.Log.Size(ctx); err != nil {
		return unavailable(c, "not ready: the log cannot be read", err)
	}
	return writeJSON(c, map[string]string{"status": "ready"})
}
