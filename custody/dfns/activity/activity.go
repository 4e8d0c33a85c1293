// Package activity reads what an approval at DFNS asks for: the "activity" of
// dfns.md §4.4, into the vocabulary of package countersign.
//
// It is where a byte that DFNS will sign becomes a recipient and an amount that
// a rule judges, so it never guesses. A kind, a member or a spelling that is not
// documented makes the activity unreadable, with the reason in its Unreadable
// field, and then nobody but people decide it. The package is pure: it opens no
// connection and reads no clock.
package activity

import (
	"encoding/json"
	"fmt"

	"countersign"
)

// signKind is the one activity kind under which assets move (dfns.md §4.2).
const signKind = "Wallets:Sign"

// requests are the members under which an activity holds what is asked, one per
// activity (dfns.md §4.4).
var requests = []string{
	"transferRequest", "transactionRequest", "signatureRequest", "swapRequest", "blockchainEvent", "changeRequest",
}

// Read translates what is asked. Whatever is not exactly of a shape that we know
// has neither a transfer nor a call nor typed data, and says why. Keys count exactly as
// documented; raw must have passed strictjson.Check, or it could mean something
// else to another reader.
func Read(raw json.RawMessage) countersign.Activity {
	m := members(raw)
	a := countersign.Activity{Kind: text(m["kind"])}
	var name string
	for _, r := range requests {
		if m[r] == nil {
			continue
		}
		if name != "" {
			a.Unreadable = fmt.Sprintf("activity holds both a %s and a %s", name, r)
			return a
		}
		name = r
	}
	if name == "" {
		a.Unreadable = fmt.Sprintf("activity of kind %.64q holds no request that we know", a.Kind)
		return a
	}
	entity := members(m[name])
	body := members(entity["requestBody"])
	a.Request = requestKind(name, entity, body)
	a.RequestID = text(entity["id"])
	a.ExternalID = text(entity["externalId"])
	a.WalletID = text(entity["walletId"])
	a.Network = text(entity["network"])

	var err error
	switch {
	case a.Kind != signKind:
		err = fmt.Errorf("activities of kind %.64q are not read", a.Kind)
	case name == "transferRequest":
		a.Transfer, err = transfer(a.Request, body)
	case name == "transactionRequest":
		err = transaction(&a, body)
	case name == "signatureRequest":
		err = signature(&a, body)
	default:
		err = fmt.Errorf("a %s is not read", name)
	}
	if err != nil { // half of what is asked is none of it
		a.Transfer, a.Call, a.Operations, a.TypedData = nil, nil, nil, nil
		a.Unreadable = err.Error()
	}
	return a
}

// requestKind names what is asked in DFNS's word: the kind of the body, of the
// entity where it has no body, else the member that holds it.
func requestKind(name string, entity, body map[string]json.RawMessage) string {
	for _, kind := range []string{text(body["kind"]), text(entity["kind"])} {
		if kind != "" {
			return kind
		}
	}
	return name
}

// members returns the members of an object, and none of anything else.
func members(raw json.RawMessage) (m map[string]json.RawMessage) {
	_ = json.Unmarshal(raw, &m)
	return m
}

// text returns the text of a string, and "" of anything else.
func text(raw json.RawMessage) (s string) {
	_ = json.Unmarshal(raw, &s)
	return s
}
