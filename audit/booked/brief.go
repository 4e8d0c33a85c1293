package booked

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"countersign"
)

// What stands in a record, which has 64 KiB in base64: the first of each, and sentences cut at so
// many bytes. A move has at most about 330 bytes, the ID of a wallet about 35.
const (
	MaxMoves    = 60
	MaxDoubts   = 10
	MaxWallets  = 300
	maxSentence = 1000
)

// Brief is an effect as a record holds it: the first of its moves that touch an address of ours,
// and the first of its doubts. All of it is whole, JSON, which goes beside the trail by its
// digest, the SHA-256 in lower-case hex.
func Brief(e countersign.Effect, ours func(address string) bool) (brief countersign.Effect, whole []byte, digest string, err error) {
	if whole, err = json.Marshal(e); err != nil {
		return brief, nil, "", fmt.Errorf("effect of %s: %w", e.TxHash, err)
	}
	sum := sha256.Sum256(whole)
	brief = e
	brief.Moves = slices.DeleteFunc(slices.Clone(e.Moves), func(m countersign.Move) bool { return !ours(m.From) && !ours(m.To) })
	brief.Moves = brief.Moves[:min(len(brief.Moves), MaxMoves)]
	brief.Doubts = nil
	for _, doubt := range e.Doubts[:min(len(e.Doubts), MaxDoubts)] {
		brief.Doubts = append(brief.Doubts, Sentence(doubt))
	}
	return brief, whole, hex.EncodeToString(sum[:]), nil
}

// Sentence is a text as long as a record may hold it.
func Sentence(text string) string {
	if len(text) <= maxSentence {
		return text
	}
	return strings.ToValidUTF8(text[:maxSentence], "") + " …"
}

// Names are the first of the IDs of wallets, sorted.
func Names(wallets []string) []string {
	slices.Sort(wallets)
	return wallets[:min(len(wallets), MaxWallets)]
}
