package custody

import (
	"errors"
	"strings"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/claim"
	"countersign/sandbox/dfns"
	"countersign/sandbox/keys"
	"countersign/sandbox/queue"
	"countersign/sandbox/store"
	"countersign/sandbox/terms"
	"countersign/sandbox/token"
)

// The statuses of a request. Confirmed, Failed and Rejected are final.
const (
	Pending     = "Pending" // waits for its approval
	Executing   = "Executing"
	Broadcasted = "Broadcasted"
	Confirmed   = "Confirmed"
	Failed      = "Failed"
	Rejected    = "Rejected"
)

// Request is a transfer or a transaction as the API shows it; only a transfer
// has metadata.
type Request struct {
	ID                 string     `json:"id"` // xfr-… or tx-…
	WalletID           string     `json:"walletId"`
	Network            string     `json:"network"`
	Requester          Requester  `json:"requester"`
	RequestBody        terms.Body `json:"requestBody"`
	Metadata           *Metadata  `json:"metadata,omitempty"`
	Status             string     `json:"status"`
	Reason             string     `json:"reason,omitempty"`
	TxHash             string     `json:"txHash,omitempty"`
	Fee                string     `json:"fee,omitempty"` // wei
	DateRequested      dfns.Time  `json:"dateRequested"`
	DatePolicyResolved dfns.Time  `json:"datePolicyResolved,omitzero"`
	DateBroadcasted    dfns.Time  `json:"dateBroadcasted,omitzero"`
	DateConfirmed      dfns.Time  `json:"dateConfirmed,omitzero"`
	ApprovalID         string     `json:"approvalId,omitempty"`
	ExternalID         string     `json:"externalId,omitempty"`
	ReplacementID      string     `json:"replacementId,omitempty"` // the transaction that takes its place
}

// Requester is who asked.
type Requester struct {
	UserID  string `json:"userId"`
	TokenID string `json:"tokenId,omitempty"`
}

// Metadata describes the asset of a transfer.
type Metadata struct {
	Asset struct {
		Symbol   string `json:"symbol,omitempty"`
		Decimals int    `json:"decimals,omitempty"`
		Verified bool   `json:"verified,omitempty"`
	} `json:"asset"`
}

// CreateTransfer asks for a transfer out of a wallet: native, or of an ERC-20 or ERC-721 token.
func (c *Custody) CreateTransfer(caller auth.Caller, walletID string, body []byte) (Request, error) {
	return c.create(caller, kindTransfer, walletID, body)
}

// CreateTransaction asks for an EVM transaction of a wallet's.
func (c *Custody) CreateTransaction(caller auth.Caller, walletID string, body []byte) (Request, error) {
	return c.create(caller, kindTransaction, walletID, body)
}

// create makes a request, unless its externalId already names one: then the
// same terms return that one as it is now, and other terms are a 409.
func (c *Custody) create(caller auth.Caller, object, walletID string, raw []byte) (Request, error) {
	canonical, err := dfns.Canonical(raw)
	if err != nil {
		return Request{}, err
	}
	var r Request
	err = caller.Update(c.DB, func(tx *store.Tx) error {
		wallet, err := getWallet(tx, walletID)
		if err != nil {
			return err
		}
		on, err := c.Networks.Find(wallet.Network)
		if err != nil {
			return err
		}
		body, err := terms.Parse(on, object, raw)
		if err != nil {
			return err
		}
		own := claim.Claim{Object: object, Terms: object + " " + wallet.ID + " " + canonical}
		first, found, err := own.First(tx, body.ExternalID)
		if err != nil {
			return err
		}
		if found {
			r, err = store.Get[Request](tx, object, first)
			return err
		}
		if _, err := ActiveWallet(tx, walletID); err != nil {
			return err
		}
		if err := wallet.admit(caller); err != nil {
			return err
		}
		if _, err := keys.GetUsable(tx, wallet.SigningKey.ID); err != nil {
			return err
		}
		r = c.newRequest(caller, object, wallet, body)
		if err := c.govern(tx, object, wallet, &r); err != nil {
			return err
		}
		return own.Put(tx, body.ExternalID, r.ID)
	})
	return r, err
}

