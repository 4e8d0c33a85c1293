package rules

import (
	"fmt"

	"countersign"
	"countersign/calldata/calltree"
	"countersign/calldata/risk"
	"countersign/calldata/typeddata"
)

// A Message is EIP-712 typed data with access to its members by name. Asking for a
// member that it does not have, or as another type, panics, as with a [Call].
type Message struct {
	// Contract is the book's entry for the contract that verifies the signature.
	Contract Contract
	// Type is the message's type as EIP-712 encodes it, which rules are found by:
	// "Permit(address owner,address spender,…)".
	Type string
	// Form says what a message of a well-known type does: whom it lets take what,
	// until when. Its name is "unknown" for the others.
	Form typeddata.Form
	// Inside are the calls that the contract makes when the signature is used: what a
	// Safe executes, what a forwarder passes on. The engine has made sure that they
	// could be read.
	Inside []*Call

	data *typeddata.Data
}

// Address returns an address member of the message: 0x and 40 lower-case hex digits.
func (m *Message) Address(name string) string {
	a, ok := m.Member(name).Address()
	m.typed(ok, name, "an address")
	return a
}

// Amount returns an unsigned integer member.
func (m *Message) Amount(name string) Amount {
	a, ok := m.Member(name).Amount()
	m.typed(ok, name, "an unsigned integer")
	return a
}

// Member returns a member of any type.
func (m *Message) Member(name string) typeddata.Value {
	v, ok := m.data.Message().Member(name)
	if !ok {
		panic(fmt.Sprintf("%s has no member named %q", m.Type, name))
	}
	return v
}

func (m *Message) typed(ok bool, name, want string) {
	if !ok {
		panic(fmt.Sprintf("member %q of %s is not %s", name, m.Type, want))
	}
}

// Risks are the classes of risk that the message itself carries.
func (m *Message) Risks() (s risk.Set) {
	for _, a := range m.Form.Allowances {
		s |= risk.Allowance
		if a.Unlimited {
			s |= risk.UnlimitedAllowance
		}
	}
	for _, t := range m.Form.Transfers {
		s |= risk.Recipient
		if t.Asset == typeddata.Native {
			s |= risk.Value
		}
	}
	if m.Form.Refund != nil {
		s |= risk.Recipient | risk.Value
	}
	return s
}

// findMessage reads typed data, bound to the wallet's chain and to a contract of the
// book, and finds the rule for its type.
func (b *Book) findMessage(r *Request, t countersign.TypedData) (Rule, Decision) {
	d, err := typeddata.Parse(t.Types, t.Domain, t.Message, "")
	if err != nil {
		return nil, Abstain(countersign.MalformedTypedData, "%s", err)
	}
	if d.ChainID != t.ChainID {
		return nil, Abstain(countersign.MalformedTypedData, "the message is for chain %d, and %s is chain %d", d.ChainID, r.Network(), t.ChainID)
	}
	contract, known := b.contract(r.Network(), d.VerifyingContract)
	if !known {
		return nil, Abstain(countersign.UnknownContract, "nothing is pinned for %s on %s, which would verify the message", d.VerifyingContract, r.Network())
	}
	m := &Message{Contract: contract, Type: d.EncodeType(), Form: typeddata.Classify(d), data: d}
	r.Message = m
	rule := contract.Messages[m.Type]
	if rule == nil {
		return nil, Abstain(countersign.UnknownFunction, "the book has no rule for messages of type %.300s", m.Type)
	}
	named := contract.Risks[m.Type]
	if missing := m.Risks() &^ named; missing != 0 {
		return nil, Abstain(countersign.UnnamedRisk, "%s carries risks that its rule does not name: %s", d.PrimaryType, missing)
	}
	if m.Form.Call != nil {
		if d := b.readInside(r, m, named); d.Verdict != "" {
			return nil, d
		}
	}
	return rule, Decision{}
}

// readInside reads the call that a message makes its contract do; the zero Decision
// when it could be read and every risk in it is named.
func (b *Book) readInside(r *Request, m *Message, named risk.Set) Decision {
	f := m.Form.Call
	tx, err := transaction(countersign.Call{To: f.To, Value: f.Value, Data: f.Data})
	if err == nil && f.Operation > 1 {
		err = fmt.Errorf("operation %d is neither 0 (call) nor 1 (delegatecall)", f.Operation)
	}
	if err != nil {
		return Abstain(countersign.MalformedTypedData, "call: %s", err)
	}
	if f.Operation == 1 {
		tx.Operation = calltree.Delegatecall
		tx.Caller, _ = account(m.Contract.Address) // the book was checked
	}
	reader, err := b.reader(r.Network())
	if err != nil {
		return Abstain(countersign.UnreadableActivity, "the book cannot be used: %s", err)
	}
	tree := reader.Read(tx)
	if ps := tree.Problems(); len(ps) > 0 || tree.Opaque > 0 {
		return unread(ps)
	}
	m.Inside = []*Call{b.call(r.Network(), &tree.Roots[0])}
	return namedRisks(named, m.Inside...)
}
