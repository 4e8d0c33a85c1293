package sandbox_test

import (
	"strings"
	"testing"

	"countersign/sandbox"
)

// linked is what the tests read of a validator.
type linked struct{ ID, OrgID, Network, Name, Kind, DateCreated, PartyHint string }

// reachable is how a custom validator is reached, with one member replaced.
func reachable(member, value string) string {
	text := `{"url":"https://canton.example.com","oauth2":{"domain":"https://id.example.com","audience":"https://canton.network.global","clientId":"c","clientSecret":"hush"}}`
	if member == "" {
		return text
	}
	at := strings.Index(text, `"`+member+`":"`) + len(member) + 4
	return text[:at] + value + text[at+strings.Index(text[at:], `"`):]
}

func TestCantonValidatorsAreLinkedAndUnlinked(t *testing.T) {
	w := newWorld(t, 1)
	const path = "/networks/canton-testnet/validators"
	shared := into[linked](t, w.admin.post(path, `{"kind":"Shared","name":"ours"}`), 200)
	a := w.admin.post(path, `{"kind":"Custom","validator":`+reachable("", "")+`,"ledger":`+reachable("", "")+`}`)
	custom := into[linked](t, a, 200)
	if shared.Network != "CantonTestnet" || shared.OrgID != w.env.OrgID || shared.Name != "ours" || shared.Kind != "Shared" || shared.DateCreated == "" || shared.PartyHint == "" {
		t.Errorf("linked %+v", shared)
	}
	if custom.Kind != "Custom" || custom.ID == shared.ID {
		t.Errorf("linked %+v beside %+v", custom, shared)
	}
	if named := into[linked](t, w.admin.call("PUT", path+"/"+custom.ID, `{"name":"theirs","ledger":`+reachable("", "")+`}`), 200); named.Name != "theirs" {
		t.Errorf("renamed %+v", named)
	}
	w.restart(sandbox.Config{TimeScale: 1})
	first := into[list[linked]](t, w.bob.get(path+"?limit=1"), 200)
	rest := into[list[linked]](t, w.bob.get(path+"?paginationToken="+first.NextPageToken), 200)
	if len(first.Items) != 1 || first.Items[0] != shared || len(rest.Items) != 1 || rest.Items[0].Name != "theirs" || rest.NextPageToken != "" {
		t.Errorf("validators are %+v and %+v", first, rest)
	}
	if n := len(into[list[linked]](t, w.bob.get("/networks/canton/validators"), 200).Items); n != 0 {
		t.Errorf("another network has %d of them", n)
	}
	for _, shown := range []answer{a, w.bob.get(path + "/" + custom.ID)} {
		if strings.Contains(string(shown.Body), "hush") || strings.Contains(string(shown.Body), "oauth2") {
			t.Errorf("a validator shows how it is reached: %s", shown.Body)
		}
	}
	if gone := into[linked](t, w.admin.call("DELETE", path+"/"+shared.ID, "{}"), 200); gone.ID != shared.ID {
		t.Errorf("unlinked %+v", gone)
	}
	refused(t, w.admin.get(path+"/"+shared.ID), 404)
	refused(t, w.admin.get("/networks/canton/validators/"+custom.ID), 404)
}

func TestCantonValidatorsThatAreRefused(t *testing.T) {
	w := newWorld(t, 1)
	const path = "/networks/canton/validators"
	good := reachable("", "")
	for name, tt := range map[string]struct{ path, body, says string }{
		"another network":             {"/networks/stellar-testnet/validators", `{"kind":"Shared"}`, "network"},
		"no kind":                     {path, `{}`, "kind"},
		"a kind of nobody's":          {path, `{"kind":"Borrowed"}`, "kind"},
		"an empty name":               {path, `{"kind":"Shared","name":""}`, "name"},
		"a long name":                 {path, `{"kind":"Shared","name":"` + strings.Repeat("x", 51) + `"}`, "name"},
		"a shared one with a node":    {path, `{"kind":"Shared","ledger":` + good + `}`, "ledger"},
		"a custom one without ledger": {path, `{"kind":"Custom","validator":` + good + `}`, "ledger"},
		"a URL that is none":          {path, `{"kind":"Custom","validator":` + reachable("url", "ftp://x") + `,"ledger":` + good + `}`, "validator.url"},
		"no client secret":            {path, `{"kind":"Custom","validator":` + strings.Replace(good, `,"clientSecret":"hush"`, "", 1) + `,"ledger":` + good + `}`, "validator.oauth2.clientSecret"},
	} {
		t.Run(name, func(t *testing.T) {
			if said := refused(t, w.admin.post(tt.path, tt.body), 400); !strings.Contains(said, tt.says) {
				t.Errorf("refused with %q, which does not name %s", said, tt.says)
			}
		})
	}
	shared := into[linked](t, w.admin.post(path, `{"kind":"Shared"}`), 200)
	refused(t, w.admin.call("PUT", path+"/"+shared.ID, `{"validator":`+good+`}`), 400)
	refused(t, w.admin.call("PUT", path+"/cv-none", `{}`), 404)
	refused(t, w.admin.send("DELETE", path+"/"+shared.ID, "", []byte("{}")), 403) // not signed
	reader := w.serviceAccountWith("reader", 1, w.permission("reader", "Networks:CantonValidators:Read").ID)
	into[list[linked]](t, reader.get(path), 200)
	refused(t, reader.post(path, `{"kind":"Shared"}`), 403)
}

func TestNoWalletHasOffersOrNeedsActivation(t *testing.T) {
	w := newWorld(t, 1)
	offers := w.path("offers")
	for _, path := range []string{offers, offers + "?limit=2"} {
		if page := into[map[string]any](t, w.admin.get(path), 200); len(page) != 1 || len(page["items"].([]any)) != 0 {
			t.Errorf("offers are %v", page)
		}
	}
	refused(t, w.admin.get(offers+"?limit=0"), 400)
	refused(t, w.admin.get("/wallets/wa-none/offers"), 404)
	refused(t, w.admin.get(offers+"/offer-1"), 404)
	refused(t, w.admin.call("PUT", offers+"/offer-1/accept", "{}"), 404)
	refused(t, w.admin.call("PUT", offers+"/offer-1/reject", "{}"), 404)
	refused(t, w.admin.send("PUT", offers+"/offer-1/reject", "", []byte("{}")), 403) // not signed
	reader := w.serviceAccountWith("reader", 1, w.permission("reader", "Wallets:Offers:Read").ID)
	refused(t, reader.call("PUT", offers+"/offer-1/accept", "{}"), 403)

	if said := refused(t, w.admin.post(w.path("activate"), "{}"), 400); !strings.Contains(said, "Active already") {
		t.Errorf("refused with %q", said)
	}
	refused(t, w.admin.post(w.path("activate"), `{"colour":"red"}`), 400)
	refused(t, w.admin.post("/wallets/wa-none/activate", `{"validatorId":"cv-1"}`), 404)
}
