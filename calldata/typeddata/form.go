package typeddata

import (
	"math"

	"countersign"
)

// A FormName names a well-known message. Wire format: add, never rename.
type FormName string

// The forms that [Classify] knows, each by the exact type that it has there.
const (
	Unknown              FormName = "unknown"
	ERC2612Permit        FormName = "erc2612_permit"
	DAIPermit            FormName = "dai_permit"
	Permit2Single        FormName = "permit2_single"
	Permit2Batch         FormName = "permit2_batch"
	Permit2Transfer      FormName = "permit2_transfer_from"
	Permit2BatchTransfer FormName = "permit2_batch_transfer_from"
	Permit2Witness       FormName = "permit2_witness_transfer_from"
	Permit2BatchWitness  FormName = "permit2_batch_witness_transfer_from"
	ERC3009Transfer      FormName = "erc3009_transfer"
	ERC3009Receive       FormName = "erc3009_receive"
	ERC3009Cancel        FormName = "erc3009_cancel"
	SafeTx               FormName = "safe_tx"
	SafeMessage          FormName = "safe_message"
	SeaportOrder         FormName = "seaport_order"
	CoWOrder             FormName = "cow_order"
	ERC2771Request       FormName = "erc2771_forward_request"
)

// A Form says what a message of a well-known type does when the contract that
// the type is known from verifies it. Any contract may use the same types for
// something else, so it holds only where VerifyingContract is known to be one:
// the token of a permit, Permit2, the Safe itself, Seaport, CoW's settlement.
//
// Times are Unix seconds. Addresses are 0x and 40 lower-case hex digits, or one
// of [Signer] and [Anyone].
type Form struct {
	Name FormName
	// NotBefore is the first second at which the signature can be used.
	NotBefore uint64
	// Deadline is the last, or [Never]. What it started may last longer.
	Deadline uint64
	// Allowances are what others may take once the signature is used.
	Allowances []Allowance
	// Transfers are what moves when it is used, out of the signer's hands and
	// into them.
	Transfers []Transfer
	// Call is what the verifying contract calls when it is used.
	Call *Call
	// Refund is what a Safe pays for gas beside the call, nil where it pays none.
	Refund *Refund
}

// Never is the time of what does not end.
const Never uint64 = math.MaxUint64

// The parties that a message does not name.
const (
	Signer = "signer" // whoever signs
	Anyone = "anyone" // whoever uses the signature
)

// An Allowance lets Spender take Owner's tokens.
type Allowance struct {
	Token, Owner, Spender string
	// Amount is the most, in the token's minor units; zero takes an allowance away.
	Amount countersign.Amount
	// Unlimited says that Amount stands for all there is and will be: 2^256-1, or
	// from 2^160-1 on in a message to Permit2.
	Unlimited bool
	// Once says that one transfer uses it up, whatever the amount.
	Once bool
	// Expiry is the last second at which it can be used, or [Never]. In Permit2's
	// single and batch forms zero means: only in the block in which it is granted.
	Expiry uint64
}

// The kinds of asset that a [Transfer] moves.
const (
	Native  = "native"
	ERC20   = "erc20"
	ERC721  = "erc721"
	ERC1155 = "erc1155"
)

// A Transfer moves an asset from one party to another.
type Transfer struct {
	// Asset is one of [Native], [ERC20], [ERC721] and [ERC1155].
	Asset string
	// Token is the contract, "" for the native asset.
	Token    string
	From, To string
	// Amount is what moves, in minor units. In an order it is the most that the
	// signer gives and the least that is given in return.
	Amount countersign.Amount
	// ID is the token's, for ERC-721 and ERC-1155. With AnyOf it is the root of a
	// tree of IDs to choose from, and zero means that any will do (Seaport).
	ID    countersign.Amount
	AnyOf bool
}

// A Call is what the verifying contract does for the signer.
type Call struct {
	// From is who the call counts as: the Safe, or the forwarder's signer.
	From, To string
	Value    countersign.Amount
	Data     []byte
	// Operation is 0 for a call and 1 for a delegatecall, which may do anything
	// to the Safe.
	Operation uint8
}

// A Refund is paid by a Safe to who executes its transaction: GasPrice for each
// unit of gas used and of BaseGas (Safe, handlePayment).
type Refund struct {
	// Token is "" for the native asset.
	Token string
	// To is [Anyone] where the one who executes is paid.
	To                string
	GasPrice, BaseGas countersign.Amount
}

