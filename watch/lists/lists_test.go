package lists_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/store"
	"countersign/store/listings"
	"countersign/store/outbox"
	"countersign/watch/lists"
)

// custodian is its lists, by path.
type custodian map[string][]string

func (c custodian) List(_ context.Context, path string, _ url.Values) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for _, item := range c[path] {
			if item == "broken" {
				yield(nil, errors.New("the line broke"))
				return
			}
			if !yield(json.RawMessage(item), nil) {
				return
			}
		}
	}
}

func account(id, name, cred, active string) string {
	return `{"userInfo":{"userId":"` + id + `","name":"` + name + `"},"accessTokens":[{"credId":"` + cred + `","isActive":` + active + `,"lastUsedAt":"x"}]}`
}

func TestWhatTheCustodianDoesNotTell(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "trail.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	c := custodian{}
	comparer := lists.Comparer{Custodian: c, Keeper: listings.Listings{DB: db.SQL()}, Now: func() time.Time { return now }}
	box := outbox.Outbox{DB: db.SQL()}
	for i, tt := range []struct {
		change func()
		want   string // of each event: kind, ID, change
		fails  string
	}{
		{func() {
			c["/v2/policies"] = []string{`{"id":"plc-1","name":"a"}`}
			c["/auth/service-accounts"] = []string{account("us-1", "bot", "cr-1", "true")}
			c["/wallets"] = []string{`{"id":"wa-1"}`}
		}, "", ""},
		{func() {
			c["/v2/policies"] = []string{`{"name":"a","id":"plc-1"}`}                                     // another order is no change
			c["/auth/service-accounts"][0] = strings.Replace(c["/auth/service-accounts"][0], "x", "y", 1) // nor is having been used
		}, "", ""},
		{func() { c["/v2/policies"] = []string{`{"id":"plc-1","name":"b"}`} }, "platform.policy.changed plc-1 changed;", ""},
		{func() { c["/auth/service-accounts"] = []string{account("us-1", "bot", "cr-1", "false")} }, "platform.credential.changed cr-1 changed;", ""},
		{func() { c["/auth/service-accounts"] = []string{account("us-1", "bot 2", "cr-2", "false")} },
			"platform.service_account.changed us-1 changed;platform.credential.changed cr-2 created;platform.credential.changed cr-1 gone;", ""},
		{func() { c["/wallets"] = []string{`{"id":"wa-1","name":"renamed"}`, `{"id":"wa-2"}`} }, "platform.wallet.created wa-2 created;", ""},
		{func() { c["/wallets"], c["/v2/policies"] = []string{`{"id":"wa-1"}`, "broken"}, nil }, "platform.policy.changed plc-1 gone;", "list of wallets: the line broke"},
		{func() { c["/wallets"] = []string{`{"id":"a/b"}`} }, "", "not an ID"},
		{func() { c["/wallets"] = []string{`{"name":"x"}`} }, "", "id is not a text"},
		{func() { c["/wallets"] = []string{`{"id":"wa-1","name":"renamed"}`, `{"id":"wa-2"}`} }, "", ""}, // nothing was lost meanwhile
	} {
		tt.change()
		now = now.Add(time.Minute)
		n, err := comparer.Compare(t.Context())
		if (err == nil) != (tt.fails == "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
			t.Errorf("step %d: %v, want %q", i, err, tt.fails)
		}
		due, _, err := box.Due(t.Context(), now, 100)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, m := range due {
			var d lists.Data
			if err := json.Unmarshal(m.Data, &d); err != nil {
				t.Fatal(err)
			}
			got += string(m.Kind) + " " + d.Entity.ID + " " + d.Entity.Change + ";"
			if err := box.Delivered(t.Context(), m, now); err != nil {
				t.Fatal(err)
			}
		}
		if got != tt.want || n != len(due) {
			t.Errorf("step %d: %d told, %s; want %s", i, n, got, tt.want)
		}
	}
}
