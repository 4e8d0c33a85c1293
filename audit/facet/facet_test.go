package facet_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign"
	"countersign/audit/facet"
)

func TestWhatABodyIsFoundBy(t *testing.T) {
	for _, tt := range []struct{ body, want string }{
		{`{"approval_id":"ap-1","settlement_id":"s-1","wallet_id":"wa-1","network":"Net","wallets":["wa-1","wa-2"]}`,
			"approval=ap-1 lineage=approval/ap-1 lineage=settlement/s-1 wallet=wa-1 wallet=wa-2 network=Net"},
		{`{"vote":{"user_id":"us-alice","verdict":"approve"}}`, "decision=approve approver=us-alice"},
		{`{"verdict":"reject"}`, "decision=reject"},
		{`{"request":{"approval_id":"ap-2"},"settlement_id":"s","part_of":"whole","batch_id":"b"}`,
			"approval=ap-2 lineage=approval/ap-2 lineage=settlement/s lineage=settlement/whole lineage=settlement-batch/b"},
		{`{"approval_id":"ap-1","request":{"approval_id":"ap-2"}}`, "approval=ap-1 lineage=approval/ap-1"}, // a record is about one
		{`{"event":{"wallet_id":"wa-9"}}`, "wallet=wa-9"},
		{`{"request":"a text","vote":7,"wallet_id":"wa-1","wallets":{}}`, "wallet=wa-1"}, // members of another kind
		{`{"wallet_id":""}`, ""},
		{`[1]`, ""},
		{`{`, ""},
	} {
		var s facet.Set
		s.Body(json.RawMessage(tt.body))
		var got []string
		for _, f := range s.All() {
			got = append(got, f.Name+"="+f.Value)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s:\n%v, want\n%s", tt.body, got, tt.want)
		}
	}
}

func TestTheApprovalAtTheBeginning(t *testing.T) {
	var s facet.Set
	s.Thread("approval/ap-1")
	s.Thread("approval/ap-2") // it has one
	s.Thread("settlement/x")
	if got := fmt.Sprint(s.All()); got != "[{approval ap-1} {lineage approval/ap-1}]" {
		t.Error(got)
	}
}

// However many there are, none is left out, and each is there once.
func TestNoneIsLeftOut(t *testing.T) {
	const n = 3_000
	a := countersign.Activity{TypedData: &countersign.TypedData{Domain: []byte(`{"verifyingContract":"0xABCDEF0000000000000000000000000000000001"}`)}}
	for i := range n {
		a.Operations = append(a.Operations, countersign.Call{To: fmt.Sprintf("0x%036XABCD", i%(n/2)), Delegates: []string{fmt.Sprintf("0x%040x", i)}})
	}
	var s facet.Set
	s.Activity(a)
	if got := len(s.All()); got != n/2+n+1 {
		t.Errorf("%d contracts, want %d", got, n/2+n+1)
	}
	if !slices.Contains(s.All(), facet.Facet{Name: facet.Contract, Value: "0xabcdef0000000000000000000000000000000001"}) {
		t.Error("the contract of typed data is not there, in lower case")
	}
	for _, domain := range []string{`{"verifyingContract":"*"}`, `{"verifyingContract":7}`, `{}`, `x`} {
		var s facet.Set
		s.Activity(countersign.Activity{TypedData: &countersign.TypedData{Domain: []byte(domain)}})
		if len(s.All()) > 0 {
			t.Errorf("%s: %v", domain, s.All())
		}
	}
}
