package org_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"countersign"
	"countersign/custody/dfns"
	"countersign/custody/dfns/org"
	"countersign/strictjson"

	"pgregory.net/rapid"
)

// platform answers by path and query.
func platform(t *testing.T, answers map[string]string) org.Org {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, known := answers[r.URL.RequestURI()]
		if !known {
			w.WriteHeader(http.StatusForbidden)
			text = `{"error":{"status":403,"message":"no"}}`
		}
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(srv.Close)
	c, err := dfns.New(dfns.Config{BaseURL: srv.URL, AuthToken: "token"})
	if err != nil {
		t.Fatal(err)
	}
	return org.Org{Client: c}
}

func TestListsAreReadWholeOrNotAtAll(t *testing.T) {
	const (
		first  = `{"items":[{"id":"plc-1"}],"nextPageToken":"2"}`
		second = "/v2/policies?paginationToken=2&status=Active"
	)
	for _, tt := range []struct {
		name    string
		answers map[string]string
		want    []string
		err     error
	}{
		{"two pages", map[string]string{second: `{"items":[{"id":"plc-2"}]}`}, []string{"plc-1", "plc-2"}, nil},
		{"the second page is refused", nil, nil, countersign.ErrDenied},
		{"an item that reads in two ways", map[string]string{second: `{"items":[{"id":"plc-2","Id":"plc-3"}]}`}, nil, strictjson.ErrRefused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answers := map[string]string{"/v2/policies?status=Active": first}
			for k, v := range tt.answers {
				answers[k] = v
			}
			policies, err := platform(t, answers).Policies(t.Context())
			var got []string
			for _, p := range policies {
				got = append(got, p.ID)
			}
			if !slices.Equal(got, tt.want) || !errors.Is(err, tt.err) {
				t.Errorf("Policies = %v, %v; want %v, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

func TestOneServiceAccount(t *testing.T) {
	o := platform(t, map[string]string{
		"/auth/service-accounts/us-1": `{"userInfo":{"userId":"us-1","isActive":true}}`,
		"/auth/service-accounts/us-2": `{"userInfo":{"userId":"us-1"}}`,
	})
	if a, err := o.ServiceAccount(t.Context(), "us-1"); err != nil || !a.User.Active {
		t.Errorf("us-1 = %+v, %v", a, err)
	}
	if _, err := o.ServiceAccount(t.Context(), "us-2"); err == nil {
		t.Error("another account than the one that was asked for is taken")
	}
	if _, err := o.ServiceAccount(t.Context(), "../users"); !errors.Is(err, countersign.ErrID) {
		t.Errorf("no ID = %v, want ErrID", err)
	}
}

// What narrows a policy and is not understood never counts as no filter.
func TestFiltersAreNeverTakenForNone(t *testing.T) {
	for _, tt := range []struct {
		name, filters string
		none, unread  bool
	}{
		{"absent", `null`, true, false},
		{"empty", `{}`, true, false},
		{"every member null", `{"walletId":null,"walletTags":null}`, true, false},
		{"a wallet", `{"walletId":{"in":["wa-1"]}}`, false, false},
		{"no wallet", `{"walletId":{"in":[]}}`, false, false},
		{"an unknown member", `{"network":{"in":["Ethereum"]}}`, false, true},
		{"an unknown operator", `{"walletId":{"notIn":["wa-1"]}}`, false, true},
		{"an unknown form", `["wa-1"]`, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p org.Policy
			if err := json.Unmarshal([]byte(`{"filters":`+tt.filters+`}`), &p); err != nil {
				t.Fatal(err)
			}
			if p.Filters.None() != tt.none || p.Filters.Unread != tt.unread {
				t.Errorf("filters %+v, want none %t and unread %t", p.Filters, tt.none, tt.unread)
			}
		})
	}
}

func TestApproversInAnotherFormAreNotEverybody(t *testing.T) {
	for _, tt := range []struct {
		approvers string
		anybody   bool
	}{
		{`{}`, true}, {`{"userId":{"in":["us-1"]}}`, false}, {`{"teamId":{"in":["t"]}}`, false}, {`null`, false}, {`[]`, false}, {`{"userId":{"in":["us-1"]},"role":"x"}`, false},
	} {
		var g org.Group
		if err := json.Unmarshal([]byte(`{"approvers":`+tt.approvers+`}`), &g); err != nil || g.Anybody() != tt.anybody {
			t.Errorf("approvers %s: anybody %t, %v; want %t", tt.approvers, g.Anybody(), err, tt.anybody)
		}
	}
}

// A policy covers a wallet only by what it names: with a filter on wallets, a wallet that
// is not on the list is never covered, whatever the tags say; and more tags to have
// never cover more.
func TestNarrowerFiltersCoverNoMore(t *testing.T) {
	tags := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.ID[string])
	rapid.Check(t, func(t *rapid.T) {
		w := org.Wallet{ID: "wa-1", Tags: tags.Draw(t, "wallet's tags")}
		wide := org.Policy{Filters: org.Filters{WalletTags: &org.Tags{HasAny: tags.Draw(t, "any"), HasAll: tags.Draw(t, "all")}}}
		narrow := wide
		narrow.Filters.WalletTags = &org.Tags{HasAny: wide.Filters.WalletTags.HasAny, HasAll: append(slices.Clone(wide.Filters.WalletTags.HasAll), "z")}
		elsewhere := wide
		elsewhere.Filters.WalletID = &org.In{In: []string{"wa-2"}}
		if covers, _ := narrow.Covers(w); covers {
			t.Errorf("a tag that the wallet lacks: %+v covers %+v", narrow.Filters.WalletTags, w)
		}
		if covers, sure := elsewhere.Covers(w); covers || !sure {
			t.Errorf("a list without the wallet covers it")
		}
		if covers, sure := wide.Covers(w); covers && !sure {
			t.Errorf("covers, and not surely")
		}
	})
}

// No text of a filter makes a reader fail or lets it be forgotten.
func FuzzFilters(f *testing.F) {
	for _, s := range []string{`{}`, `null`, `{"walletId":{"in":["wa-1"]}}`, `{"walletTags":{"hasAny":["a"]}}`, `{"x":1}`, `[]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var filters org.Filters
		if json.Unmarshal(text, &filters) != nil {
			return // no JSON, so it never reaches us
		}
		var members map[string]any
		_ = json.Unmarshal(text, &members)
		some := false
		for _, v := range members {
			some = some || v != nil
		}
		if some && filters.None() {
			t.Errorf("%s is taken for no filter", text)
		}
	})
}
