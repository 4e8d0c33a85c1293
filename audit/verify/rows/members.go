package rows

import (
	"strings"

	"countersign/audit/form"
)

// A member is one of those that the checks read, of any of the bodies.
type member int

const (
	approvalID member = iota
	verdict
	intentLeaf
	result
	reason
	decision
	outcome
	status
	balances
	receipt
	evidence
	askedAt
	initiatorID
	makerGroups
	checkerGroups
	scope
	request
	wallet
	books
	appliedRules
	halted
	memberCount
)

// memberOf is the member of a name, memberCount for one that is not read.
func memberOf(name []byte) member {
	switch string(name) {
	case "approval_id":
		return approvalID
	case "verdict":
		return verdict
	case "intent":
		return intentLeaf
	case "result":
		return result
	case "reason":
		return reason
	case "decision":
		return decision
	case "outcome":
		return outcome
	case "status":
		return status
	case "budgets":
		return balances
	case "receipt":
		return receipt
	case "evidence":
		return evidence
	case "asked_at":
		return askedAt
	case "initiator_id":
		return initiatorID
	case "maker_groups":
		return makerGroups
	case "checker_groups":
		return checkerGroups
	case "scope":
		return scope
	case "request":
		return request
	case "wallet_id":
		return wallet
	case "books":
		return books
	case "applied_rules":
		return appliedRules
	case "halted":
		return halted
	}
	return memberCount
}

// picked are the values of members, nil where one is missing.
type picked [memberCount][]byte

// pick finds the members that are read. Of two that differ in case or escapes only, one
// reader might take one and another reader the other: that is unclear.
func (values *picked) pick(members []form.Member) (unclear string) {
	for _, m := range members {
		which := memberOf(m.Name)
		if which == memberCount {
			if ordinary(m.Name) {
				continue
			}
			// The upper case first: encoding/json takes the Kelvin sign for a k.
			name := strings.ToLower(strings.ToUpper(form.Text(m.Name)))
			if memberOf([]byte(name)) == memberCount {
				continue
			}
			return "it spells the member " + name + " otherwise"
		}
		if values[which] != nil {
			return "it has the member " + string(m.Name) + " twice"
		}
		values[which] = m.Value
	}
	return ""
}

// ordinary reports whether a name has one spelling and one case.
func ordinary(name []byte) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}
