package ingress

import (
	"countersign"
	"countersign/workflows"
	"countersign/workflows/settlement"

	commonpb "go.temporal.io/api/common/v1"
)

// A process is what all events of one case go to: how its workflow is named and what it is
// started with. It never changes for a kind that is in use: a case has one name for ever.
type process struct {
	// check refuses events that name no case.
	check func(countersign.Event) error
	id    func(countersign.Event) string
	input func(countersign.Event) any
	// words name the case in the Web UI, beside the workflow's type.
	words func(countersign.Event) []string
	// attributes are what its workflow can be found by in Temporal.
	attributes func(countersign.Event) *commonpb.SearchAttributes
}

// subjectNamed refuses an event whose subject is no ID.
func subjectNamed(e countersign.Event) error { return countersign.CheckID(e.Subject) }

// alone is an event that is a case of its own.
var alone = process{
	check: subjectNamed,
	id:    func(e countersign.Event) string { return workflows.EventID(e.Root()) },
	input: func(e countersign.Event) any { return workflows.EventInput{Event: e} },
	words: func(e countersign.Event) []string { return []string{string(e.Kind), e.Subject} },
	attributes: func(e countersign.Event) *commonpb.SearchAttributes {
		return keyword(workflows.EventKindAttribute.GetName(), string(e.Kind))
	},
}

// oneApproval is an approval, from its first event to its last.
var oneApproval = process{
	check: subjectNamed,
	id:    func(e countersign.Event) string { return workflows.ApprovalID(e.Subject) },
	input: func(e countersign.Event) any { return workflows.ApprovalInput{ApprovalID: e.Subject} },
	words: func(e countersign.Event) []string { return []string{e.Subject} },
	attributes: func(e countersign.Event) *commonpb.SearchAttributes {
		return keyword(workflows.ApprovalIDAttribute.GetName(), e.Subject)
	},
}

// oneDeposit is a transaction in which something came to a wallet of ours.
var oneDeposit = process{
	check: func(e countersign.Event) error {
		_, err := workflows.DepositOf(e)
		return err
	},
	id: func(e countersign.Event) string {
		in, _ := workflows.DepositOf(e) // it was checked
		return workflows.DepositID(in.Network, in.TxHash)
	},
	input: func(e countersign.Event) any {
		in, _ := workflows.DepositOf(e)
		return in
	},
	words: func(e countersign.Event) []string { return []string{e.Subject} },
	attributes: func(e countersign.Event) *commonpb.SearchAttributes {
		in, _ := workflows.DepositOf(e)
		return keyword(workflows.NetworkAttribute.GetName(), in.Network)
	},
}

// A request to send something is a settlement, whoever has made it.
var (
	oneTransfer    = oneRequest(countersign.TransferRequest)
	oneTransaction = oneRequest(countersign.TransactionRequest)
)

func oneRequest(kind countersign.RequestKind) process {
	ref := func(e countersign.Event) countersign.RequestRef {
		return countersign.RequestRef{Kind: kind, WalletID: e.WalletID, ID: e.Subject}
	}
	id := func(e countersign.Event) string { return countersign.SettlementID(e.ExternalID, e.Subject) }
	return process{
		check: func(e countersign.Event) error { return ref(e).Check() },
		id:    func(e countersign.Event) string { return workflows.SettlementID(id(e)) },
		input: func(e countersign.Event) any {
			r := ref(e)
			return settlement.SettlementInput{ID: id(e), Request: &r}
		},
		words: func(e countersign.Event) []string { return []string{id(e)} },
		attributes: func(e countersign.Event) *commonpb.SearchAttributes {
			return keyword(workflows.WalletIDAttribute.GetName(), e.WalletID)
		},
	}
}
