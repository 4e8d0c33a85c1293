package chart

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"countersign/ledger"
)

// code names an asset after where it is: letters, digits, dots, - and _ alone, at most 64.
func code(at place) string {
	name := at.network
	if at.contract != "" {
		name += "." + at.contract
	}
	if _, err := ledger.ParseAsset(name + "/0"); err == nil {
		return name
	}
	// Too long, or with other characters: no two such names may become one.
	sum := sha256.Sum256([]byte(at.network + "\n" + at.contract))
	return "asset-" + hex.EncodeToString(sum[:16]) + suffix(at)
}

// suffix lets people see which it may be.
func suffix(at place) string {
	var b strings.Builder
	for _, r := range at.network {
		if b.Len() < 20 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') {
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "." + b.String()
}
