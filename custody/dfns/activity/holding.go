package activity

import (
	"encoding/json"
	"fmt"

	"countersign"
)

// Holdings reads the assets of a wallet (dfns.md §5.1). Kinds that no transfer is read
// of are left out; an asset of a known kind that cannot be read is an error, so that
// what is not in the list is nothing.
func Holdings(assets []json.RawMessage) (holdings []countersign.Holding, err error) {
	for i, raw := range assets {
		r := reader{}
		if err := json.Unmarshal(raw, &r.body); err != nil {
			return nil, fmt.Errorf("assets[%d]: %w", i, err)
		}
		kind := r.must("kind")
		s, known := shapes[kind]
		if !known && r.err == nil {
			continue
		}
		h := countersign.Holding{Kind: kind, Asset: r.locator(s), Balance: r.decimal("balance")}
		if r.err != nil {
			return nil, fmt.Errorf("assets[%d] of kind %q: %w", i, kind, r.err)
		}
		holdings = append(holdings, h)
	}
	return holdings, nil
}
