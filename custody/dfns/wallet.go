package dfns

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"countersign"
)

// A Wallet is an address and the key behind it (dfns.md §5.1).
type Wallet struct {
	ID         string          `json:"id"`
	Network    string          `json:"network"`
	Address    string          `json:"address"`
	Status     string          `json:"status"`
	Name       string          `json:"name"`
	Custodial  bool            `json:"custodial"`
	ExternalID string          `json:"externalId"`
	Tags       []string        `json:"tags"`
	Raw        json.RawMessage `json:"-"`
}

// An Entity is what transfers and transactions have in common (dfns.md §5.2,
// §5.3). "Pending" means "awaits an approval" only where ApprovalID is set.
type Entity struct {
	ID       string `json:"id"`
	WalletID string `json:"walletId"`
	Network  string `json:"network"`
	Status   string `json:"status"`
	Reason   string `json:"reason"`
	TxHash   string `json:"txHash"`
	// RequestBody is what was asked, verbatim; its "kind" says what else it has.
	RequestBody json.RawMessage `json:"requestBody"`
	// The dates are zero for what has not happened.
	DateRequested      time.Time `json:"dateRequested"`
	DatePolicyResolved time.Time `json:"datePolicyResolved"`
	DateBroadcasted    time.Time `json:"dateBroadcasted"`
	DateConfirmed      time.Time `json:"dateConfirmed"`

	ApprovalID    string `json:"approvalId"`
	ExternalID    string `json:"externalId"`
	ReplacementID string `json:"replacementId"`
	// Raw is the whole entity as it came.
	Raw json.RawMessage `json:"-"`
}

// A Transfer moves an asset that DFNS understands.
type Transfer struct{ Entity }

// A Transaction is signed and sent as its maker composed it.
type Transaction struct{ Entity }

// Wallet reads one wallet.
func (c *Client) Wallet(ctx context.Context, id string) (Wallet, error) {
	var w Wallet
	path, err := walletPath(id)
	if err != nil {
		return w, err
	}
	err = c.get(ctx, path, &w.Raw)
	if err == nil {
		err = decode("GET "+path, w.Raw, &w)
	}
	return w, err
}

// Assets reads what a wallet has, each as DFNS writes it.
func (c *Client) Assets(ctx context.Context, walletID string) ([]json.RawMessage, error) {
	var raw json.RawMessage
	var answer struct {
		WalletID string            `json:"walletId"`
		Assets   []json.RawMessage `json:"assets"`
	}
	path, err := walletPath(walletID, "assets")
	if err != nil {
		return nil, err
	}
	if err = c.get(ctx, path, &raw); err == nil {
		err = decode("GET "+path, raw, &answer)
	}
	if err == nil && (answer.WalletID != walletID || answer.Assets == nil) {
		err = fmt.Errorf("dfns: GET %s: answered for wallet %q, with assets: %t", path, answer.WalletID, answer.Assets != nil)
	}
	return answer.Assets, err
}

// CreateTransfer asks for a transfer. Body is one of dfns.md §5.2, for instance
//
//	map[string]string{"kind": "Erc20", "contract": "0x…", "to": "0x…", "amount": "1000000", "externalId": "ext-1"}
//
// Give every body an externalId: the same one with the same terms returns the
// transfer that was made first, so that trying again after an error is safe;
// with other terms it is an [*Error] of status 409 (dfns.md §5.4).
func (c *Client) CreateTransfer(ctx context.Context, walletID string, body any) (Transfer, error) {
	e, err := c.createEntity(ctx, walletID, "transfers", body)
	return Transfer{e}, err
}

// CreateTransaction asks for a transaction to be signed and sent. Body is one of
// dfns.md §5.3; what is said of externalId at [Client.CreateTransfer] holds here.
func (c *Client) CreateTransaction(ctx context.Context, walletID string, body any) (Transaction, error) {
	e, err := c.createEntity(ctx, walletID, "transactions", body)
	return Transaction{e}, err
}

// Transfer reads one transfer.
func (c *Client) Transfer(ctx context.Context, walletID, id string) (Transfer, error) {
	e, err := c.readEntity(ctx, walletID, "transfers", id)
	return Transfer{e}, err
}

// Transaction reads one transaction.
func (c *Client) Transaction(ctx context.Context, walletID, id string) (Transaction, error) {
	e, err := c.readEntity(ctx, walletID, "transactions", id)
	return Transaction{e}, err
}

func (c *Client) createEntity(ctx context.Context, walletID, kind string, body any) (Entity, error) {
	var e Entity
	path, err := walletPath(walletID, kind)
	if err != nil {
		return e, err
	}
	if err := c.Do(ctx, http.MethodPost, path, body, &e.Raw); err != nil {
		return Entity{}, err
	}
	return e, decode("POST "+path, e.Raw, &e)
}

func (c *Client) readEntity(ctx context.Context, walletID, kind, id string) (Entity, error) {
	var e Entity
	path, err := walletPath(walletID, kind, id)
	if err != nil {
		return e, err
	}
	if err := c.get(ctx, path, &e.Raw); err != nil {
		return Entity{}, err
	}
	if err := decode("GET "+path, e.Raw, &e); err != nil {
		if odd := countersign.Unreadable(strings.TrimSuffix(kind, "s"), e.Raw, err); odd.ID == id {
			err = odd // it is this one, and another try is told the same
		}
		return Entity{}, err
	}
	return e, nil
}

// walletPath builds /wallets/… of checked parts, none of which needs escaping.
func walletPath(parts ...string) (string, error) {
	path := "/wallets"
	for _, p := range parts {
		if err := countersign.CheckID(p); err != nil {
			return "", fmt.Errorf("path below %s: %w", path, err)
		}
		path += "/" + p
	}
	return path, nil
}
