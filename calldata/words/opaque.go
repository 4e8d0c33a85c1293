package words

import (
	"countersign/calldata"
	"countersign/calldata/calltree"
	"countersign/calldata/erc7730"
)

// opaque tells what could not be read, how it is reached, and why.
func (s *speech) opaque() string {
	n, size := s.node, count(len(s.node.Data), "byte")
	if n.Kind == calltree.Creation && n.Operation == calltree.Create {
		return "create a contract from code that cannot be read, " + size
	}
	who := s.who(n.To)
	switch {
	case n.Kind == calltree.Creation:
		return "create a contract through " + who + " from salt and code that cannot be read, " + size
	case n.Via == "eip7702":
		return "give an account the code of " + who + " by an EIP-7702 authorisation, which cannot be read"
	}
	how, by := "call", ""
	if n.Step {
		how, by = "step", "step, "
	} else if n.Operation == calltree.Delegatecall || n.Operation == calltree.Staticcall {
		how, by = n.Operation.String(), n.Operation.String()+", "
	}
	why := calldata.Refusal{Why: "no reason is given"}
	if n.Anomaly != nil {
		why = *n.Anomaly
	}
	selector, _ := n.Selector()
	text := ""
	switch why.Code {
	case calltree.UnknownContract:
		text = by + "unknown contract " + who
	case calldata.UnknownSelector:
		text = by + "unknown function " + selector.String() + " of " + who
	case calltree.AfterUpgrade:
		text = by + "an earlier call of the same transaction may change the code of " + who
	case calltree.NoCallData:
		text = by + who + " is called without data, which runs its fallback"
	default:
		if f := n.Call.Function; f != nil {
			how = by + shortName(f.Name, 48)
		}
		text = how + " of " + who + ": " + erc7730.Plain(why.Why, 200)
	}
	return "cannot be read: " + text + ", " + size
}
