package words

import (
	"countersign/calldata"
	"countersign/calldata/calltree"
	"countersign/calldata/erc7730"
)

// opaque tells what could not be read, and why.
func (s *speech) opaque() string {
	n := s.node
	size := count(len(n.Data), "byte")
	switch {
	case n.Kind == calltree.Creation && n.Operation == calltree.Create:
		return "create a contract from code that cannot be read, " + size
	case n.Kind == calltree.Creation:
		return "create a contract through " + s.who(n.To) + " from salt and code that cannot be read, " + size
	case n.Via == "eip7702":
		return "give an account the code of " + s.who(n.To) + " by an EIP-7702 authorisation, which cannot be read"
	}
	how := map[calltree.Operation]string{calltree.Delegatecall: "delegatecall, ", calltree.Staticcall: "static call, "}[n.Operation]
	if n.Step {
		how = "step, "
	}
	return "cannot be read: " + how + s.why() + ", " + size
}

func (s *speech) why() string {
	n, who := s.node, s.who(s.node.To)
	if n.Anomaly == nil {
		return "call of " + who
	}
	selector, _ := n.Selector()
	switch n.Anomaly.Code {
	case calltree.UnknownContract:
		return "unknown contract " + who
	case calldata.UnknownSelector:
		return "unknown function " + selector.String() + " of " + who
	case calltree.AfterUpgrade:
		return "the code of " + who + " changes earlier in the same transaction"
	case calltree.NoCallData:
		return who + " is called without data, which runs its fallback"
	}
	what := "call of "
	if f := n.Call.Function; f != nil {
		what = shortName(f.Name, 48) + " of "
	}
	return what + who + ": " + erc7730.Plain(n.Anomaly.Why, 200)
}
