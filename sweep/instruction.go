package sweep

import "countersign"

// Instruction is how a move of the plan is asked for. Only the plan's run and price are read.
//
// The native asset is sent by a call that fixes what gas costs: the priority fee is all of the
// price, so that whatever the base fee is, a unit costs the price exactly (EIP-1559). A wallet
// whose move uses all its gas is left with exactly what the plan says. A token is sent as the
// custodian's own transfer, for which DFNS takes no gas price (dfns.md §5.2): there the fee of
// the plan is what is kept ready for it.
//
// It is refused where our own books have not as much free in the wallet.
func (p Plan) Instruction(m Move) countersign.Instruction {
	i := countersign.Instruction{
		ExternalID: m.ExternalID, WalletID: m.WalletID, Network: p.Run.Order.Network, Covered: true,
		Purpose: p.Run.ID() + ": " + reasons[m.Purpose],
	}
	if m.Contract != "" {
		i.Transfer = &countersign.Transfer{Kind: "Erc20", Asset: m.Contract, To: m.To, Amount: m.Amount}
		return i
	}
	i.Call = &countersign.Call{
		To: m.To, Value: m.Amount, GasLimit: countersign.NewAmount(m.Gas), MaxFeePerGas: p.Price, MaxPriorityFeePerGas: p.Price,
	}
	return i
}

// reasons are the purposes in words, for the books and whoever approves.
var reasons = map[Purpose]string{
	GasTopUp:   "gas for moving its tokens",
	ToTreasury: "what is above the floor, to the treasury",
}
