package api

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"countersign/audit"
	"countersign/audit/api/token"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
)

// A session is a token in this process.
type session struct {
	*token.Token
	limiter *rate.Limiter
	streams chan struct{} // room for the exports of this token

	mu       sync.Mutex
	signedIn bool // the trail has it
}

const sessionKey = "session"

// current is the session of a request that [Server.allowed] has let through.
func current(c echo.Context) *session {
	return c.Get(sessionKey).(*session) //nolint:forcetypeassert // set below, or it panics into a 500
}

// allowed lets a request through whose token has one of the scopes: known and valid, not
// too often, its first use on the trail.
func (s *Server) allowed(scopes ...string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Response().Header().Set("Vary", "Accept, Authorization")
			t, err := s.authenticate(c)
			if err != nil {
				return err
			}
			ses := s.sessions[t]
			if !ses.limiter.Allow() {
				return tooMany(c, fmt.Sprintf("token %s asks more than %g times a second", t.Name, s.cfg.Rate))
			}
			if err := s.signIn(c, ses); err != nil {
				return err
			}
			for _, scope := range scopes {
				if t.May(scope) {
					c.Set(sessionKey, ses)
					return next(c)
				}
			}
			return forbidden(c, t, strings.Join(scopes, " or "))
		}
	}
}

// open lets everybody through, not too often.
func (s *Server) open(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !s.public.Allow() {
			return tooMany(c, "too many ask without a token")
		}
		return next(c)
	}
}

// authenticate finds the token of a request (RFC 6750 §2.1: in its header, and nowhere
// else).
func (s *Server) authenticate(c echo.Context) (*token.Token, error) {
	given := c.Request().Header.Values("Authorization")
	if len(given) != 1 {
		c.Response().Header().Set("WWW-Authenticate", `Bearer realm="countersign"`)
		return nil, refuse(http.StatusUnauthorized, "a token is needed: send one header `Authorization: Bearer cst_…`", nil)
	}
	scheme, presented, _ := strings.Cut(given[0], " ")
	t := s.cfg.Tokens.Find(presented)
	if !strings.EqualFold(scheme, "Bearer") || t == nil {
		c.Response().Header().Set("WWW-Authenticate", `Bearer realm="countersign", error="invalid_token"`)
		return nil, refuse(http.StatusUnauthorized, "the token is none that this server knows; ask the operator for one, or look for a part that is missing", nil)
	}
	if !t.NotAfter.IsZero() && s.cfg.Now().After(t.NotAfter) {
		c.Response().Header().Set("WWW-Authenticate", `Bearer realm="countersign", error="invalid_token"`)
		return nil, refuse(http.StatusUnauthorized, "the token has expired; ask the operator for another", fmt.Errorf("token %s", t.Name))
	}
	return t, nil
}

func forbidden(c echo.Context, t *token.Token, scope string) error {
	c.Response().Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="countersign", error="insufficient_scope", scope="%s"`, scope))
	return refuse(http.StatusForbidden, "the token lacks scope "+scope+"; ask the operator for one that has it", fmt.Errorf("token %s", t.Name))
}

func tooMany(c echo.Context, detail string) error {
	c.Response().Header().Set("Retry-After", "1")
	return refuse(http.StatusTooManyRequests, detail+"; slow down, and try again in a second", nil)
}

// signIn puts the first use of a token in this process on the trail. Until that is there
// the token reads nothing.
func (s *Server) signIn(c echo.Context, ses *session) error {
	ses.mu.Lock()
	defer ses.mu.Unlock()
	if ses.signedIn {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), databaseTimeout)
	defer cancel()
	digest := hex.EncodeToString(ses.Digest[:])
	_, err := s.cfg.Journal.Append(ctx, audit.Draft{
		Key: "api/signin/" + digest[:16] + "/" + s.cfg.Process, Type: audit.SignedIn, Retold: true,
		Body: audit.SignIn{Name: ses.Name, Scopes: ses.Scopes, Address: c.RealIP(), Digest: digest, At: s.cfg.Now().UTC()},
	})
	if err != nil {
		return unavailable(c, "the sign-in could not be put on the trail, so that nothing is read; try again", fmt.Errorf("sign in %s: %w", ses.Name, err))
	}
	ses.signedIn = true
	s.log.Info("token signed in", "token", ses.Name, "remote", c.RealIP())
	return nil
}

// errHidden is why a record that exists is not found.
var errHidden = errors.New("the token may not read it")
