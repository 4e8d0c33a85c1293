package rows

import (
	"crypto/ed25519"
	"slices"

	"countersign/audit"
	"countersign/audit/trust"

	"golang.org/x/mod/sumdb/note"
)

// LogKeys are the keys of the log of an origin by its own records, but for the trusted ones.
func LogKeys(r *audit.Registry, origin string, trusted []trust.LogKey) (keys []trust.LogKey) {
	for _, k := range r.All() {
		pub, ok := k.Public.(ed25519.PublicKey)
		if k.Use != audit.LogKey || k.Subject != origin || !ok {
			continue
		}
		if slices.ContainsFunc(trusted, func(l trust.LogKey) bool { return l.ID == k.KeyID }) {
			continue
		}
		vkey, err := note.NewEd25519VerifierKey(k.Subject, pub)
		if err != nil {
			continue
		}
		if one, err := trust.NewLogKey(vkey); err == nil {
			keys = append(keys, one)
		}
	}
	return keys
}
