// Package evidence is how a record names what a decision rests on, and how that is read back.
//
// A record has room for names: each piece of evidence is kept beside it under its digest,
// answer and question, and a list of names that is too long is itself one piece. What is read
// back is what was recorded, or an error.
package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"countersign/audit"
	"countersign/rules/services"
)

// maxListed is how long a list may be in a record, in bytes of JSON. A record has two of them,
// the shadow's too, and both leave room for the rest under [audit.MaxEntry].
const maxListed = 4 << 10

// Record is how a record names evidence, and the bytes that it names.
func Record(all []services.Evidence) (listed []audit.Evidence, kept [][]byte) {
	for _, e := range all {
		listed = append(listed, audit.Evidence{Kind: e.Kind, Source: e.Source, Asked: e.Asked, Digest: e.Digest, At: e.At})
		kept = append(kept, e.Answer)
		if e.Asked != string(e.Question) {
			kept = append(kept, e.Question)
		}
	}
	list, err := json.Marshal(listed)
	if err != nil || len(list) <= maxListed {
		return listed, kept
	}
	sum := sha256.Sum256(list)
	one := audit.Evidence{Kind: services.ListKind, Source: "countersign", Digest: hex.EncodeToString(sum[:]), At: all[0].At}
	return []audit.Evidence{one}, append(kept, list)
}

// A Keeper has the bytes of what was recorded. store.Trail is the real one.
type Keeper interface {
	// Evidence returns the bytes of a digest.
	Evidence(ctx context.Context, digest string) ([]byte, error)
}

// Rechecked reads back, of what a record names, what is asked again before it is relied on,
// answers and long questions included. The rest need not be read; in records from before
// answers were kept it could not be.
func Rechecked(ctx context.Context, k Keeper, listed []audit.Evidence) ([]services.Evidence, error) {
	var recorded []services.Evidence
	for _, e := range listed {
		if e.Kind == services.ListKind || services.Rechecked(e.Kind) { // a list may hold some
			recorded = append(recorded, services.Evidence{Kind: e.Kind, Source: e.Source, Asked: e.Asked, Digest: e.Digest, At: e.At})
		}
	}
	return services.Load(recorded, func(digest string) ([]byte, error) { return k.Evidence(ctx, digest) })
}
