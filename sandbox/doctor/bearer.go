package doctor

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// nowhere are identifiers of DFNS's form that nothing has.
const (
	noWallet   = "wa-00000-00000-0000000000000000"
	noTransfer = "xfr-00000-00000-0000000000000000"
	noPolicy   = "plc-00000-00000-0000000000000000"
	noApproval = "ap-00000-00000-0000000000000000"
	noWebhook  = "wh-00000-00000-0000000000000000"
)

// bearerChecks are about who calls, and how refusals are worded.
func bearerChecks() []Check {
	return []Check{
		{Name: "bearer.missing", Expected: "a call without a token is 401, in the error shape", run: func(p *probe) error {
			p.Client.Token = ""
			a, err := p.get("/wallets")
			return refused("GET /wallets", a, err, http.StatusUnauthorized)
		}},
		{Name: "bearer.forged", Expected: "a token whose signature was changed is 401", run: func(p *probe) error {
			p.Client.Token = forged(p.Client.Token)
			a, err := p.get("/wallets")
			return refused("GET /wallets", a, err, http.StatusUnauthorized)
		}},
		{Name: "bearer.first", Expected: "a signed call without a token is 401, not 403", run: func(p *probe) error {
			p.Client.Token = ""
			a, err := p.Client.Send(p.ctx, http.MethodPost, "/wallets", "", []byte("{}"))
			return refused("POST /wallets", a, err, http.StatusUnauthorized)
		}},
		{Name: "ratelimit.headers", Expected: "answers carry X-RateLimit-Limit, -Remaining and -Reset, the last in unix seconds ahead", run: rateHeaders},
		{Name: "error.json", Expected: "errors are application/json", run: func(p *probe) error {
			a, err := p.get("/wallets/" + noWallet)
			if err := refused("GET /wallets/"+noWallet, a, err, http.StatusNotFound); err != nil {
				return err
			}
			return jsonType(a.Header)
		}},
		{Name: "error.unknown-route", Expected: "a route that nobody has is 404, in the error shape", run: func(p *probe) error {
			a, err := p.get("/no/such/route")
			return refused("GET /no/such/route", a, err, http.StatusNotFound)
		}},
		{Name: "error.escaped-path", Expected: "an escaped slash in an identifier does not end it: 404", run: func(p *probe) error {
			a, err := p.get("/wallets/wa%2Fb%20c")
			return refused("GET /wallets/wa%2Fb%20c", a, err, http.StatusNotFound)
		}},
	}
}

// rateHeaders looks for the headers of the limit of requests, whose window is a minute.
func rateHeaders(p *probe) error {
	a, err := p.get("/wallets?limit=1")
	if err := status("GET /wallets", a, err, http.StatusOK); err != nil {
		return err
	}
	for _, name := range []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
		if _, err := strconv.ParseInt(a.Header.Get(name), 10, 64); err != nil {
			return fmt.Errorf("%s is %q, want a number", name, a.Header.Get(name))
		}
	}
	reset, _ := strconv.ParseInt(a.Header.Get("X-RateLimit-Reset"), 10, 64) // it was read above
	if ahead := time.Until(time.Unix(reset, 0)); ahead.Abs() > 2*time.Minute {
		return fmt.Errorf("X-RateLimit-Reset is %s from our clock, want at most a minute ahead", ahead.Round(time.Second))
	}
	return nil
}

// forged changes the last characters of a token: its signature.
func forged(token string) string {
	const tail = "AAAAAAAA"
	if len(token) <= len(tail) {
		return tail
	}
	return token[:len(token)-len(tail)] + tail
}
