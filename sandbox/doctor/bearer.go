package doctor

import (
	"net/http"
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

// forged changes the last characters of a token: its signature.
func forged(token string) string {
	const tail = "AAAAAAAA"
	if len(token) <= len(tail) {
		return tail
	}
	return token[:len(token)-len(tail)] + tail
}
