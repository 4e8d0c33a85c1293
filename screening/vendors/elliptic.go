package vendors

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"countersign/screening"
)

// ellipticMax is the highest score of Elliptic's scale.
const ellipticMax = 10

// elliptic asks POST /v2/wallet/synchronous and judges risk_score, which is null when
// nothing is known of the address: that is no zero. The analysis must be complete, free
// of errors, and of the address that was asked for.
func (s *Source) elliptic(ctx context.Context, q screening.Query) (f screening.Finding, err error) {
	const path = "/v2/wallet/synchronous"
	body, err := json.Marshal(map[string]any{
		"subject":            map[string]string{"asset": "holistic", "blockchain": "holistic", "type": "address", "hash": q.Address},
		"type":               "wallet_exposure",
		"customer_reference": s.config.CustomerReference,
	})
	if err != nil {
		return f, err
	}
	now := s.config.Now()
	signed := s.base.JoinPath(path).EscapedPath()
	answer, err := s.send(ctx, request{
		method: http.MethodPost, path: path, body: body, statuses: []int{http.StatusOK},
		header: map[string]string{
			"x-access-key":       s.config.Key,
			"x-access-sign":      Sign(s.secret, now, http.MethodPost, signed, string(body)),
			"x-access-timestamp": strconv.FormatInt(now.UnixMilli(), 10),
		},
	})
	if err != nil {
		return f, err
	}
	object, err := members(answer, "it")
	if err != nil {
		return f, err
	}
	if v, given := object["error"]; given && !v.Is('n') {
		return f, bad("it has an error")
	}
	if status := text(object["process_status"]); status != "complete" {
		return f, bad("process_status is %.40q, want complete", status)
	}
	subject, err := members(object["subject"], "subject")
	if err != nil {
		return f, err
	}
	if err := about(subject["hash"], q); err != nil {
		return f, err
	}
	risk, err := scoreOf(object["risk_score"], "risk_score", ellipticMax)
	if err != nil {
		return f, err
	}
	f = screening.Finding{Verdict: s.limits.verdict(risk), Score: risk.text, Entry: text(object["id"])}
	if f.Verdict != screening.Clear {
		f.Category = "risk"
	}
	return f, nil
}

// Sign returns Elliptic's signature of a request: the base64 of the HMAC-SHA256, with
// the secret decoded from base64, over the time in milliseconds, the method in upper
// case, the path with its query in lower case, and the body, or {} where there is none
// (developers.elliptic.co, Authentication).
func Sign(secret []byte, at time.Time, method, path, body string) string {
	if body == "" {
		body = "{}"
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(strconv.FormatInt(at.UnixMilli(), 10) + strings.ToUpper(method) + strings.ToLower(path) + body))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
