package store_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"countersign/store/listings"
	"countersign/store/outbox"
)

func TestAListTellsWhatHasChanged(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		db := opened(t, dsn)
		l := listings.Listings{DB: db.SQL()}
		box := outbox.Outbox{DB: db.SQL()}
		now := start
		compare := func(entities map[string][]byte) string {
			t.Helper()
			now = now.Add(time.Minute)
			changes, err := l.Compare(t.Context(), "policy", entities, now, func(c listings.Change, n int) (outbox.Message, bool) {
				return outbox.Message{ID: fmt.Sprint(c.ID, c.After, now.Unix()), Kind: "platform.policy.changed", Date: now.Add(time.Duration(n) * time.Microsecond), Data: json.RawMessage("{}")}, c.ID != "quiet"
			})
			if err != nil {
				t.Fatal(err)
			}
			text := ""
			for _, c := range changes {
				text += fmt.Sprintf("%s %t>%t;", c.ID, c.Before != "", c.After != "")
			}
			return text
		}
		for i, tt := range []struct {
			entities map[string][]byte
			want     string
		}{
			{map[string][]byte{"a": []byte("1"), "b": []byte("1")}, ""}, // all new to us, old to the world
			{map[string][]byte{"a": []byte("1"), "b": []byte("1")}, ""},
			{map[string][]byte{"a": []byte("2"), "c": []byte("1"), "quiet": []byte("1")}, "a true>true;c false>true;quiet false>true;b true>false;"},
			{map[string][]byte{}, "a true>false;c true>false;quiet true>false;"},
			{map[string][]byte{"b": []byte("1")}, "b false>true;"},
		} {
			if got := compare(tt.entities); got != tt.want {
				t.Errorf("reading %d: %s, want %s", i, got, tt.want)
			}
		}
		if c, err := box.Count(t.Context(), start, now.Add(time.Minute)); err != nil || c.All != 6 {
			t.Errorf("told %+v, %v; want six", c, err)
		}
		if changes, err := l.Compare(t.Context(), "empty", nil, now, nil); err != nil || len(changes) > 0 {
			t.Errorf("an empty list at first: %v, %v", changes, err)
		}
		one := func(listings.Change, int) (outbox.Message, bool) { return outbox.Message{}, false }
		if changes, err := l.Compare(t.Context(), "empty", map[string][]byte{"x": nil}, now, one); err != nil || len(changes) != 1 {
			t.Errorf("its first entity is news: %v, %v", changes, err)
		}
	})
}
