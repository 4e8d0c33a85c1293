package calltree_test

import (
	"testing"

	"countersign/calldata/calltree"
)

// given is the line of an account that is given code.
func given(delegate string) string {
	return "  delegatecall " + delegate + " unknown via=eip7702 {delegatecall,upgrade} !set_code@0"
}

// Transactions of type 4: the code of accounts changes, so that no machine may
// approve them, whatever else they do.
func TestSetCodeTransactions(t *testing.T) {
	r := worldReader(t)
	paidOnce := "call usdc " + transfer + " {recipient}" // it makes a call, as drawn: no arguments
	for _, tt := range []struct {
		name      string
		to        string
		value     int
		data      []byte
		delegates []string
		want      []string
	}{
		{"an authorisation is a leaf", "usdc", 0, pay("bob", 1), []string{"delegate"}, makes(paidOnce, given("delegate"))},
		{"each authorisation is one, in order", "usdc", 0, pay("bob", 1), []string{"delegate", "singleton", "delegate"},
			makes(paidOnce, given("delegate"), given("singleton"), given("delegate"))},
		{"an authorisation that clears the code is one too", "usdc", 0, pay("bob", 1), []string{"zero"}, makes(paidOnce, given("zero"))},
		{"they follow the calls of the transaction", "safe", 0, transactionOf("usdc", 0, pay("bob", 1), 0), []string{"delegate"},
			[]string{"call safe " + execTransaction, paid("safe", "bob", 1), given("delegate")}},
		{"they follow a transfer of value", "alice", 5, nil, []string{"delegate"}, []string{"call alice value=5 transfer {value,recipient}", given("delegate")}},
		{"they follow calls that are opaque themselves", "safe", 0, transactionOf("stranger", 0, pay("bob", 1), 0), []string{"delegate"},
			[]string{"call safe " + execTransaction, "  call stranger unknown via=safe !unknown_contract@0", given("delegate")}},
		{"a leaf that is opaque stays one", "stranger", 0, pay("bob", 1), []string{"delegate"}, []string{"call stranger unknown !unknown_contract@0"}},
		{"none that are listed is opaque", "usdc", 0, pay("bob", 1), nil, []string{"call usdc unknown " + transfer + " {recipient} !set_code@0"}},
		{"none for an account is opaque", "alice", 5, nil, nil, []string{"call alice value=5 unknown {value,recipient} !set_code@0"}},
		{"none for a contract that nobody knows", "stranger", 0, pay("bob", 1), nil, []string{"call stranger unknown !unknown_contract@0"}},
		{"none for a wrapper of something opaque", "safe", 0, transactionOf("stranger", 0, pay("bob", 1), 0), nil,
			[]string{"call safe unknown " + execTransaction + " !set_code@0"}},
		{"none for a wrapper", "safe", 0, transactionOf("usdc", 0, pay("bob", 1), 0), nil, []string{"call safe unknown " + execTransaction + " !set_code@0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			to := at(tt.to)
			tx := calltree.Transaction{To: &to, Value: wei(tt.value), Data: tt.data, SetCode: true}
			for _, d := range tt.delegates {
				tx.Delegates = append(tx.Delegates, at(d))
			}
			sameLines(t, drawn(read(t, r, tx)), tt.want)
			tx.SetCode = false // a list of authorisations is enough
			if tt.delegates != nil {
				sameLines(t, drawn(read(t, r, tx)), tt.want)
			}
		})
	}
}

// Each transaction of several has its own authorisations.
func TestSetCodeOfOneRoot(t *testing.T) {
	usdc := at("usdc")
	tree := read(t, worldReader(t), calltree.Transaction{To: &usdc, Data: pay("bob", 1)},
		calltree.Transaction{To: &usdc, Data: pay("bob", 2), SetCode: true, Delegates: []calltree.Address{at("delegate")}})
	sameLines(t, drawn(tree), []string{"call usdc " + transfer + " [bob 1] {recipient}", "call usdc " + transfer + " {recipient}", given("delegate")})
	if ps := tree.Problems(); len(ps) != 1 || ps[0].Path != "[1].transfer[0]" {
		t.Errorf("problems %v, want one at [1].transfer[0]", ps)
	}
}

// Authorisations count as calls do.
func TestSetCodeKeepsTheBudget(t *testing.T) {
	safe := at("safe")
	for n, want := range map[int]int{calltree.MaxNodes - 2: calltree.MaxNodes - 1, calltree.MaxNodes - 1: 1, calltree.MaxNodes: 1} {
		tree := read(t, worldReader(t), calltree.Transaction{
			To: &safe, Data: transactionOf("stranger", 0, pay("bob", 1), 0), SetCode: true, Delegates: make([]calltree.Address, n)})
		if tree.Opaque != want || tree.Nodes > calltree.MaxNodes {
			t.Errorf("%d authorisations: %d opaque of %d nodes, want %d", n, tree.Opaque, tree.Nodes, want)
		}
	}
}
