package holder_test

import (
	"crypto/ed25519"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"countersign/custody/dfns"
	"countersign/custody/dfns/holder"
)

func TestWalletsSayWhetherTheySign(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/wallets" || r.URL.Query().Get("limit") != "500" {
			t.Errorf("asked for %s", r.URL)
		}
		page := `{"items":[{"id":"wa-1","network":"Net","address":"0xa1","status":"Active","tags":["deposit"]},{"id":"wa-2","network":"Net","status":"Inactive"}],"nextPageToken":"p2"}`
		if r.URL.Query().Get("paginationToken") == "p2" {
			page = `{"items":[{"id":"wa-3","network":"Net","address":"0xa3","status":"Archived"},{"id":"wa-4","network":"Net","address":"0xa4"}]}`
		}
		_, _ = io.WriteString(w, page)
	}))
	t.Cleanup(server.Close)
	c, err := dfns.New(dfns.Config{BaseURL: server.URL, AuthToken: "token", CredentialID: "cr-1", Signer: ed25519.NewKeyFromSeed(make([]byte, 32))})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for w, err := range (holder.Holder{Custodian: dfns.Custodian{Client: c}}).Wallets(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got += fmt.Sprintf("%s %s %v %t\n", w.ID, w.Address, w.Tags, w.Inactive)
	}
	// A status that is not told is not "Active".
	if want := "wa-1 0xa1 [deposit] false\nwa-2  [] true\nwa-3 0xa3 [] true\nwa-4 0xa4 [] true\n"; got != want {
		t.Errorf("Wallets = \n%s, want \n%s", got, want)
	}
}
