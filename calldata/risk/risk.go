// Package risk sorts calls into classes of risk, by what their functions are called
// and by their arguments: an allowance, a change of owner, foreign code on one's own
// storage. A rule names the classes that it has thought of; one that it has not
// named makes the engine abstain.
package risk

import (
	"math/bits"
	"strings"

	"countersign/calldata"
)

// A Set is a set of classes. The zero Set is empty.
type Set uint32

// The classes.
const (
	// Value is native value moved by the call.
	Value Set = 1 << iota
	// Recipient is a party that receives something: the target of native value, a
	// token's recipient.
	Recipient
	// Allowance is a right to move assets later, of any size, or its change.
	Allowance
	// UnlimitedAllowance is such a right without a bound that matters.
	UnlimitedAllowance
	// Delegatecall is foreign code on the caller's storage and balance.
	Delegatecall
	// Upgrade is a change of a contract's code.
	Upgrade
	// Ownership is a change of who owns or administers a contract.
	Ownership
	// Role is a change of who may do what.
	Role
	// Threshold is a change of how many must agree, or of how long they wait.
	Threshold
	// Guard is a change of a guard or fallback handler.
	Guard
	// Module is a change of the modules that may act for an account.
	Module
	// SelfDestruct is the end of a contract, or what looks like it.
	SelfDestruct
	// Deferred is a call that is made later or elsewhere: scheduled, proposed,
	// submitted to other signers, sent to another chain.
	Deferred
	// Executor is a call made in the name of an account that the call data hides.
	Executor
	// OpaqueData is an argument that the called contract hands on as bytes: an
	// executor's route, a hook's data.
	OpaqueData
)

// names are the wire names, in the order of the constants.
var names = [...]string{
	"value", "recipient", "allowance", "unlimited_allowance", "delegatecall", "upgrade", "ownership", "role",
	"threshold", "guard", "module", "self_destruct", "deferred", "executor", "opaque_data",
}

// Has reports whether all of other are in s.
func (s Set) Has(other Set) bool { return s&other == other }

