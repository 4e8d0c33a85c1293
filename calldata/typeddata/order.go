package typeddata

import "slices"

// safeTx is a Safe's transaction, from v1.0.0 on (Safe.execTransaction). It stays
// good until the Safe's nonce has passed.
func safeTx(d *Data) (Form, bool) {
	m := d.message
	f := Form{Deadline: Never, Call: &Call{
		From: d.VerifyingContract, To: m.address("to"), Value: m.amount("value"), Data: m.bytes("data"), Operation: uint8(m.seconds("operation")),
	}}
	if price := m.amount("gasPrice"); !price.IsZero() {
		f.Refund = &Refund{Token: m.address("gasToken"), To: m.address("refundReceiver"), GasPrice: price, BaseGas: m.amount("baseGas")}
		if f.Refund.Token == zeroAddress {
			f.Refund.Token = ""
		}
		if f.Refund.To == zeroAddress {
			f.Refund.To = Anyone
		}
	}
	return f, f.Call.Operation <= 1
}

// forward is OpenZeppelin's request to an ERC-2771 forwarder: MinimalForwarder's,
// which has no deadline, or ERC2771Forwarder's.
func forward(d *Data) (Form, bool) {
	m := d.message
	f := Form{Deadline: Never, Call: &Call{From: m.address("from"), To: m.address("to"), Value: m.amount("value"), Data: m.bytes("data")}}
	if _, has := m.Member("deadline"); has {
		f.Deadline = m.seconds("deadline")
	}
	return f, true
}

// seaport is an order of Seaport 1.1 to 1.6. Amounts may move between their start
// and their end; the worse one for the signer is taken. The end is excluded.
func seaport(d *Data) (Form, bool) {
	m := d.message
	f := Form{NotBefore: m.seconds("startTime"), Deadline: before(m.seconds("endTime"))}
	if m.seconds("orderType") > 4 {
		return f, false
	}
	for _, side := range []string{"offer", "consideration"} {
		for _, item := range m.member(side).List() {
			t, ok := seaportItem(item)
			if !ok {
				return f, false
			}
			start := item.amount("startAmount")
			if side == "offer" {
				t.From, t.To = m.address("offerer"), Anyone
			} else {
				t.From, t.To = Anyone, item.address("recipient")
			}
			if more := start.Cmp(t.Amount) > 0; more == (side == "offer") {
				t.Amount = start
			}
			f.Transfers = append(f.Transfers, t)
		}
	}
	return f, true
}

// seaportItems are Seaport's ItemType, in order; the last two let the one who
// fills the order choose the token's ID.
var seaportItems = []Transfer{
	{Asset: Native}, {Asset: ERC20}, {Asset: ERC721}, {Asset: ERC1155}, {Asset: ERC721, AnyOf: true}, {Asset: ERC1155, AnyOf: true},
}

// seaportItem reads an item, with its end amount. Seaport refuses an item with
// what its type does not use.
func seaportItem(item Value) (t Transfer, ok bool) {
	typ := item.seconds("itemType")
	if typ >= uint64(len(seaportItems)) {
		return t, false
	}
	t = seaportItems[typ]
	t.Token, t.ID, t.Amount = item.address("token"), item.amount("identifierOrCriteria"), item.amount("endAmount")
	ok = typ > 1 || t.ID.IsZero()
	if t.Asset == Native {
		ok = ok && t.Token == zeroAddress
		t.Token = ""
	}
	return t, ok
}

// cowNative is the token by which CoW Protocol means the native asset, in buying.
const cowNative = "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"

// cowWords are the values of CoW's members that are strings (GPv2Trade).
var cowWords = map[string][]string{
	"kind":             {"sell", "buy"},
	"sellTokenBalance": {"erc20", "external", "internal"},
	"buyTokenBalance":  {"erc20", "internal"},
}

// cow is an order of CoW Protocol (GPv2Order). The fee is taken on top of what is
// sold; a receiver of zero is the signer.
func cow(d *Data) (Form, bool) {
	m := d.message
	for name, values := range cowWords {
		if !slices.Contains(values, string(m.bytes(name))) {
			return Form{}, false
		}
	}
	most, err := m.amount("sellAmount").Add(m.amount("feeAmount"))
	if err != nil {
		return Form{}, false
	}
	in := Transfer{Asset: ERC20, Token: m.address("buyToken"), From: Anyone, To: m.address("receiver"), Amount: m.amount("buyAmount")}
	if in.Token == cowNative {
		in.Asset, in.Token = Native, ""
	}
	if in.To == zeroAddress {
		in.To = Signer
	}
	return Form{Deadline: m.seconds("validTo"), Transfers: []Transfer{
		{Asset: ERC20, Token: m.address("sellToken"), From: Signer, To: Anyone, Amount: most}, in,
	}}, true
}
