package api

import (
	"github.com/labstack/echo/v4"

	"countersign/sandbox/permission"
	"countersign/sandbox/signature"
)

// signatureRoutes are the same for a wallet and for a key.
func (a *API) signatureRoutes(e *echo.Echo) {
	for path, of := range map[string]func(call) signature.Signer{
		"/wallets/:walletId/signatures": func(c call) signature.Signer { return signature.Signer{WalletID: c.Param("walletId")} },
		"/keys/:keyId/signatures":       func(c call) signature.Signer { return signature.Signer{KeyID: c.Param("keyId")} },
	} {
		e.POST(path, a.signed(permission.CreateSignature, func(c call) error {
			made, err := a.Signatures.Create(c.caller, of(c), c.body)
			return reply(c, struct { // only this answer names the wallet
				signature.Signature
				WalletID string `json:"walletId,omitempty"`
			}{made, of(c).WalletID}, err)
		}))
		e.GET(path, a.read(permission.ReadSignatures, func(c call) error {
			p, err := page(c, 50)
			if err != nil {
				return err
			}
			found, next, key, err := a.Signatures.List(of(c), p)
			return reply(c, struct {
				items[signature.Signature]
				KeyID string `json:"keyId"`
			}{items[signature.Signature]{Items: found, NextPageToken: next}, key}, err)
		}))
		e.GET(path+"/:signatureId", a.read(permission.ReadSignatures, func(c call) error {
			found, err := a.Signatures.Get(of(c), c.Param("signatureId"))
			return reply(c, found, err)
		}))
	}
}