// Names returns the wire names of the classes, in a fixed order.
func (s Set) Names() []string {
	out := make([]string, 0, bits.OnesCount32(uint32(s)))
	for i, name := range names {
		if s&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}

// String returns the wire names with commas.
func (s Set) String() string { return strings.Join(s.Names(), ",") }

// A Classifier finds the risks in the arguments of one function.
type Classifier func(*calldata.Call) Set

// byName are classes by a function's name in lower case, whatever its arguments:
// a contract that calls its function so means what the word says, or wants to be
// taken for it.
var byName = map[string]Set{
	"upgradeto": Upgrade, "upgradetoandcall": Upgrade, "upgrade": Upgrade, "upgradeandcall": Upgrade,
	"setimplementation": Upgrade, "_setimplementation": Upgrade, "changeimplementation": Upgrade,
	"changemastercopy": Upgrade, "diamondcut": Upgrade, "upgradebeaconto": Upgrade, "setbeacon": Upgrade,

	"transferownership": Ownership, "renounceownership": Ownership, "acceptownership": Ownership,
	"claimownership": Ownership, "setowner": Ownership, "changeowner": Ownership, "setadmin": Ownership,
	"changeadmin": Ownership, "changeproxyadmin": Ownership, "setpendingadmin": Ownership, "acceptadmin": Ownership,
	"transferadmin": Ownership, "_setpendingadmin": Ownership, "_acceptadmin": Ownership, "setgovernor": Ownership, "setauthority": Ownership,
	"begindefaultadmintransfer": Ownership, "acceptdefaultadmintransfer": Ownership, "swapowner": Ownership,
	"addowner": Ownership, "replaceowner": Ownership,
	"addownerwiththreshold": Ownership | Threshold, "removeowner": Ownership | Threshold,
	"setup": Ownership | Threshold | Guard,

	"grantrole": Role, "revokerole": Role, "renouncerole": Role, "setuprole": Role, "setroleadmin": Role,
	"grantroles": Role, "revokeroles": Role, "assignroles": Role, "setdefaultrole": Role, "setuserrole": Role,
	"addminter": Role, "removeminter": Role, "setminter": Role, "configureminter": Role, "updatemasterminter": Role,
	"addpauser": Role, "removepauser": Role, "updatepauser": Role, "updateblacklister": Role, "updaterescuer": Role,
	"addoperator": Role, "setoperator": Role | Allowance | UnlimitedAllowance,

	"changethreshold": Threshold, "setthreshold": Threshold, "changerequirement": Threshold,
	"updatedelay": Threshold, "setdelay": Threshold, "setquorum": Threshold, "updatequorumnumerator": Threshold,

	"setguard": Guard, "setmoduleguard": Guard, "setfallbackhandler": Guard, "settransactionguard": Guard,

	"enablemodule": Module, "disablemodule": Module, "installmodule": Module, "uninstallmodule": Module,
	"addmodule": Module, "removemodule": Module, "setmodule": Module,

	"kill": SelfDestruct, "destroy": SelfDestruct, "destruct": SelfDestruct, "selfdestruct": SelfDestruct,
	"suicide": SelfDestruct, "terminate": SelfDestruct, "destroycontract": SelfDestruct, "shutdown": SelfDestruct,

	"transfer": Recipient, "transferfrom": Recipient, "safetransfer": Recipient, "safetransferfrom": Recipient,
	"safebatchtransferfrom": Recipient, "batchtransfer": Recipient, "transferandcall": Recipient | OpaqueData,
	"transferfromandcall": Recipient | OpaqueData, "transferwithauthorization": Recipient,
	"receivewithauthorization": Recipient, "send": Recipient, "operatorsend": Recipient, "mint": Recipient,
	"safemint": Recipient, "mintto": Recipient, "mintbatch": Recipient, "issue": Recipient, "deposit": Recipient,
	"depositfor": Recipient, "withdraw": Recipient, "withdrawto": Recipient, "redeem": Recipient,
	"sweep": Recipient, "sweeptoken": Recipient, "rescue": Recipient, "rescueerc20": Recipient, "claim": Recipient,

	"swap": Recipient | OpaqueData,

	// What is agreed to is named by a hash or a number: nobody can read it here.
	"approvehash": OpaqueData, "signmessage": OpaqueData, "confirmtransaction": OpaqueData, "castvote": OpaqueData,
}

// allowances are functions by which somebody may move assets later. Where the
// arguments do not show how much, the right counts as unlimited.
var allowances = map[string]Classifier{
	"approve(address,uint256)":                                                                                          limited(1),
	"increaseAllowance(address,uint256)":                                                                                limited(1),
	"decreaseAllowance(address,uint256)":                                                                                func(*calldata.Call) Set { return Allowance },
	"increaseApproval(address,uint256)":                                                                                 limited(1),
	"decreaseApproval(address,uint256)":                                                                                 func(*calldata.Call) Set { return Allowance },
	"approve(address,address,uint160,uint48)":                                                                           limited(2), // Permit2
	"permit(address,address,uint256,uint256,uint8,bytes32,bytes32)":                                                     limited(2), // ERC-2612
	"permit(address,address,uint256,uint256,bytes)":                                                                     limited(2), // ERC-7597
	"permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)":                                                flagged(4), // DAI
	"setApprovalForAll(address,bool)":                                                                                   flagged(1),
	"setOperator(address,bool)":                                                                                         flagged(1), // ERC-6909
	"permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)":                                           permit2Single,
	"permit(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)":                                         permit2Batch,
	"permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)":                           spent,
	"permitTransferFrom(((address,uint256)[],uint256,uint256),(address,uint256)[],address,bytes)":                       spent,
	"permitWitnessTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes32,string,bytes)":     spent,
	"permitWitnessTransferFrom(((address,uint256)[],uint256,uint256),(address,uint256)[],address,bytes32,string,bytes)": spent,
	// 1inch: a non-empty permit is executed on the source token. In v4 it is part of the
	// description.
	"swap(address,(address,address,address,address,uint256,uint256,uint256,bytes),bytes)": func(c *calldata.Call) Set {
		if permit, _ := c.At(1).At(7).Bytes(); len(permit) > 0 {
			return Allowance | UnlimitedAllowance
		}
		return 0
	},
	"swap(address,(address,address,address,address,uint256,uint256,uint256),bytes,bytes)": func(c *calldata.Call) Set {
		if permit, _ := c.At(2).Bytes(); len(permit) > 0 {
			return Allowance | UnlimitedAllowance
		}
		return 0
	},
}

// allowanceNames are the words for a right to move assets, whatever follows.
var allowanceNames = []string{"approve", "increaseallowance", "increaseapproval", "setapprovalforall", "permit", "permitall",
	"authorizeoperator", "approveandcall", "setallowance", "forceapprove", "safeapprove", "permittransferfrom", "permitwitnesstransferfrom"}

// Classify chooses how the risks of a function's calls are found; nil when it has
// none of its own.
func Classify(f *calldata.Function) Classifier {
	name := strings.ToLower(f.Name)
	fixed := byName[name]
	byArgs := allowances[f.Signature]
	if byArgs == nil {
		for _, n := range allowanceNames {
			if n == name {
				fixed |= Allowance | UnlimitedAllowance
			}
		}
	}
	switch {
	case byArgs != nil:
		fixed &^= Allowance | UnlimitedAllowance // the arguments know better
		return func(c *calldata.Call) Set { return fixed | byArgs(c) }
	case fixed != 0:
		return func(*calldata.Call) Set { return fixed }
	}
	return nil
}

// Always are the classes that every call of a function carries, whatever its arguments.
func Always(f *calldata.Function) Set {
	classify := Classify(f)
	if classify == nil || allowances[f.Signature] != nil {
		return byName[strings.ToLower(f.Name)] &^ (Allowance | UnlimitedAllowance)
	}
	return classify(nil) // what has no arguments to look at does not look
}

// limited classifies an allowance whose amount is the argument at i.
func limited(i int) Classifier {
	return func(c *calldata.Call) Set { return OfAllowance(c.At(i)) }
}

// flagged classifies an allowance that is everything or nothing.
func flagged(i int) Classifier {
	return func(c *calldata.Call) Set {
		if on, _ := c.At(i).Bool(); on {
			return Allowance | UnlimitedAllowance
		}
		return Allowance
	}
}

func permit2Single(c *calldata.Call) Set { return OfAllowance(c.At(1).At(0).At(1)) }

func permit2Batch(c *calldata.Call) Set {
	r := Allowance
	for _, details := range c.At(1).At(0).List() {
		r |= OfAllowance(details.At(1))
	}
	return r
}

// spent is an allowance that is used up at once: it moves assets.
func spent(*calldata.Call) Set { return Allowance | Recipient }

// OfAllowance classifies an amount: unlimited is the largest of one of the widths
// that tokens keep allowances in, or from half of the word's range up. No real
// supply comes near either.
func OfAllowance(amount calldata.Value) Set {
	w, _ := amount.Word()
	if w[0]&0x80 != 0 {
		return Allowance | UnlimitedAllowance
	}
	for _, width := range []int{12, 16, 20, 32} { // uint96, uint128, uint160, uint256
		if isMax(w, width) {
			return Allowance | UnlimitedAllowance
		}
	}
	return Allowance
}

func isMax(w [32]byte, width int) bool {
	for i, b := range w {
		if want := byte(0xff); i >= 32-width && b != want || i < 32-width && b != 0 {
			return false
		}
	}
	return true
}