func (c *Custody) newRequest(caller auth.Caller, object string, wallet Wallet, body terms.Body) Request {
	r := Request{
		ID: dfns.NewID("tx"), WalletID: wallet.ID, Network: wallet.Network, RequestBody: body,
		Requester: Requester{UserID: caller.User.UserID, TokenID: caller.TokenID},
		Status:    Executing, DateRequested: dfns.At(c.Now()), ExternalID: body.ExternalID,
	}
	if object != kindTransfer {
		return r
	}
	r.ID, r.Metadata = dfns.NewID("xfr"), &Metadata{}
	asset := &r.Metadata.Asset
	switch {
	case body.Kind == "Native":
		native, _ := c.Networks.Find(wallet.Network)
		asset.Symbol, asset.Decimals, asset.Verified = native.Symbol, native.Decimals, true
	case strings.EqualFold(body.Contract, c.TokenOn(wallet.Network)):
		asset.Symbol, asset.Decimals, asset.Verified = token.Symbol, token.Decimals, true
	}
	return r
}

// save writes r and announces the status that it now has.
func (c *Custody) save(tx *store.Tx, object string, r Request) error {
	if err := store.Put(tx, store.Object{Kind: object, ID: r.ID, Parent: r.WalletID}, r); err != nil {
		return err
	}
	if r.Status == Pending || r.Status == Executing {
		return nil // DFNS has no event for these
	}
	return c.announce(tx, object, strings.ToLower(r.Status), r)
}

func (c *Custody) announce(tx *store.Tx, object, what string, r Request) error {
	return c.emit(tx, "wallet."+object+"."+what, map[string]Request{object + "Request": r})
}

// Transfer returns a transfer of a wallet; an unknown one is a 404.
func (c *Custody) Transfer(walletID, id string) (Request, error) {
	return c.request(kindTransfer, walletID, id)
}

// Transaction returns a transaction of a wallet; an unknown one is a 404.
func (c *Custody) Transaction(walletID, id string) (Request, error) {
	return c.request(kindTransaction, walletID, id)
}

func (c *Custody) request(object, walletID, id string) (Request, error) {
	var r Request
	err := c.DB.View(func(tx *store.Tx) (err error) {
		r, err = requestIn(tx, object, walletID, id)
		return err
	})
	return r, err
}

// Transfers returns a page of a wallet's transfers, oldest first.
func (c *Custody) Transfers(walletID string, page store.Page) ([]Request, string, error) {
	return c.requests(kindTransfer, walletID, page)
}

// Transactions returns a page of a wallet's transactions, oldest first.
func (c *Custody) Transactions(walletID string, page store.Page) ([]Request, string, error) {
	return c.requests(kindTransaction, walletID, page)
}

func (c *Custody) requests(object, walletID string, page store.Page) ([]Request, string, error) {
	var found []Request
	var next string
	err := c.DB.View(func(tx *store.Tx) error {
		if _, err := getWallet(tx, walletID); err != nil {
			return err
		}
		var err error
		found, next, err = store.List[Request](tx, object, walletID, page, nil)
		return err
	})
	return found, next, err
}

// execute lets r go to the chain, unless the wallet was delegated while r waited.
func (c *Custody) execute(tx *store.Tx, object string, r *Request, now time.Time) error {
	r.Status = Executing
	if r.ApprovalID != "" {
		r.DatePolicyResolved = dfns.At(now)
	}
	wallet, err := getWallet(tx, r.WalletID)
	if err == nil && wallet.lost(*r) {
		r.Status, r.Reason = Failed, ErrDelegated.Error()
		return c.save(tx, object, *r)
	}
	return errors.Join(err,
		c.save(tx, object, *r),
		queue.Put(tx, queue.Job{ID: r.ID, Network: r.Network, WalletID: r.WalletID, Object: object, RequestID: r.ID,
			Call: r.RequestBody.Call(wallet.Address)}),
	)
}
