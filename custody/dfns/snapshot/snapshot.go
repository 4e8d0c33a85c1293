// Package snapshot says what of an approval a decision on it is bound to, as one digest: as
// long as the digest is the same, what was decided on is what is voted on.
package snapshot

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"countersign/strictjson"
)

// Of returns the lower-case hex SHA-256 over what a decision on an approval
// is bound to: the whole answer but for what voting, resolving and the price of
// the day change. Left out are the approval's status, decisions, dateUpdated and
// dateResolved, and, in whatever its activity holds, status, datePolicyResolved
// and metadata.asset.quotes.
//
// The digest is over a canonical form: keys sorted by their bytes, no spaces,
// numbers as they were written. So neither the order of keys nor spacing counts,
// and every value does. Text that [strictjson.Check] refuses has no snapshot.
func Of(approval []byte) (string, error) {
	if err := strictjson.Check(approval); err != nil {
		return "", err
	}
	d := json.NewDecoder(bytes.NewReader(approval))
	d.UseNumber()
	var top map[string]any
	if err := d.Decode(&top); err != nil {
		return "", fmt.Errorf("taking the snapshot of an approval: %w", err)
	}
	for _, k := range []string{"status", "decisions", "dateUpdated", "dateResolved"} {
		delete(top, k)
	}
	activity, _ := top["activity"].(map[string]any)
	for _, member := range activity {
		entity, _ := member.(map[string]any)
		delete(entity, "status")
		delete(entity, "datePolicyResolved")
		metadata, _ := entity["metadata"].(map[string]any)
		asset, _ := metadata["asset"].(map[string]any)
		delete(asset, "quotes")
	}
	var canonical bytes.Buffer
	e := json.NewEncoder(&canonical)
	e.SetEscapeHTML(false)
	if err := e.Encode(top); err != nil {
		return "", fmt.Errorf("taking the snapshot of an approval: %w", err)
	}
	sum := sha256.Sum256(bytes.TrimRight(canonical.Bytes(), "\n"))
	return hex.EncodeToString(sum[:]), nil
}
