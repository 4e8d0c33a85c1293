package api

import (
	"net/http"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/history"
	"countersign/sandbox/identity"
	"countersign/sandbox/store"
)

// historyPage is a page of a wallet's history.
type historyPage struct {
	WalletID      string          `json:"walletId"`
	Network       string          `json:"network"`
	Items         []history.Event `json:"items"`
	NextPageToken string          `json:"nextPageToken,omitempty"`
}

func (a *API) history(c call) error {
	p, err := page(c, 50)
	if err != nil {
		return err
	}
	if err := oneOf(c, "direction", history.In, history.Out); err != nil {
		return err
	}
	wallet, err := a.Custody.Wallet(c.Param("walletId"))
	if err != nil {
		return err
	}
	answer := historyPage{WalletID: wallet.ID, Network: wallet.Network}
	err = a.Custody.DB.View(func(tx *store.Tx) (err error) {
		answer.Items, answer.NextPageToken, err = history.List(tx, wallet.ID, history.Filter{
			Direction: c.QueryParam("direction"), Kind: c.QueryParam("kind"), Contract: c.QueryParam("contract")}, p)
		return err
	})
	return reply(c, answer, err)
}

// orgHistoryPage is a page of the history of all wallets.
type orgHistoryPage struct {
	OrgID         string         `json:"orgId"`
	Items         []history.Item `json:"items"`
	NextPageToken string         `json:"nextPageToken,omitempty"`
}

// orgHistory answers in JSON; DFNS can also answer in CSV.
func (a *API) orgHistory(c call) error {
	if c.caller.User.Kind == identity.EndUser {
		return dfns.Forbidden("the history of all wallets is the organisation's; an end user reads /wallets/:walletId/history")
	}
	p, err := page(c, 50)
	if err != nil {
		return err
	}
	start, err1 := time.Parse(time.RFC3339, c.QueryParam("startTime"))
	end, err2 := time.Parse(time.RFC3339, c.QueryParam("endTime"))
	if err1 != nil || err2 != nil {
		return dfns.BadRequest("startTime and endTime must be dates such as 2026-01-02T03:04:05Z")
	}
	answer := orgHistoryPage{OrgID: a.Auth.OrgID()}
	err = a.Custody.DB.View(func(tx *store.Tx) (err error) {
		answer.Items, answer.NextPageToken, err = history.ListAll(tx, start, end, p)
		return err
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, answer)
}
