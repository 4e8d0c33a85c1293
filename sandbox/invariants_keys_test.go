package sandbox_test

import (
	"crypto"
	"crypto/ed25519"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// modelKey is a key as the model of a user's keys remembers it.
type modelKey struct {
	client
	uuid   string
	active bool
}

// keyring is the model of one user's keys, and the user actions that they have signed.
type keyring struct {
	*rapid.T
	c      client
	path   string // of a call that changes little
	keys   []*modelKey
	signed []keySigned // and not used
}

// keySigned is a user action with the key that signed it.
type keySigned struct {
	action string
	key    *modelKey
}

const tagged = `{"tags":["x"]}`

// TestNoSequenceLetsAKeySignThatIsOff adds keys, switches them and signs with them in any
// order: what a key has signed takes effect exactly when the key is active as it is used,
// and one key is always active.
func TestNoSequenceLetsAKeySignThatIsOff(t *testing.T) {
	fewerChecks(t)
	w := newWorld(t, 1)
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		public, private, _ := ed25519.GenerateKey(nil)
		email := fmt.Sprintf("user%d@example.com", n)
		u := into[user](t, w.admin.post("/auth/users", map[string]any{"email": email, "kind": "CustomerEmployee", "publicKey": publicPEM(t, public)}), 200)
		w.assign(w.managed("ManagedFullAdminAccess"), u.UserID)
		c, _ := w.admin.with(private, u.CredentialUUID).logIn(u)
		m := &keyring{T: r, c: c, path: w.path("tags"), keys: []*modelKey{{c, u.CredentialUUID, true}}}
		r.Repeat(map[string]func(*rapid.T){"add": m.add, "switch": m.turn, "sign": m.sign, "use": m.use, "": func(*rapid.T) { m.check(t) }})
	})
}

func (m *keyring) draw(r *rapid.T, what string) *modelKey {
	return m.keys[rapid.IntRange(0, len(m.keys)-1).Draw(r, what)]
}

// want holds a status against what the model expects of a call that k signs.
func (m *keyring) want(what string, k *modelKey, got, ok, refused int) bool {
	m.Helper()
	status := refused
	if k.active {
		status = ok
	}
	if got != status {
		m.Fatalf("%s by a key that is active %t: %d, want %d", what, k.active, got, status)
	}
	return k.active
}

// exchanged signs a call with k, and returns the user action if k may sign.
func (m *keyring) exchanged(k *modelKey, method, path string, body []byte) (string, bool) {
	ch := k.challenge(method, path, body)
	a := k.exchange(ch, `{"type":"key.get","challenge":"`+ch.Challenge+`"}`, k.client.sign)
	if !m.want("signing", k, a.Status, 200, 401) {
		return "", false
	}
	return into[struct{ UserAction string }](k.t, a, 200).UserAction, true
}

func (m *keyring) add(r *rapid.T) {
	if len(m.keys) == 4 {
		r.Skip("keys enough")
	}
	_, key, _ := ed25519.GenerateKey(nil)
	signer, id := m.draw(r, "signer"), fmt.Sprintf("%s/%d", m.c.credID, len(m.keys))
	body := encode(m.c.t, newKey(m.c.t, crypto.Signer(key), id, m.c.wantKey()))
	if action, may := m.exchanged(signer, "POST", "/auth/credentials", body); may {
		made := into[cred](m.c.t, m.c.send("POST", "/auth/credentials", action, body), 200)
		m.keys = append(m.keys, &modelKey{m.c.with(key, id), made.CredentialUUID, true})
	}
}

// turn switches a key on or off, which another or the key itself signs.
func (m *keyring) turn(r *rapid.T) {
	k, signer, on := m.draw(r, "key"), m.draw(r, "signer"), rapid.Bool().Draw(r, "on")
	path := map[bool]string{true: "/auth/credentials/activate", false: "/auth/credentials/deactivate"}[on]
	body := encode(m.c.t, map[string]string{"credentialUuid": k.uuid})
	action, may := m.exchanged(signer, "PUT", path, body)
	if !may {
		return
	}
	last := !on && k.active && m.active() == 1
	if a := m.c.send("PUT", path, action, body); last != (a.Status == 422) || !last && a.Status != 200 {
		m.Fatalf("switching %t, the last %t: %d %s", on, last, a.Status, a.Body)
	}
	k.active = k.active && last || on
}

func (m *keyring) active() (n int) {
	for _, k := range m.keys {
		if k.active {
			n++
		}
	}
	return n
}

func (m *keyring) sign(r *rapid.T) {
	k := m.draw(r, "key")
	if action, may := m.exchanged(k, "PUT", m.path, []byte(tagged)); may {
		m.signed = append(m.signed, keySigned{action, k})
	}
}

// use spends what was signed, perhaps by a key that is off by now.
func (m *keyring) use(r *rapid.T) {
	if len(m.signed) == 0 {
		r.Skip("nothing signed")
	}
	i := rapid.IntRange(0, len(m.signed)-1).Draw(r, "signed")
	by := m.signed[i]
	m.signed = slices.Delete(m.signed, i, i+1)
	m.want("a call signed", by.key, m.c.send("PUT", m.path, by.action, []byte(tagged)).Status, 200, 403)
}

func (m *keyring) check(t *testing.T) {
	if m.active() == 0 {
		m.Fatal("no key is active")
	}
	shown := m.c.creds()
	if len(shown) != len(m.keys) {
		m.Fatalf("%d keys, want %d", len(shown), len(m.keys))
	}
	for i, k := range m.keys {
		if shown[i].CredentialUUID != k.uuid || shown[i].IsActive != k.active {
			t.Fatalf("key %d is %+v, want active %t", i, shown[i], k.active)
		}
	}
}
