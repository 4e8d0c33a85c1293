package sandbox_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// estate is the model of the wallets that may be delegated: whose each is, and what was
// signed with it before it was theirs.
type estate struct {
	*rapid.T
	w       *world
	org     []client // of the organisation
	owners  []client // end users
	wallets []*possession
}

// possession is a wallet as the model remembers it.
type possession struct {
	id, key string
	delayed bool
	owner   string          // "" while it is the organisation's
	before  map[string]bool // requests that others had signed by then
}

// signedThing is a request, of whatever kind, with who asked and whether it was signed.
type signedThing struct {
	ID, Status, TxHash, ApprovalID string
	Requester                      struct{ UserID string }
	Signature                      *struct{ R string }
}

func (s signedThing) signed() bool { return s.TxHash != "" || s.Signature != nil }

// TestNoSequenceLetsOthersSignForADelegatedWallet makes wallets, delegates them and asks them
// for transfers and signatures, by anybody and in any order, under policies that come and go.
// What is signed with a delegated wallet or its key its owner asked for, unless it was signed
// before; no policy holds it up; and what is the organisation's no end user signs with.
func TestNoSequenceLetsOthersSignForADelegatedWallet(t *testing.T) {
	fewerChecks(t)
	w := newWorld(t, 1)
	org, owners := []client{w.admin, w.alice, w.serviceAccount("machine", 1)}, w.customers("ann", "ben")
	rapid.Check(t, func(r *rapid.T) {
		m := &estate{T: r, w: w, org: org, owners: owners}
		m.make(r)
		r.Repeat(map[string]func(*rapid.T){
			"make": m.make, "delegate": m.delegate, "transfer": m.transfer, "transfer again": m.transfer, "sign": m.sign,
			"vote": m.vote, "govern": m.govern, "": func(*rapid.T) { m.check() },
		})
		m.lift()
		m.check()
	})
}

func (m *estate) anybody(r *rapid.T) client {
	return rapid.SampledFrom(append(append([]client{}, m.org...), m.owners...)).Draw(r, "who")
}

func (m *estate) draw(r *rapid.T) *possession {
	return m.wallets[rapid.IntRange(0, len(m.wallets)-1).Draw(r, "wallet")]
}

func (m *estate) make(r *rapid.T) {
	if len(m.wallets) == 3 {
		r.Skip("wallets enough")
	}
	p := &possession{delayed: true, before: map[string]bool{}}
	body := `{"network":"EthereumSepolia","delayDelegation":true}`
	switch rapid.SampledFrom([]string{"later", "later", "now", "never"}).Draw(r, "delegated") {
	case "now":
		p.delayed, p.owner = false, rapid.SampledFrom(m.owners).Draw(r, "owner").userID
		body = `{"network":"EthereumSepolia","delegateTo":"` + p.owner + `"}`
	case "never":
		p.delayed, body = false, walletBody
	}
	made := into[owned](m.w.t, m.org[0].post("/wallets", body), 200)
	p.id, p.key = made.ID, made.SigningKey.ID
	m.wallets = append(m.wallets, p)
}

func (m *estate) delegate(r *rapid.T) {
	p, to, by := m.draw(r), rapid.SampledFrom(m.owners).Draw(r, "to"), m.anybody(r)
	path, body := "/wallets/"+p.id+"/delegate", `{"userId":"`+to.userID+`"}`
	if rapid.Bool().Draw(r, "key") {
		path, body = "/keys/"+p.key+"/delegate", `{"delegateTo":"`+to.userID+`"}`
	}
	a := by.post(path, body)
	if may := p.delayed && p.owner == "" && !m.ends(by.userID); may != (a.Status == 200) {
		m.Fatalf("%s delegates %+v: %d %s", by.userID, p, a.Status, a.Body)
	}
	if a.Status != 200 {
		return
	}
	p.owner = to.userID
	for _, s := range m.asked(p) {
		p.before[s.ID] = s.signed()
	}
}

// ends tells whether a user is an end user.
func (m *estate) ends(id string) bool { return id == m.owners[0].userID || id == m.owners[1].userID }

// may is whether a user may ask a wallet to sign.
func (m *estate) may(p *possession, user string) bool {
	return p.owner == user || p.owner == "" && !m.ends(user)
}

func (m *estate) transfer(r *rapid.T) { m.ask(r, "/transfers", payment) }

func (m *estate) sign(r *rapid.T) {
	m.ask(r, "/signatures", `{"kind":"Hash","hash":"0x`+word("1")+`"}`)
}

func (m *estate) ask(r *rapid.T, what, body string) {
	p, by := m.draw(r), m.anybody(r)
	a := by.post("/wallets/"+p.id+what, body)
	if m.may(p, by.userID) != (a.Status == 200) {
		m.Fatalf("%s asks %+v for %s: %d %s", by.userID, p, what, a.Status, a.Body)
	}
	if a.Status != 200 {
		return
	}
	if s := into[signedThing](m.w.t, a, 200); p.owner != "" && (s.ApprovalID != "" || s.Status == "Rejected") {
		m.Fatalf("a policy holds up %+v, of a delegated wallet", s)
	}
}

// govern has the organisation's wallets ask for approvals from now on, or lifts that.
func (m *estate) govern(r *rapid.T) {
	if m.lift(); rapid.Bool().Draw(r, "governed") {
		m.w.policyWith(map[string]any{"kind": "RequestApproval", "approvalGroups": []any{with(group(1), "initiatorCanApprove")}}, nil)
	}
}

func (m *estate) lift() {
	for _, p := range into[list[governed]](m.w.t, m.w.admin.get("/v2/policies?status=Active"), 200).Items {
		m.w.admin.call("DELETE", "/v2/policies/"+p.ID, "{}")
	}
}

// vote approves what waits.
func (m *estate) vote(r *rapid.T) {
	p := m.draw(r)
	for _, s := range m.asked(p) {
		if s.Status == "Pending" {
			m.w.vote(rapid.SampledFrom(m.org[:2]).Draw(r, "voter"), s.ApprovalID, "Approved")
		}
	}
}

// asked is all that was asked of a wallet and of its key.
func (m *estate) asked(p *possession) []signedThing {
	all := into[list[signedThing]](m.w.t, m.w.admin.get("/wallets/"+p.id+"/transfers"), 200).Items
	return append(all, into[list[signedThing]](m.w.t, m.w.admin.get("/keys/"+p.key+"/signatures"), 200).Items...)
}

func (m *estate) check() {
	for _, p := range m.wallets {
		shown := into[owned](m.w.t, m.w.admin.get("/wallets/"+p.id), 200)
		if shown.SigningKey.DelegatedTo != p.owner || shown.Custodial != (p.owner == "") {
			m.Fatalf("wallet %+v is delegated to %q", shown, p.owner)
		}
		for _, s := range m.asked(p) {
			if s.signed() && !p.before[s.ID] && !m.may(p, s.Requester.UserID) {
				m.Fatalf("%s signed for %s with a wallet of %q", s.ID, s.Requester.UserID, p.owner)
			}
		}
		for _, c := range m.owners {
			if a := c.get("/wallets/" + p.id); (a.Status == 200) != (c.userID == p.owner) {
				m.Fatalf("%s sees %d of a wallet of %s", c.userID, a.Status, fmt.Sprintf("%q", p.owner))
			}
		}
	}
}