// Classify says what d does, or that it is of no form that we know. A message of
// a known type with a value that its contract would not take is of none either.
func Classify(d *Data) Form {
	name, read := known(d)
	if read != nil {
		if f, ok := read(d); ok {
			f.Name = name
			return f
		}
	}
	return Form{Name: Unknown}
}

// A reading makes a form of a message whose type is known to the letter, so that
// all of its members are there. It is false when the contract would not take it.
type reading func(d *Data) (Form, bool)

func known(d *Data) (FormName, reading) {
	if f, ok := forms[d.encodeType]; ok {
		return f.name, f.read
	}
	return witness(d)
}

var forms = map[string]struct {
	name FormName
	read reading
}{
	"Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)":                                                                                   {ERC2612Permit, permit},
	"Permit(address holder,address spender,uint256 nonce,uint256 expiry,bool allowed)":                                                                                     {DAIPermit, daiPermit},
	"PermitSingle(PermitDetails details,address spender,uint256 sigDeadline)" + permitDetails:                                                                              {Permit2Single, permitSingle},
	"PermitBatch(PermitDetails[] details,address spender,uint256 sigDeadline)" + permitDetails:                                                                             {Permit2Batch, permitSingle},
	"PermitTransferFrom(TokenPermissions permitted," + permitTransfer + ")" + tokenPermissions:                                                                             {Permit2Transfer, permitTransferFrom},
	"PermitBatchTransferFrom(TokenPermissions[] permitted," + permitTransfer + ")" + tokenPermissions:                                                                      {Permit2BatchTransfer, permitTransferFrom},
	"TransferWithAuthorization" + withAuthorization:                                                                                                                        {ERC3009Transfer, transferWithAuthorization},
	"ReceiveWithAuthorization" + withAuthorization:                                                                                                                         {ERC3009Receive, transferWithAuthorization},
	"CancelAuthorization(address authorizer,bytes32 nonce)":                                                                                                                {ERC3009Cancel, empty},
	"SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)": {SafeTx, safeTx},
	"SafeMessage(bytes message)": {SafeMessage, empty},
	"OrderComponents(address offerer,address zone,OfferItem[] offer,ConsiderationItem[] consideration,uint8 orderType,uint256 startTime,uint256 endTime,bytes32 zoneHash,uint256 salt,bytes32 conduitKey,uint256 counter)ConsiderationItem(" + item + ",address recipient)OfferItem(" + item + ")": {SeaportOrder, seaport},
	"Order(address sellToken,address buyToken,address receiver,uint256 sellAmount,uint256 buyAmount,uint32 validTo,bytes32 appData,uint256 feeAmount,string kind,bool partiallyFillable,string sellTokenBalance,string buyTokenBalance)":                                                           {CoWOrder, cow},
	"ForwardRequest(address from,address to,uint256 value,uint256 gas,uint256 nonce,bytes data)":                 {ERC2771Request, forward},
	"ForwardRequest(address from,address to,uint256 value,uint256 gas,uint256 nonce,uint48 deadline,bytes data)": {ERC2771Request, forward},
}

const (
	permitDetails     = "PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)"
	permitTransfer    = "address spender,uint256 nonce,uint256 deadline"
	tokenPermissions  = "TokenPermissions(address token,uint256 amount)"
	withAuthorization = "(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
	item              = "uint8 itemType,address token,uint256 identifierOrCriteria,uint256 startAmount,uint256 endAmount"
)

// The members of a message whose type is known. One of another type reads as the
// zero value; the table of forms says that there is none.

func (v Value) member(name string) Value { m, _ := v.Member(name); return m }

func (v Value) address(name string) string { a, _ := v.member(name).Address(); return a }

func (v Value) amount(name string) countersign.Amount { a, _ := v.member(name).Amount(); return a }

func (v Value) bytes(name string) []byte { b, _ := v.member(name).Bytes(); return b }

// seconds is a time; one that no clock will reach is Never.
func (v Value) seconds(name string) uint64 {
	a := v.amount(name)
	if a.Cmp(countersign.NewAmount(Never)) > 0 {
		return Never
	}
	return a.Big().Uint64()
}

// before is the last second before a time.
func before(end uint64) uint64 {
	if end == 0 || end == Never {
		return end
	}
	return end - 1
}

// each returns a member's elements, or the member where it is no array: Permit2
// has the same forms for one and for many.
func (v Value) each(name string) []Value {
	if m := v.member(name); m.kind() != arrayKind {
		return []Value{m}
	}
	return v.member(name).List()
}
