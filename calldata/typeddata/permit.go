package typeddata

import (
	"math/big"
	"strings"

	"countersign"
)

var (
	maxUint256 = ones(256)
	maxUint160 = ones(160)
)

// ones is the largest number of so many bits.
func ones(bits uint) countersign.Amount {
	i := new(big.Int).Lsh(big.NewInt(1), bits)
	a, _ := countersign.AmountFromBig(i.Sub(i, big.NewInt(1))) // in range by construction
	return a
}

// permit is ERC-2612's: the allowance outlives the deadline.
func permit(d *Data) (Form, bool) {
	m, amount := d.message, d.message.amount("value")
	return Form{Deadline: m.seconds("deadline"), Allowances: []Allowance{{
		Token: d.VerifyingContract, Owner: m.address("owner"), Spender: m.address("spender"),
		Amount: amount, Unlimited: amount.Cmp(maxUint256) == 0, Expiry: Never,
	}}}, true
}

// daiPermit is all or nothing, and an expiry of zero is none (dai.sol).
func daiPermit(d *Data) (Form, bool) {
	m := d.message
	a := Allowance{Token: d.VerifyingContract, Owner: m.address("holder"), Spender: m.address("spender"), Expiry: Never}
	if allowed, _ := m.member("allowed").Bool(); allowed {
		a.Amount, a.Unlimited = maxUint256, true
	}
	f := Form{Deadline: m.seconds("expiry"), Allowances: []Allowance{a}}
	if f.Deadline == 0 {
		f.Deadline = Never
	}
	return f, true
}

// permitSingle is Permit2's allowance, of one token or of many
// (AllowanceTransfer.permit). It cannot be more than the token allows Permit2.
func permitSingle(d *Data) (Form, bool) {
	f := Form{Deadline: d.message.seconds("sigDeadline")}
	for _, p := range d.message.each("details") {
		amount := p.amount("amount")
		f.Allowances = append(f.Allowances, Allowance{
			Token: p.address("token"), Owner: Signer, Spender: d.message.address("spender"),
			Amount: amount, Unlimited: amount.Cmp(maxUint160) >= 0, Expiry: p.seconds("expiration"),
		})
	}
	return f, true
}

// permitTransferFrom is Permit2's transfer, once, to whom the spender says
// (SignatureTransfer.permitTransferFrom), of one token or of many.
func permitTransferFrom(d *Data) (Form, bool) {
	deadline := d.message.seconds("deadline")
	f := Form{Deadline: deadline}
	for _, p := range d.message.each("permitted") {
		amount := p.amount("amount")
		f.Allowances = append(f.Allowances, Allowance{
			Token: p.address("token"), Owner: Signer, Spender: d.message.address("spender"),
			Amount: amount, Unlimited: amount.Cmp(maxUint160) >= 0, Once: true, Expiry: deadline,
		})
	}
	return f, true
}

// witness knows Permit2's transfers that carry a struct of the spender's, of any
// type and name. What the witness says is between the signer and the spender and
// is not read; the tokens may be taken whatever it says, if the spender lets them.
func witness(d *Data) (FormName, reading) {
	def := d.message.typ.def
	if len(def.fields) != 5 || def.fields[4].typ.kind != structKind {
		return Unknown, nil
	}
	permitted := def.refers()[0]
	if permitted.own() != tokenPermissions || permitted.encodeType() != tokenPermissions {
		return Unknown, nil
	}
	switch own := def.own(); {
	case strings.HasPrefix(own, "PermitWitnessTransferFrom(TokenPermissions permitted,"+permitTransfer+","):
		return Permit2Witness, permitTransferFrom
	case strings.HasPrefix(own, "PermitBatchWitnessTransferFrom(TokenPermissions[] permitted,"+permitTransfer+","):
		return Permit2BatchWitness, permitTransferFrom
	}
	return Unknown, nil
}

// transferWithAuthorization is ERC-3009's; both of its times are excluded.
func transferWithAuthorization(d *Data) (Form, bool) {
	m := d.message
	return Form{
		NotBefore: min(m.seconds("validAfter"), Never-1) + 1, Deadline: before(m.seconds("validBefore")),
		Transfers: []Transfer{{Asset: ERC20, Token: d.VerifyingContract, From: m.address("from"), To: m.address("to"), Amount: m.amount("value")}},
	}, true
}

// empty is for what neither moves nor allows anything by itself. A SafeMessage is
// of these: its bytes are mostly a hash, and what accepts it could be anything.
func empty(*Data) (Form, bool) { return Form{Deadline: Never}, true }
