package settle

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"math/big"

	"github.com/ethereum/go-ethereum/crypto"

	"countersign/sandbox/custody"
	"countersign/sandbox/network"
	"countersign/sandbox/queue"
	"countersign/sandbox/stellar"
	"countersign/sandbox/store"
)

// stepLedger does a job of a simulated ledger. Like one of a chain it is signed
// first and stored; the ledger's own change and the end of the job are then one
// transaction, so it happens once.
func (s *Settler) stepLedger(on network.Network, job queue.Job) error {
	key, err := s.ledgerKey(job)
	if custody.Unusable(err) {
		return s.Custody.Settled(job, custody.Settlement{Reason: err.Error()})
	}
	if err != nil {
		return err
	}
	root := s.root()
	payment := stellar.Payment{Network: on, From: stellar.Address(key.Public().(ed25519.PublicKey)), To: job.Call.To,
		Memo: job.Call.Memo, Create: job.Call.Create}
	if !job.Call.Value.IsInt64() {
		return s.Custody.Settled(job, custody.Settlement{Reason: "op_malformed: the amount is above 2^63-1 stroops"})
	}
	payment.Amount = job.Call.Value.Int64()
	if job.Raw == nil {
		if job, err = s.signPayment(payment, root, key, job); err != nil {
			var refused errRefused
			if errors.Is(err, custody.ErrAborted) {
				return nil
			}
			if errors.As(err, &refused) {
				return s.Custody.Settled(job, custody.Settlement{Reason: refused.reason})
			}
			return err
		}
	}
	digest := sha256.Sum256(job.Raw[ed25519.SignatureSize:])
	return s.Custody.DB.Update(func(tx *store.Tx) error {
		end := custody.Settlement{Fee: big.NewInt(stellar.Fee)}
		var refusal stellar.Refusal
		err := stellar.Apply(tx, payment, fmt.Sprintf("%x", digest), s.Custody.Now(), s.Custody.Screen)
		if errors.As(err, &refusal) {
			end = custody.Settlement{Reason: refusal.Reason}
			if refusal.Fee > 0 {
				end.Fee = big.NewInt(refusal.Fee)
			}
		} else if err != nil {
			return err
		}
		slog.Info("payment applied", "job", job.ID, "network", on.Name, "reason", end.Reason)
		return s.Custody.SettledIn(tx, job, end)
	})
}

// signPayment signs a payment and stores it.
func (s *Settler) signPayment(p stellar.Payment, root, key ed25519.PrivateKey, job queue.Job) (queue.Job, error) {
	var hash string
	err := s.Custody.DB.Update(func(tx *store.Tx) (err error) {
		if err := stellar.Open(tx, p.Network.Name, stellar.Address(root.Public().(ed25519.PublicKey))); err != nil {
			return err
		}
		job.Raw, hash, err = stellar.Sign(tx, p, key)
		return err
	})
	if err != nil {
		return job, err
	}
	return job, recorded(s.Custody.Signed(job, job.Raw, hash))
}

// ledgerKey is the key of the wallet that pays, or of the root account.
func (s *Settler) ledgerKey(job queue.Job) (ed25519.PrivateKey, error) {
	if job.WalletID == "" {
		return s.root(), nil
	}
	return s.Custody.Ed25519Key(job.WalletID)
}

// root is the key of the account that has all lumens at the start: the faucet's,
// in another form.
func (s *Settler) root() ed25519.PrivateKey {
	seed := sha256.Sum256(append([]byte("stellar root"), crypto.FromECDSA(s.Faucet)...))
	return ed25519.NewKeyFromSeed(seed[:])
}
