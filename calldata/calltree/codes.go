package calltree

import "countersign/calldata"

// The codes of a node's anomalies, beside those of [calldata.Code]. Wire format:
// add, never rename.
const (
	UnknownContract  calldata.Code = "unknown_contract"  // no ABI is pinned to the address
	ContractCreation calldata.Code = "contract_creation" // the call deploys code
	SetCode          calldata.Code = "set_code"          // EIP-7702: an account is given code
	TooDeep          calldata.Code = "too_deep"          // more wrappers than MaxDepth
	TooManyCalls     calldata.Code = "too_many_calls"    // more calls than MaxNodes
	LengthMismatch   calldata.Code = "length_mismatch"   // parallel arrays of unequal length
	UnknownOperation calldata.Code = "unknown_operation" // an operation that is neither call nor delegatecall
	MalformedBatch   calldata.Code = "malformed_batch"   // packed records that do not end where the bytes end
	UnknownMode      calldata.Code = "unknown_mode"      // an ERC-7579 execution mode that is not known
	UnknownCommand   calldata.Code = "unknown_command"   // a command or action that the pinned protocol does not have
	UnknownProtocol  calldata.Code = "unknown_protocol"  // the signature has several meanings and no protocol is pinned
	ZeroTarget       calldata.Code = "zero_target"       // address zero, which some wrappers take for themselves
	NoCallData       calldata.Code = "no_call_data"      // a delegatecall without data: a fallback runs on the caller's storage
	AccountDefined   calldata.Code = "account_defined"   // bytes whose meaning only the account's code knows
	AfterUpgrade     calldata.Code = "after_upgrade"     // a call of a contract whose code changes earlier in the tree
	OtherChain       calldata.Code = "other_chain"       // a call on another chain than the pins are for
	IgnoredData      calldata.Code = "ignored_data"      // bytes that the wrapper would not use
)
