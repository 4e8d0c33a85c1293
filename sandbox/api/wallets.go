package api

import (
	"github.com/labstack/echo/v4"

	"countersign/sandbox/auth"
	"countersign/sandbox/custody"
	"countersign/sandbox/dfns"
	"countersign/sandbox/keys"
	"countersign/sandbox/permission"
	"countersign/sandbox/store"
	"countersign/sandbox/terms"
)

func (a *API) walletRoutes(e *echo.Echo) {
	e.POST("/wallets", a.signed(permission.CreateWallet, func(c call) error { return decodedBy(c, a.createWallet) }))
	e.GET("/wallets", a.read(permission.ReadWallets, func(c call) error {
		p, err := page(c, 50)
		if err != nil {
			return err
		}
		of, err := owner(c, "owner", "ownerId", "ownerUsername")
		if err != nil {
			return err
		}
		wallets, next, err := a.Custody.Wallets(of, p)
		return replyPage(c, wallets, next, err)
	}))
	e.GET("/wallets/:walletId", a.read(permission.ReadWallets, func(c call) error {
		wallet, err := a.Custody.Wallet(c.Param("walletId"))
		return reply(c, wallet, err)
	}))
	e.GET("/wallets/all/history", a.read(permission.ReadWallets, a.orgHistory))
	e.GET("/wallets/:walletId/history", a.read(permission.ReadWallets, a.history))
	e.PUT("/wallets/:walletId", a.signed(permission.UpdateWallet, func(c call) error {
		return decoded(c, func(in custody.WalletChange) (custody.Wallet, error) {
			return a.Custody.UpdateWallet(c.caller, c.Param("walletId"), in)
		})
	}))
	e.GET("/wallets/:walletId/assets", a.read(permission.ReadWallets, a.assets))
	e.GET("/wallets/:walletId/nfts", a.read(permission.ReadWallets, a.nfts))
	e.PUT("/wallets/:walletId/tags", a.signed(permission.AddTags, func(c call) error { return a.tags(c, false) }))
	e.DELETE("/wallets/:walletId/tags", a.signed(permission.RemoveTags, func(c call) error { return a.tags(c, true) }))
	e.POST("/wallets/:walletId/activate", a.signed(permission.CreateWallet, a.activate))
	e.POST("/wallets/:walletId/delegate", a.signed(permission.DelegateKey, func(c call) error {
		return decoded(c, func(in custody.WalletHeir) (custody.Delegated, error) {
			return a.Custody.DelegateWallet(c.caller, c.Param("walletId"), in)
		})
	}))
	e.POST("/wallets/:walletId/export", a.signed(permission.ExportKey, func(c call) error {
		return decoded(c, func(in keys.Exporting) (keys.Exported, error) {
			return a.Custody.ExportWallet(c.caller, c.Param("walletId"), in)
		})
	}))
	e.POST("/wallets/import", a.signed(permission.ImportKey, func(c call) error { return decodedBy(c, a.Custody.ImportWallet) }))
	a.offerRoutes(e)
	requestRoutes(a, e, "/wallets/:walletId/transfers", permission.CreateTransfer, permission.ReadTransfers,
		a.Custody.CreateTransfer, a.Custody.Transfer, a.Custody.Transfers)
	requestRoutes(a, e, "/wallets/:walletId/transactions", permission.CreateTransaction, permission.ReadTransactions,
		a.Custody.CreateTransaction, a.Custody.Transaction, a.Custody.Transactions)
	a.replaceRoutes(e, "/wallets/:walletId/transfers/:id", terms.Transfer, permission.AbortTransfer, permission.CreateTransfer)
	a.replaceRoutes(e, "/wallets/:walletId/transactions/:id", terms.Transaction, permission.AbortTransaction, permission.CreateTransaction)
}

// replaceRoutes are the routes that take back what is under way. DFNS names no
// operations for cancel and speed-up; whoever may create a transaction may do
// these.
func (a *API) replaceRoutes(e *echo.Echo, path, object string, abort, create permission.Operation) {
	e.PUT(path+"/abort", a.signed(abort, func(c call) error {
		r, err := a.Custody.Abort(c.caller, object, c.Param("walletId"), c.Param("id"))
		return reply(c, r, err)
	}))
	for name, kind := range map[string]string{"/cancel": terms.Cancel, "/speed-up": terms.SpeedUp} {
		e.POST(path+name, a.signed(create, func(c call) error {
			r, err := a.Custody.Replace(c.caller, object, c.Param("walletId"), c.Param("id"), kind)
			return reply(c, r, err)
		}))
	}
}

// requestRoutes are the routes of transfers, and those of transactions.
func requestRoutes(a *API, e *echo.Echo, path string, creates, reads permission.Operation,
	create func(auth.Caller, string, []byte) (custody.Request, error),
	get func(wallet, id string) (custody.Request, error),
	list func(wallet string, p store.Page) ([]custody.Request, string, error),
) {
	e.POST(path, a.signed(creates, func(c call) error {
		r, err := create(c.caller, c.Param("walletId"), c.body)
		return reply(c, r, err)
	}))
	e.GET(path+"/:id", a.read(reads, func(c call) error {
		r, err := get(c.Param("walletId"), c.Param("id"))
		return reply(c, r, err)
	}))
	e.GET(path, a.read(reads, func(c call) error {
		p, err := page(c, 50)
		if err != nil {
			return err
		}
		found, next, err := list(c.Param("walletId"), p)
		return replyPage(c, found, next, err)
	}))
}

// createWallet asks for the rights that the body needs beyond that to create wallets.
func (a *API) createWallet(caller auth.Caller, in custody.NewWallet) (custody.Wallet, error) {
	if in.SigningKey != nil && in.SigningKey.ID != "" {
		if err := a.Auth.Allowed(caller, permission.ReuseKey); err != nil {
			return custody.Wallet{}, err
		}
	}
	if len(in.Tags) > 0 {
		if err := a.Auth.Allowed(caller, permission.AddTags); err != nil {
			return custody.Wallet{}, err
		}
	}
	return a.Custody.CreateWallet(caller, in)
}

func (a *API) tags(c call, remove bool) error {
	var in struct {
		Tags []string `json:"tags"`
	}
	if err := dfns.Decode(c.body, &in); err != nil {
		return err
	}
	return reply(c, struct{}{}, a.Custody.ChangeTags(c.caller, c.Param("walletId"), in.Tags, remove))
}
