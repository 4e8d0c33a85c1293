package rawtx

import "countersign"

// MaxBytes is the longest text, RLP or JSON, that is read: the largest
// transaction that a node's pool takes (geth txMaxSize).
const MaxBytes = 128 << 10

// The types that are read: EIP-2718 and the EIPs named.
const (
	legacy     = 0
	accessList = 1 // EIP-2930
	dynamicFee = 2 // EIP-1559
	blob       = 3 // EIP-4844
	setCode    = 4 // EIP-7702
)

// kzg begins every blob hash: the version of its commitment (EIP-4844).
const kzg = "0x01"

// A Transaction is what a checker must see of one, and what it is bound to.
//
// Addresses are 0x and 40 lower-case hex digits; amounts are wei. A nil pointer
// means that the JSON leaves the member to whoever signs; after [Parse] only
// ChainID and the fees that the type lacks can be nil.
type Transaction struct {
	// Type is 0 (legacy), 1 (EIP-2930), 2 (EIP-1559), 3 (EIP-4844) or 4 (EIP-7702).
	// JSON that fits more than one of the first three is read as the lowest: they
	// differ in how the fee is written, and whoever signs chooses.
	Type uint8
	// ChainID is never zero. Where it is nil after [Parse], the transaction is
	// one from before EIP-155 and its signature is good on every chain.
	ChainID *uint64
	Nonce   *uint64
	// Gas is the limit. Gas times MaxFeePerGas may be spent on top of Value.
	Gas *uint64
	// MaxFeePerGas is the most that a unit of gas may cost; for the types 0 and
	// 1, which know one price only, it is their gasPrice.
	MaxFeePerGas *countersign.Amount
	// MaxPriorityFeePerGas is nil for the types 0 and 1.
	MaxPriorityFeePerGas *countersign.Amount
	// MaxFeePerBlobGas is for type 3. A blob takes 2^17 of that gas.
	MaxFeePerBlobGas *countersign.Amount

	// From is who is said to sign, in JSON only and there optional: "" when it
	// does not say. It is no part of what is signed.
	From string
	// To is "" when a contract is created; Data is its init code then.
	To    string
	Value countersign.Amount
	Data  []byte

	// AccessList names the contract of each entry, in order. It changes what the
	// call costs, never what it does.
	AccessList []string
	// BlobHashes are 0x and 64 lower-case hex digits each, for type 3.
	BlobHashes []string
	// Authorizations are for type 4, at least one. Each puts code on an account,
	// which need not be the sender's.
	Authorizations []Authorization

	// Signed says that a signature was there, its numbers in range. Whose it is
	// was not looked at.
	Signed bool
}

// An Authorization lets the code at Address act as the account that signed the
// authorization (EIP-7702). Who that is only its signature tells.
type Authorization struct {
	// ChainID is 0 when it is good on every chain.
	ChainID uint64
	// Address is the code's; the zero address takes earlier code away.
	Address string
	Nonce   uint64
}
