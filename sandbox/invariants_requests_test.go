package sandbox_test

import (
	"pgregory.net/rapid"
)

// external draws an external ID, often one that was used.
func (m *model) external(r *rapid.T) string {
	return m.wallet[:20] + rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g"}).Draw(r, "external")
}

// request asks for a transfer.
func (m *model) request(r *rapid.T) {
	external, amount := m.external(r), rapid.SampledFrom([]string{"1", "1", "3"}).Draw(r, "amount")
	a := rapid.SampledFrom(m.people).Draw(r, "who").post("/wallets/"+m.wallet+"/transfers",
		map[string]string{"kind": "Native", "to": recipient, "amount": amount, "externalId": external})
	if id, first := m.took(a, external, true); first {
		m.amounts[id] = int64(amount[0] - '0')
	}
}

// sign asks for a signature of the wallet's key, through either.
func (m *model) sign(r *rapid.T) {
	external, digit := m.external(r), rapid.SampledFrom([]string{"1", "2"}).Draw(r, "hash")
	path := rapid.SampledFrom([]string{"/wallets/" + m.wallet, "/keys/" + m.key}).Draw(r, "through") + "/signatures"
	a := rapid.SampledFrom(m.people).Draw(r, "who").post(path, map[string]string{"kind": "Hash", "hash": "0x" + word(digit), "externalId": external})
	m.took(a, external, false)
}

// took notes the answer to a request: which one it is, and whether it is new.
func (m *model) took(a answer, external string, readable bool) (id string, first bool) {
	known, used := m.by[external]
	if a.Status == 409 && used {
		return known, false
	}
	e := into[entity](m.w.t, a, 200)
	if used && e.ID != known {
		m.Fatalf("external ID %s names %s and %s", external, known, e.ID)
	}
	if m.by[external] = e.ID; !used {
		m.asked[e.ID] = m.met(readable)
	}
	return e.ID, !used
}

// requests are all that was asked of the wallet and of its key.
func (m *model) requests() []entity {
	all := m.transfers()
	for _, s := range into[list[sealed]](m.w.t, m.w.admin.get("/keys/"+m.key+"/signatures"), 200).Items {
		if (s.Status == "Signed") != (s.Signature != nil) {
			m.Fatalf("%s is %s with the signature %+v", s.ID, s.Status, s.Signature)
		}
		all = append(all, entity{ID: s.ID, Status: s.Status, ApprovalID: s.ApprovalID, ExternalID: s.ExternalID})
	}
	named := map[string]string{}
	for _, e := range all {
		if other, twice := named[e.ExternalID]; twice || m.by[e.ExternalID] != e.ID {
			m.Fatalf("external ID %s names %s, which is not %q or %q", e.ExternalID, e.ID, other, m.by[e.ExternalID])
		}
		named[e.ExternalID] = e.ID
	}
	return all
}

func (m *model) transfers() []entity {
	return into[list[entity]](m.w.t, m.w.admin.get("/wallets/"+m.wallet+"/transfers"), 200).Items
}
