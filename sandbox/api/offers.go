package api

import (
	"github.com/labstack/echo/v4"

	"countersign/sandbox/custody"
	"countersign/sandbox/dfns"
	"countersign/sandbox/permission"
)

// offerRoutes are those of what was offered to a wallet and waits to be taken. Only Canton
// has such transfers, and no network of the sandbox does: a wallet's list is always empty,
// and every offer is a 404.
func (a *API) offerRoutes(e *echo.Echo) {
	const path = "/wallets/:walletId/offers"
	e.GET(path, a.read(permission.ReadOffers, func(c call) error {
		if _, err := page(c, 50); err != nil {
			return err
		}
		_, err := a.Custody.Wallet(c.Param("walletId"))
		return reply(c, items[struct{}]{Items: []struct{}{}}, err)
	}))
	none := func(c call) error {
		if _, err := a.Custody.Wallet(c.Param("walletId")); err != nil {
			return err
		}
		return dfns.NotFound("offer", c.Param("offerId"))
	}
	e.GET(path+"/:offerId", a.read(permission.ReadOffers, none))
	e.PUT(path+"/:offerId/accept", a.signed(permission.SettleOffer, none))
	e.PUT(path+"/:offerId/reject", a.signed(permission.SettleOffer, none))
}

// activate refuses: wallets of the sandbox's networks are Active from the start.
func (a *API) activate(c call) error {
	return decoded(c, func(in custody.Activation) (struct{}, error) {
		return struct{}{}, a.Custody.Activate(c.Param("walletId"), in)
	})
}
