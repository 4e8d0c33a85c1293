package control

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign/audit"
	"countersign/store"
)

// maxLooked is how many of the newest records are looked through for a book or a rule.
const maxLooked = 50_000

// unseen says what is strange about a halted scope, in a sentence: that nothing on the trail has
// its name, so that it may be spelled wrongly and stop nobody. It is empty where something has.
func unseen(ctx context.Context, db *store.DB, scope string) (string, error) {
	kind, name, _ := strings.Cut(scope, "/")
	switch kind {
	case "wallet":
		for _, err := range db.Select(ctx, store.Query{Facets: []audit.Facet{{Name: audit.FacetWallet, Value: name}}, Limit: 1}) {
			return "", err
		}
		return fmt.Sprintf("no record names wallet %s. Is it spelled as the custodian spells it?", name), nil
	case "book", "rule":
		size, err := db.Size(ctx)
		if err != nil {
			return "", err
		}
		q := store.Query{Type: audit.DecisionIntent, From: max(0, size-maxLooked)}
		for e, err := range db.Select(ctx, q) {
			var body audit.Intent
			if err == nil {
				err = e.Decode(&body)
			}
			if err != nil {
				return "", err
			}
			if slices.Contains(map[string][]string{"book": body.Books, "rule": body.AppliedRules}[kind], name) {
				return "", nil
			}
		}
		return fmt.Sprintf("no decision since record %d names %s %s. Is it spelled as a decision spells it (countersign audit show, books and applied_rules)?", q.From, kind, name), nil
	}
	return "", nil
}
