package rawtx

import "github.com/ethereum/go-ethereum/rlp"

// Parse reads a serialised transaction: the signed one of EIP-2718, or the
// unsigned one that is hashed for signing. The legacy form has six fields, or
// nine, of which the last three are the signature or, by EIP-155, the chain ID
// and two zeros. The error is a [*calldata.Refusal].
func Parse(raw []byte) (*Transaction, error) {
	f := &failure{}
	tx, outer := envelope(raw, f)
	fields := outer.list("")
	switch {
	case f.first != nil:
	case outer.more():
		f.refuse(TrailingBytes, outer.at, "", "%d bytes follow the transaction", len(outer.rest))
	case tx.Type == blob && network(fields.rest):
		f.refuse(NetworkForm, fields.at, "", "blobs stand with the transaction; want it in the form of EIP-2718, without them")
	default:
		fields.transaction(tx)
	}
	return f.result(tx)
}

// envelope reads the type. A legacy transaction has none and begins as the list
// that it is.
func envelope(raw []byte, f *failure) (*Transaction, *reader) {
	tx, r := &Transaction{}, &reader{rest: raw, fail: f}
	switch {
	case len(raw) == 0:
		f.refuse(MalformedRLP, 0, "", "no bytes")
	case raw[0] >= 0xc0:
	case raw[0] >= 0x80:
		f.refuse(MalformedRLP, 0, "", "a string where a transaction should be; want it without the string's head")
	case raw[0] < accessList || raw[0] > setCode:
		f.refuse(UnknownType, 0, "type", "type 0x%02x, want a list (legacy) or type 0x01 to 0x04", raw[0])
	default:
		tx.Type, r.rest, r.at = raw[0], raw[1:], 1
	}
	if len(raw) > MaxBytes && !(tx.Type == blob && networked(r.rest)) {
		f.refuse(TooLarge, 0, "", "%d bytes, at most %d", len(raw), MaxBytes)
	}
	return tx, r
}

// networked reports whether a payload is in the form in which nodes hand blob
// transactions to each other. It is always too large; that would be no help.
func networked(payload []byte) bool {
	content, _, err := rlp.SplitList(payload)
	return err == nil && network(content)
}

// network reports whether the first of a blob transaction's items is a list: the
// transaction of EIP-4844's network form, where a chain ID should be.
func network(items []byte) bool { return len(items) > 0 && items[0] >= 0xc0 }

// transaction reads the fields of tx.Type, in the order of its EIP.
func (r *reader) transaction(tx *Transaction) {
	if tx.Type != legacy {
		tx.ChainID = r.chainID()
	}
	tx.Nonce = r.uint64("nonce")
	if tx.Type >= dynamicFee {
		tx.MaxPriorityFeePerGas = r.amount("maxPriorityFeePerGas")
		tx.MaxFeePerGas = r.amount("maxFeePerGas")
	} else {
		tx.MaxFeePerGas = r.amount("gasPrice")
	}
	tx.Gas = r.uint64("gas")
	tx.To = r.to(tx.Type)
	tx.Value = *r.amount("value")
	tx.Data = r.bytes("data")
	if tx.Type != legacy {
		tx.AccessList = r.accessList()
	}
	switch tx.Type {
	case blob:
		tx.MaxFeePerBlobGas = r.amount("maxFeePerBlobGas")
		tx.BlobHashes = r.blobHashes()
	case setCode:
		tx.Authorizations = r.authorizations()
	}
	switch {
	case !r.more():
	case tx.Type == legacy:
		r.legacyTail(tx)
	default:
		r.signature()
		tx.Signed = true
	}
	r.end()
}
