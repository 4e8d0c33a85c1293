package dfns_test

import (
	"crypto/ed25519"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"countersign"
	"countersign/custody/dfns"
)

func TestProveSignsAndCallsNothing(t *testing.T) {
	p := newPlatform(t, key.Public(), func(http.ResponseWriter, *http.Request) { t.Error("something was called") })
	if err := p.client(key).Prove(t.Context()); err != nil {
		t.Error(err)
	}
	if want := []string{"POST /auth/action/init", "POST /auth/action"}; !slices.Equal(p.asked(), want) {
		t.Errorf("calls %q, want %q", p.asked(), want)
	}
	_, other, _ := ed25519.GenerateKey(nil)
	if err := p.client(other).Prove(t.Context()); !errors.Is(err, countersign.ErrDenied) {
		t.Errorf("another key: %v, want ErrDenied", err)
	}
	if err := p.client(nil).Prove(t.Context()); !errors.Is(err, dfns.ErrNoSigner) {
		t.Errorf("no key: %v, want ErrNoSigner", err)
	}
}

// What a slow line and whole seconds explain is no skew.
func TestSkew(t *testing.T) {
	theirs := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name          string
		before, after time.Duration // our clock, from theirs, around the call
		want          time.Duration
	}{
		{"the same second", 0, 900 * time.Millisecond, 0},
		{"the fraction that a Date has not", 900 * time.Millisecond, 950 * time.Millisecond, 0},
		{"a slow line", -time.Minute, time.Minute, 0},
		{"ahead", 41 * time.Second, 45 * time.Second, 40 * time.Second},
		{"behind", -45 * time.Second, -40 * time.Second, -40 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlatform(t, key.Public(), func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", theirs.Format(http.TimeFormat))
				refuse(w, 403, "no")
			})
			clock := []time.Time{theirs.Add(tt.before), theirs.Add(tt.after)}
			c, err := dfns.New(dfns.Config{BaseURL: p.URL, AuthToken: token, Now: func() time.Time {
				now := clock[0]
				clock = clock[1:]
				return now
			}})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := c.Skew(t.Context()); err != nil || got != tt.want {
				t.Errorf("Skew = %s, %v; want %s", got, err, tt.want)
			}
		})
	}
}
