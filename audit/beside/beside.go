// Package beside finds what records name and do not hold: the bytes that are kept beside the
// trail under their SHA-256, which whoever verifies a record may ask for.
//
// A record has other digests too, of what is kept elsewhere or nowhere: of call data, of a
// snapshot, of a step of the books, of the answer to a vote. Which members name evidence is
// said here, by the types of records, and not guessed from their form.
package beside

import (
	"encoding/hex"
	"encoding/json"
	"strings"

	"countersign/audit"
)

// A Name is how something kept beside the trail is called.
type Name struct {
	// Digest is its SHA-256.
	Digest [32]byte
	// List says that its bytes name others; see [Inside].
	List bool
}

// String is the digest as records have it, lower-case hex.
func (n Name) String() string { return hex.EncodeToString(n.Digest[:]) }

// listKind is the kind of evidence that is a list of evidence. Wire format.
const listKind = "list"

// body has the members of all types of records that name evidence.
type body struct {
	Evidence []audit.Evidence `json:"evidence"`
	Shadow   struct {
		Evidence []audit.Evidence `json:"evidence"`
	} `json:"shadow"`
	Decision string `json:"decision_sha256"`
	Log      string `json:"log_sha256"`
	Alarm    string `json:"evidence_sha256"`
	Report   string `json:"report_sha256"`
	Effect   string `json:"effect_sha256"`
	Answer   string `json:"answer_sha256"`
	Request  string `json:"request_sha256"`
	Contents string `json:"contents_sha256"`
}

// members are those that name evidence, by the types of records.
var members = map[audit.Type]func(*body, *names){
	audit.DecisionIntent: func(b *body, n *names) {
		n.evidence(b.Evidence)
		n.evidence(b.Shadow.Evidence)
	},
	audit.HumanDecided:     func(b *body, n *names) { n.add(b.Decision, false); n.add(b.Log, false) },
	audit.AlarmRaised:      func(b *body, n *names) { n.add(b.Alarm, false) },
	"approval.rescreened":  func(b *body, n *names) { n.add(b.Report, false) },
	"deposit.booked":       effect,
	"deposit.doubtful":     effect,
	"deposit.vanished":     effect,
	"settlement.opened":    func(b *body, n *names) { n.add(b.Request, false) },
	"settlement.submitted": func(b *body, n *names) { n.add(b.Answer, false) },
	"settlement.settled":   effect,
	"sweep.planned":        contents,
	"sweep.approved":       contents,
	"sweep.declined":       contents,
	"sweep.closed":         contents,
}

func effect(b *body, n *names)   { n.add(b.Effect, false) }
func contents(b *body, n *names) { n.add(b.Contents, true) }

// Names are what a record names, in its order. A body that cannot be read names nothing.
func Names(r audit.Record) []Name {
	of, ok := members[r.Type]
	if !ok {
		return nil
	}
	var b body
	if json.Unmarshal(r.Body, &b) != nil {
		return nil
	}
	var n names
	of(&b, &n)
	return n
}

// Inside are what the bytes of a [Name] with List name in their turn: a list of evidence, or
// the table of contents of a sweep. Other bytes name nothing.
func Inside(text []byte) []Name {
	var n names
	var list []audit.Evidence
	if json.Unmarshal(text, &list) == nil {
		n.evidence(list)
		return n
	}
	var table struct {
		TopUps  []string `json:"top_ups"`
		Moves   []string `json:"moves"`
		Skips   []string `json:"skips"`
		Results []string `json:"results"`
	}
	if json.Unmarshal(text, &table) != nil {
		return nil
	}
	for _, part := range [][]string{table.TopUps, table.Moves, table.Skips, table.Results} {
		for _, digest := range part {
			n.add(digest, false)
		}
	}
	return n
}

type names []Name

// add adds a digest; what is none is passed over.
func (n *names) add(digest string, list bool) {
	if one, ok := Parse(digest); ok {
		one.List = list
		*n = append(*n, one)
	}
}

func (n *names) evidence(all []audit.Evidence) {
	for _, e := range all {
		n.add(e.Digest, e.Kind == listKind)
		if long, is := strings.CutPrefix(e.Asked, "sha256:"); is {
			n.add(long, false)
		}
	}
}

// Parse reads a SHA-256 in lower-case hex.
func Parse(digest string) (n Name, ok bool) {
	if len(digest) != hex.EncodedLen(len(n.Digest)) || strings.ToLower(digest) != digest {
		return n, false
	}
	_, err := hex.Decode(n.Digest[:], []byte(digest))
	return n, err == nil
}
