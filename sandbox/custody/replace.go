package custody

import (
	"errors"
	"net/http"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"countersign/sandbox/auth"
	"countersign/sandbox/bump"
	"countersign/sandbox/dfns"
	"countersign/sandbox/keys"
	"countersign/sandbox/network"
	"countersign/sandbox/queue"
	"countersign/sandbox/store"
	"countersign/sandbox/terms"
)

// Abort fails a request that is Executing and not signed yet; any other is a 422.
func (c *Custody) Abort(caller auth.Caller, object, walletID, id string) (Request, error) {
	var r Request
	err := caller.Update(c.DB, func(tx *store.Tx) (err error) {
		if r, err = requestOf(tx, caller, object, walletID, id); err != nil {
			return err
		}
		if r.Status != Executing {
			return dfns.Errorf(http.StatusUnprocessableEntity, "%s %s is %s; only an Executing one that is not signed can be aborted", object, id, r.Status)
		}
		r.Status, r.Reason = Failed, "aborted by "+caller.User.UserID
		return errors.Join(queue.Remove(tx, r.ID), c.save(tx, object, r))
	})
	return r, err
}

// Replace makes a transaction that takes the place of one that is Broadcasted
// and not mined: kind says how, CancelTransaction or SpeedUpTransaction. No
// policy is asked: it moves nothing that was not allowed already. What cannot be
// replaced is a 422.
func (c *Custody) Replace(caller auth.Caller, object, walletID, id, kind string) (Request, error) {
	var made Request
	err := caller.Update(c.DB, func(tx *store.Tx) error {
		r, err := requestOf(tx, caller, object, walletID, id)
		if err != nil {
			return err
		}
		job, err := c.sent(tx, r)
		if errors.Is(err, store.ErrNotFound) || err == nil && (r.Status != Broadcasted || r.ReplacementID != "") {
			return dfns.Errorf(http.StatusUnprocessableEntity,
				"%s %s is %s; only a Broadcasted one that is not mined and not replaced can be replaced", object, id, r.Status)
		}
		if err != nil {
			return err
		}
		made, err = c.replacement(tx, caller, r, job, kind)
		r.ReplacementID = made.ID
		return errors.Join(err, store.Put(tx, store.Object{Kind: object, ID: r.ID, Parent: r.WalletID}, r))
	})
	return made, err
}

// sent returns the job of a request whose transaction is signed: parked, or about to be. On
// a simulated ledger there is none, since a payment is applied as it is sent.
func (c *Custody) sent(tx *store.Tx, r Request) (queue.Job, error) {
	job, err := queue.Find(tx, r.ID, true)
	if !errors.Is(err, store.ErrNotFound) {
		return job, err
	}
	if on, err := c.Networks.Find(r.Network); err != nil || on.Family != network.EVM {
		return job, store.ErrNotFound
	}
	job, err = queue.Find(tx, r.ID, false)
	if err == nil && job.Raw == nil {
		err = store.ErrNotFound
	}
	return job, err
}

// replacement makes and queues the transaction that takes the place of job.
func (c *Custody) replacement(tx *store.Tx, caller auth.Caller, r Request, job queue.Job, kind string) (Request, error) {
	wallet, err := ActiveWallet(tx, r.WalletID)
	if err != nil {
		return Request{}, err
	}
	if _, err := keys.GetUsable(tx, wallet.SigningKey.ID); err != nil {
		return Request{}, err
	}
	key, err := keyIn(tx, r.WalletID)
	if err != nil {
		return Request{}, err
	}
	sign := bump.SpeedUp
	if kind == terms.Cancel {
		sign = bump.Cancel
	}
	signed, err := sign(key, job.Raw)
	if err != nil {
		return Request{}, dfns.Errorf(http.StatusUnprocessableEntity, "%s cannot be replaced: %v", r.ID, err)
	}
	now := dfns.At(c.Now())
	made := Request{
		ID: dfns.NewID("tx"), WalletID: r.WalletID, Network: r.Network, TxHash: signed.Hash, Status: Executing,
		Requester:     Requester{UserID: caller.User.UserID, TokenID: caller.TokenID},
		RequestBody:   terms.Body{Kind: kind, TxHash: r.TxHash, SignedTx: hexutil.Encode(signed.Raw)},
		DateRequested: now,
	}
	if err := c.announce(tx, kindTransaction, "requested", made); err != nil {
		return made, err
	}
	made.Status, made.DateBroadcasted = Broadcasted, now
	return made, errors.Join(c.save(tx, kindTransaction, made), queue.Put(tx, queue.Job{ID: made.ID, Network: r.Network,
		WalletID: r.WalletID, Object: kindTransaction, RequestID: made.ID, Raw: signed.Raw}))
}

// requestOf is [requestIn] for a caller who may sign with the wallet.
func requestOf(tx *store.Tx, caller auth.Caller, object, walletID, id string) (Request, error) {
	r, err := requestIn(tx, object, walletID, id)
	if err != nil {
		return r, err
	}
	wallet, err := getWallet(tx, walletID)
	if err == nil {
		err = wallet.admit(caller)
	}
	return r, err
}

// requestIn reads a request of a wallet; an unknown one is a 404.
func requestIn(tx *store.Tx, object, walletID, id string) (Request, error) {
	if _, err := getWallet(tx, walletID); err != nil {
		return Request{}, err
	}
	r, err := store.GetUnder[Request](tx, object, walletID, id)
	if errors.Is(err, store.ErrNotFound) {
		return r, dfns.NotFound(object, id)
	}
	return r, err
}
