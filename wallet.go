package countersign

// A Wallet is an address at the custodian.
type Wallet struct {
	ID      string `json:"id"`
	Network string `json:"network"`
	// Address is as the network writes it; empty while there is none.
	Address string   `json:"address,omitempty"`
	Name    string   `json:"name,omitempty"`
	Tags    []string `json:"tags,omitempty"`
	// Inactive says that the custodian does not sign with it: it is archived, or not in use
	// yet. It is told by lists of wallets alone.
	Inactive bool `json:"inactive,omitempty"`
}

// A Holding is what a wallet has of one asset, by the custodian's word.
type Holding struct {
	// Kind and Asset are as in [Transfer].
	Kind    string `json:"kind"`
	Asset   string `json:"asset,omitempty"`
	Balance Amount `json:"balance"`
}
