package budgets

import (
	"encoding/json"
	"time"

	"countersign"
	"countersign/audit/form"
)

// balancesOf reads the balances of a decision. What they are written like nearly always
// is read by hand, which takes a tenth of the time; all else as encoding/json does, when
// that is the only way to read it.
func balancesOf(list []byte) (all []countersign.Balance, ok bool) {
	if one, ok := oneBalance(list); ok {
		return []countersign.Balance{one}, true
	}
	if !form.Unambiguous(list) || json.Unmarshal(list, &all) != nil {
		return nil, false
	}
	return all, true
}

// oneBalance reads a list of one balance as [countersign.Balance] is written.
func oneBalance(list []byte) (b countersign.Balance, ok bool) {
	if len(list) < 2 || list[0] != '[' {
		return b, false
	}
	members, ok := form.Object(list[1:len(list)-1], nil)
	if !ok || len(members) != 6 {
		return b, false
	}
	var texts [5][]byte
	for i, name := range []string{"budget", "amount", "limit", "since", "before"} {
		if texts[i], ok = form.String(members[i].Value); !ok || string(members[i].Name) != name {
			return b, false
		}
	}
	if string(members[5].Name) != "fits" {
		return b, false
	}
	switch string(members[5].Value) {
	case "true":
		b.Fits = true
	case "false":
	default:
		return b, false
	}
	var errs [4]error
	b.Budget = string(texts[0])
	errs[0] = b.Amount.UnmarshalText(texts[1])
	errs[1] = b.Limit.UnmarshalText(texts[2])
	b.Since, errs[2] = time.Parse(time.RFC3339Nano, string(texts[3]))
	errs[3] = b.Before.UnmarshalText(texts[4])
	return b, errs == [4]error{}
}
