package stellar

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"countersign/sandbox/history"
	"countersign/sandbox/network"
	"countersign/sandbox/store"
)

// Amounts are in stroops, ten millionths of a lumen.
const (
	Fee     = 100           // of a transaction with one operation
	Reserve = 2 * 5_000_000 // the least that an account holds: two base reserves of half a lumen
	Supply  = 1e11 * 1e7    // all lumens at the start, held by the root account
	Grant   = 1e4 * 1e7     // what a new wallet gets, as from Stellar's friendbot
	MaxMemo = 28            // bytes of a memo of text
)

// Kinds of stored objects.
const (
	kindAccount = "stellar-account" // by network/address
	kindLedger  = "stellar-ledger"  // by network
)

// account is what the ledger knows of an address.
type account struct {
	Balance  int64 // stroops
	Sequence int64 // of its last transaction
}

// header is where a network's ledger stands.
type header struct {
	Sequence uint64 // of the last ledger that closed
	FeePool  int64  // stroops; Stellar's fees are lost to all
}

// Payment moves lumens from one account to another.
type Payment struct {
	Network  network.Network
	From, To string // addresses
	Amount   int64  // stroops, above 0
	Memo     string // at most MaxMemo bytes
	Create   bool   // make the account of To when it is not there
}

// signedPayment is what the hash of a transaction is taken of.
type signedPayment struct {
	Network  string
	From, To string
	Amount   int64
	Memo     string
	Create   bool
	Sequence int64
}

// Sign returns the payment as its sender's next transaction, signed, and the
// transaction's hash: 64 hex digits.
func Sign(tx *store.Tx, p Payment, key ed25519.PrivateKey) (raw []byte, hash string, err error) {
	from, _, err := load(tx, p.Network.Name, p.From)
	if err != nil {
		return nil, "", err
	}
	text, err := json.Marshal(signedPayment{p.Network.Name, p.From, p.To, p.Amount, p.Memo, p.Create, from.Sequence + 1})
	if err != nil {
		return nil, "", fmt.Errorf("encoding payment: %w", err)
	}
	digest := sha256.Sum256(text)
	return append(ed25519.Sign(key, digest[:]), text...), hex.EncodeToString(digest[:]), nil
}

// A Refusal says why a payment failed, in Stellar's words. One with a fee was
// part of a ledger all the same.
type Refusal struct {
	Reason string
	Fee    int64 // stroops paid for nothing; 0 when it never reached a ledger
}

// Error returns the reason.
func (r Refusal) Error() string { return r.Reason }

// Apply closes a ledger with p in it, or fails with a [Refusal] whose fee is
// then charged. Both must be committed. screen is asked about a deposit that p is.
func Apply(tx *store.Tx, p Payment, hash string, now time.Time, screen func(*store.Tx, history.Event) error) error {
	from, there, err := load(tx, p.Network.Name, p.From)
	if err != nil {
		return err
	}
	if !there || from.Balance < Fee {
		return Refusal{Reason: "tx_insufficient_balance: the source account cannot pay the fee"}
	}
	head, err := lastLedger(tx, p.Network.Name)
	if err != nil {
		return err
	}
	from.Balance, from.Sequence = from.Balance-Fee, from.Sequence+1
	head.Sequence, head.FeePool = head.Sequence+1, head.FeePool+Fee
	if err := errors.Join(save(tx, p.Network.Name, p.From, from),
		store.Put(tx, store.Object{Kind: kindLedger, ID: p.Network.Name}, head)); err != nil {
		return err
	}
	if err := operate(tx, p); err != nil {
		return err
	}
	return history.Include(tx, now, history.Block{Network: p.Network, Number: head.Sequence, Time: now, Final: true, Screen: screen,
		Transfers: []history.Transfer{{Kind: "NativeTransfer", TxHash: hash, From: p.From, To: p.To, Memo: p.Memo,
			Value: fmt.Sprint(p.Amount), Fee: fmt.Sprint(Fee),
			Asset: history.Asset{Symbol: p.Network.Symbol, Decimals: p.Network.Decimals, Verified: true}}}})
}

// operate moves the money, once the fee is paid.
func operate(tx *store.Tx, p Payment) error {
	refuse := func(reason string) error { return Refusal{Reason: reason, Fee: Fee} }
	from, _, err1 := load(tx, p.Network.Name, p.From)
	_, there, err2 := load(tx, p.Network.Name, p.To)
	switch {
	case errors.Join(err1, err2) != nil:
		return errors.Join(err1, err2)
	case p.Amount <= 0:
		return refuse("op_malformed: the amount must be above 0")
	case !there && !p.Create:
		return refuse("op_no_destination: the destination account does not exist; createDestinationAccount makes it")
	case !there && p.Amount < Reserve:
		return refuse(fmt.Sprintf("op_low_reserve: a new account needs %d stroops", Reserve))
	case from.Balance-Reserve < p.Amount:
		return refuse(fmt.Sprintf("op_underfunded: %d stroops held, of which %d must stay", from.Balance, Reserve))
	}
	from.Balance -= p.Amount
	if err := save(tx, p.Network.Name, p.From, from); err != nil {
		return err
	}
	to, _, err := load(tx, p.Network.Name, p.To) // again, for it may be the same account
	if err != nil {
		return err
	}
	to.Balance += p.Amount
	return save(tx, p.Network.Name, p.To, to)
}

// Open makes the root account, with all lumens there are, unless it is there.
func Open(tx *store.Tx, name, root string) error {
	_, there, err := load(tx, name, root)
	if err != nil || there {
		return err
	}
	return save(tx, name, root, account{Balance: Supply})
}

// Balance returns what an address holds, in stroops; 0 when it has no account.
func Balance(tx *store.Tx, name, address string) (int64, error) {
	a, _, err := load(tx, name, address)
	return a.Balance, err
}

// Total returns what all accounts hold and what was lost in fees; together they
// are [Supply] once a network is in use.
func Total(tx *store.Tx, name string) (held, fees int64, err error) {
	accounts, err := store.All[account](tx, kindAccount, name)
	for _, a := range accounts {
		held += a.Balance
	}
	head, err2 := lastLedger(tx, name)
	return held, head.FeePool, errors.Join(err, err2)
}

func load(tx *store.Tx, name, address string) (account, bool, error) {
	a, err := store.Get[account](tx, kindAccount, name+"/"+address)
	if errors.Is(err, store.ErrNotFound) {
		return a, false, nil
	}
	return a, err == nil, err
}

func save(tx *store.Tx, name, address string, a account) error {
	return store.Put(tx, store.Object{Kind: kindAccount, ID: name + "/" + address, Parent: name}, a)
}

func lastLedger(tx *store.Tx, name string) (header, error) {
	h, err := store.Get[header](tx, kindLedger, name)
	if errors.Is(err, store.ErrNotFound) {
		return h, nil
	}
	return h, err
}
