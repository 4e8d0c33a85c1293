package permission

// ofEndUsers are the operations that an end user can have: those on the wallets and keys that
// are delegated to him. DFNS says route by route whether an end user may call it; where the
// pages that we have do not say, he may not.
var ofEndUsers = []Operation{
	CreateWallet, ReadWallets, CreateKey, ReadKeys, ReuseKey, DeriveKey, ExportKey, CreateSignature, ReadSignatures,
	CreateTransfer, ReadTransfers, AbortTransfer, CreateTransaction, ReadTransactions, AbortTransaction, ReadOffers, SettleOffer,
}

// OfEndUser returns what of s an end user can have, whatever is assigned to him.
func (s Set) OfEndUser() Set {
	left := Set{}
	for _, op := range ofEndUsers {
		left[op] = s[op]
	}
	return left
}
