package custody

import (
	"errors"
	"math/big"
	"strings"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/gate"
	"countersign/sandbox/network"
	"countersign/sandbox/policy"
	"countersign/sandbox/rule"
	"countersign/sandbox/store"
	"countersign/sandbox/terms"
)

// govern stores a new request and lets the policies decide its first status:
// Block beats RequestApproval, and no triggered policy means Executing.
func (c *Custody) govern(tx *store.Tx, object string, wallet Wallet, r *Request) error {
	ruling, err := c.judge(tx, object, wallet, *r)
	if err != nil {
		return err
	}
	now := c.Now()
	r.Status, r.ApprovalID = Executing, ruling.ApprovalID
	switch {
	case ruling.BlockedBy != "":
		r.Status, r.Reason, r.DatePolicyResolved = Rejected, "blocked by policy "+ruling.BlockedBy, dfns.At(now)
	case ruling.ApprovalID != "":
		r.Status = Pending
	}
	err = errors.Join(c.announce(tx, object, "requested", *r), c.Gate.Record(tx, ruling, activityOf(object, *r)))
	if err != nil {
		return err
	}
	if r.Status == Executing {
		return c.execute(tx, object, r, now)
	}
	return c.save(tx, object, *r)
}

// judge asks the policies, which a delegated wallet has none of: its owner alone decides.
func (c *Custody) judge(tx *store.Tx, object string, wallet Wallet, r Request) (gate.Ruling, error) {
	if wallet.Delegated() {
		return gate.Ruling{}, nil
	}
	return c.Gate.Judge(tx, gate.Case{
		Kind: policy.Sign, Subject: object, SubjectID: r.ID, Initiator: r.Requester.UserID,
		Scope:    policy.Scope{WalletID: wallet.ID, WalletTags: wallet.Tags},
		Movement: c.movement(object, wallet, r),
	})
}

func activityOf(object string, r Request) gate.Activity {
	return gate.Activity{Kind: policy.Sign, Member: object + "Request", Entity: r}
}

// movement is what rules can read of a request: the asset, amount and recipient of a
// transfer, and of a transaction that only carries value. A contract call says nothing to
// them, an ERC-20 transfer among its kind neither; nor does a transaction of the caller's
// own making, and an ERC-721 token, which has no amount.
func (c *Custody) movement(object string, wallet Wallet, r Request) rule.Movement {
	on, _ := c.Networks.Find(r.Network) // no asset can be read on a network that no longer runs
	m := rule.Movement{Transfer: object == kindTransfer, Network: r.Network, Hex: on.Family == network.EVM}
	body, call := r.RequestBody, r.RequestBody.Call(wallet.Address)
	switch {
	case body.To == nil || body.Kind == "Erc721" || object == kindTransaction && len(call.Data) > 0:
		return m
	case body.Kind == "Erc20":
		m.Asset = "erc20:" + strings.ToLower(body.Contract)
		m.Amount, _ = new(big.Int).SetString(body.Amount, 10) // checked by package terms
	case on.Symbol != "":
		m.Asset, m.Amount = "native:"+strings.ToLower(on.Symbol), call.Value
	}
	m.Party = *body.To
	return m
}

// Handlers act on requests when their approval ends, by the kinds that cases give them.
func (c *Custody) Handlers() map[string]gate.Handler {
	return map[string]gate.Handler{
		terms.Transfer:    requestHandler{c, terms.Transfer},
		terms.Transaction: requestHandler{c, terms.Transaction},
	}
}

// requestHandler handles transfers, or transactions.
type requestHandler struct {
	custody *Custody
	object  string
}

// Activity shows a request.
func (h requestHandler) Activity(tx *store.Tx, id string) (gate.Activity, error) {
	r, err := store.Get[Request](tx, h.object, id)
	return activityOf(h.object, r), err
}

// Resolve executes a request, or rejects it.
func (h requestHandler) Resolve(tx *store.Tx, id string, end gate.End) error {
	r, err := store.Get[Request](tx, h.object, id)
	if err != nil {
		return err
	}
	if end.Status == gate.Approved {
		return h.custody.execute(tx, h.object, &r, end.Now)
	}
	r.Reason = end.Reason
	return h.custody.reject(tx, h.object, &r, end.Now)
}

func (c *Custody) reject(tx *store.Tx, object string, r *Request, now time.Time) error {
	r.Status, r.DatePolicyResolved = Rejected, dfns.At(now)
	return c.save(tx, object, *r)
}
