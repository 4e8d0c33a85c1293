package bearer_test

import (
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/sandbox/bearer"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func token(t *testing.T, key ed25519.PrivateKey, org, id string) string {
	t.Helper()
	text, err := bearer.Sign(key, bearer.Claims{ID: id, Expires: noon.Add(time.Hour).Unix(), App: bearer.AppMetadata{OrgID: org, TokenID: id}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A remembered token is refused for all that a new one is refused for.
func TestAReaderRemembersTokens(t *testing.T) {
	key, other := ed25519.NewKeyFromSeed(make([]byte, 32)), ed25519.NewKeyFromSeed([]byte(strings.Repeat("x", 32)))
	r := bearer.NewReader(key, "or-1")
	good := token(t, key, "or-1", "to-1")
	for range 3 {
		c, err := r.Read(good, noon)
		if once, e := bearer.Read(key, "or-1", good, noon); err != nil || e != nil || c != once || c.App.TokenID != "to-1" {
			t.Fatalf("%+v, %v; %+v, %v", c, err, once, e)
		}
	}
	parts := strings.Split(good, ".")
	for name, bad := range map[string]string{
		"of another key": token(t, other, "or-1", "to-1"), "of another organisation": token(t, key, "or-2", "to-1"), "nothing": "", "two parts": parts[0] + "." + parts[1],
		"another signature": parts[0] + "." + parts[1] + "." + strings.Split(token(t, key, "or-1", "to-2"), ".")[2],
	} {
		for range 2 {
			if c, err := r.Read(bad, noon); err == nil {
				t.Errorf("%s: %+v", name, c)
			}
		}
	}
	if _, err := r.Read(good, noon.Add(time.Hour)); err == nil {
		t.Error("it has expired")
	}
	for i := range 2500 { // more than are remembered
		id := fmt.Sprintf("to-%d", i)
		if c, err := r.Read(token(t, key, "or-1", id), noon); err != nil || c.ID != id {
			t.Fatalf("token %d: %+v, %v", i, c, err)
		}
	}
	if _, err := r.Read(good, noon); err != nil {
		t.Error(err)
	}
}
