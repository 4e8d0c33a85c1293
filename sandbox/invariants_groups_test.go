package sandbox_test

import "slices"

// counted is how many approvals count in a group.
func (m *model) counted(a ruled, g map[string]any) int {
	n := 0
	for _, d := range a.Decisions {
		machine := d.UserID == m.people[3].userID
		listed := !machine
		if users, named := g["approvers"].(map[string]any)["userId"]; named {
			listed = slices.Contains(users.(map[string]any)["in"].([]string), d.UserID)
		}
		if d.Value == "Approved" && listed && (!machine || g["serviceAccountsCanApprove"].(bool)) &&
			(d.UserID != a.InitiatorID || g["initiatorCanApprove"].(bool)) {
			n++
		}
	}
	return n
}

// raw is JSON as it is.
type raw string

// MarshalJSON returns the text.
func (r raw) MarshalJSON() ([]byte, error) { return []byte(r), nil }
