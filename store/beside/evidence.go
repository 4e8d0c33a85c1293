package beside

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"countersign/audit/beside"
	"countersign/audit/verify"
)

// maxGood is how many digests are remembered as good: records that follow each other name the
// same lists and prices, whose bytes are then read once.
const maxGood = 100_000

// evidence looks at the bytes of the first of what is named, one at a time.
func (c *checker) evidence(ctx context.Context) error {
	some := c.named[:min(len(c.named), batch)]
	c.named = append([]named(nil), c.named[len(some):]...)
	var wanted []any
	asked := map[string]bool{}
	for _, n := range some {
		if !c.good[n.digest] && !asked[n.digest] {
			asked[n.digest] = true
			wanted = append(wanted, n.digest)
		}
	}
	lists := map[string]named{}
	for _, n := range some {
		if n.lists {
			lists[n.digest] = n
		}
	}
	stored, err := c.bytesOf(ctx, wanted, lists)
	if err != nil {
		return err
	}
	for _, n := range some {
		switch right, there := stored[n.digest]; {
		case c.good[n.digest]:
		case !there:
			c.fault(n.index, n.key, verify.EvidenceMissing, "the evidence %.64s that it names is not there", n.digest)
		case !right:
			c.fault(n.index, n.key, verify.EvidenceDiffers, "the bytes kept as the evidence %.64s are others", n.digest)
		}
	}
	if len(c.good) > maxGood {
		clear(c.good)
	}
	for digest, right := range stored {
		if right {
			c.good[digest] = true
		}
	}
	return nil
}

// bytesOf says of each piece of evidence that is there whether it has its digest, and collects
// what lists name.
func (c *checker) bytesOf(ctx context.Context, wanted []any, lists map[string]named) (map[string]bool, error) {
	stored := map[string]bool{}
	if len(wanted) == 0 {
		return stored, nil
	}
	rows, err := c.db.QueryContext(ctx, c.db.Text("SELECT sha256, bytes FROM evidence WHERE sha256 IN (?"+strings.Repeat(", ?", len(wanted)-1)+")"), wanted...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var digest string
		var data []byte
		if err := rows.Scan(&digest, &data); err != nil {
			return nil, err
		}
		sum := sha256.Sum256(data)
		stored[digest] = hex.EncodeToString(sum[:]) == digest
		if by, ok := lists[digest]; ok && stored[digest] {
			for _, more := range beside.Inside(data) {
				c.named = append(c.named, named{digest: more.String(), index: by.index, key: by.key})
			}
		}
	}
	return stored, rows.Err()
}
