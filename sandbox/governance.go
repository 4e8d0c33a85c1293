package sandbox

import (
	"strings"

	"countersign/sandbox/access"
	"countersign/sandbox/account"
	"countersign/sandbox/auth"
	"countersign/sandbox/change"
	"countersign/sandbox/custody"
	"countersign/sandbox/facts"
	"countersign/sandbox/gate"
	"countersign/sandbox/network"
	"countersign/sandbox/policy"
	"countersign/sandbox/role"
	"countersign/sandbox/signature"
	"countersign/sandbox/store"
	"countersign/sandbox/token"
)

// governance puts the policies between the callers and what they ask of vault.
func governance(cfg Config, db *store.DB, vault *custody.Custody) *change.Desk {
	book := &policy.Book{DB: db, Now: cfg.Now, Known: policy.Known{
		"walletId": custody.HasWallet,
		"policyId": func(tx *store.Tx, id string) error {
			_, err := policy.Get(tx, id)
			return err
		},
		"permissionId": func(tx *store.Tx, id string) error {
			_, err := role.Get(tx, id)
			return err
		},
	}}
	door := &gate.Gate{DB: db, Now: cfg.Now, Scale: cfg.TimeScale, Facts: facts.Files{Dir: cfg.Data}, Handlers: vault.Handlers()}
	desk := &change.Desk{DB: db, Now: cfg.Now, Gate: door, Policies: book}
	door.Handlers[change.Subject] = desk
	vault.Gate = door
	return desk
}

// permissions puts the policies between the callers and permissions.
func permissions(cfg Config, db *store.DB, changes *change.Desk) *access.Desk {
	door := &access.Desk{DB: db, Now: cfg.Now, Changes: changes}
	changes.Apply = door.Appliers()
	return door
}

// accounts makes the desk for identities, which assigns permissions through rights.
func accounts(cfg Config, db *store.DB, users *auth.Auth, rights *access.Desk) *account.Desk {
	return &account.Desk{DB: db, Now: cfg.Now, Auth: users, Access: rights, Bootstrap: cfg.Bootstrap, ApproverOf: approverOf}
}

// signatures makes the desk for raw signatures, behind the same gate as vault.
func signatures(cfg Config, db *store.DB, vault *custody.Custody) *signature.Desk {
	desk := &signature.Desk{DB: db, Now: cfg.Now, Gate: vault.Gate, Networks: vault.Networks}
	vault.Gate.Handlers[signature.Subject] = desk
	return desk
}

// prices are those of a directory's first start: numbers that whoever tests amounts can
// reckon with in his head, and may edit.
func prices(nets network.Set, vault *custody.Custody) facts.Prices {
	all := facts.Prices{}
	for _, n := range nets.All() {
		usd := "1.00"
		if n.Symbol == "ETH" {
			usd = "3000.00"
		}
		all[n.Name] = map[string]facts.Price{"native:" + strings.ToLower(n.Symbol): {Decimals: n.Decimals, USD: usd}}
		if n.Family == network.EVM {
			all[n.Name]["erc20:"+strings.ToLower(vault.TokenOn(n.Name))] = facts.Price{Decimals: token.Decimals, USD: "1.00"}
		}
	}
	return all
}
