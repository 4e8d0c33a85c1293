package countersign

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxExternalID is how long an external ID may be, in characters: DFNS takes 1 to 50.
const MaxExternalID = 50

var (
	// ErrExternalIDReused means that an external ID names another effect already. No retry
	// can help; the maker must choose a new one.
	ErrExternalIDReused = errors.New("external ID already names another effect")

	// ErrNoMaker means that nobody is configured who may ask the custodian for anything.
	ErrNoMaker = errors.New("no maker is configured")
)

// An Instruction is what a maker wants settled: one transfer or one call of one wallet.
type Instruction struct {
	// ExternalID names the effect, for us and for the custodian, for ever: the same one
	// with the same terms is the same effect.
	ExternalID string `json:"external_id"`
	WalletID   string `json:"wallet_id"`
	// Network is the wallet's. Empty means whatever it is on; another one is refused.
	Network string `json:"network,omitempty"`
	// Exactly one of Transfer and Call is set.
	Transfer *Transfer `json:"transfer,omitempty"`
	Call     *Call     `json:"call,omitempty"`
	// Purpose is why, one line for people. It stays with us: on the trail and in the books.
	Purpose string `json:"purpose,omitempty"`
	// Covered refuses the instruction unless our own books have as much free in the
	// wallet's account. It is for wallets whose books have an opening.
	Covered bool `json:"covered,omitempty"`
}

const (
	// maxPurpose is how long a purpose may be, in bytes; memos of the books are up to 500.
	maxPurpose = 300
	// maxCallData is how long call data may be, in bytes: it stands on the trail, where a
	// record has 64 KiB (C2SP tlog-tiles), and in base64.
	maxCallData = 24 << 10
)

// Check fails with [ErrInvalid], or with [ErrID], and names the field.
func (i Instruction) Check() error {
	if err := CheckExternalID(i.ExternalID); err != nil {
		return fmt.Errorf("external_id: %w", err)
	}
	if err := CheckID(i.WalletID); err != nil {
		return fmt.Errorf("wallet_id: %w", err)
	}
	if i.Network != "" && CheckID(i.Network) != nil {
		return fmt.Errorf("network: %w: %q is no name of a network", ErrInvalid, clip(i.Network))
	}
	if (i.Transfer == nil) == (i.Call == nil) {
		return fmt.Errorf("%w: give either a transfer or a call", ErrInvalid)
	}
	if len(i.Purpose) > maxPurpose || !utf8.ValidString(i.Purpose) || strings.ContainsAny(i.Purpose, "\n\r\x00") {
		return fmt.Errorf("purpose: %w: %d bytes, want one line of at most %d", ErrInvalid, len(i.Purpose), maxPurpose)
	}
	if t := i.Transfer; t != nil {
		return t.check()
	}
	switch c := i.Call; {
	case c.SetsCode || len(c.Delegates) > 0:
		return fmt.Errorf("call: %w: a transaction that gives accounts code is not submitted", ErrInvalid)
	case len(c.Data) > maxCallData:
		return fmt.Errorf("call.data: %w: %d bytes, at most %d", ErrInvalid, len(c.Data), maxCallData)
	case !c.MaxFeePerGas.IsZero() && c.MaxPriorityFeePerGas.Cmp(c.MaxFeePerGas) > 0: // no block takes it (EIP-1559)
		return fmt.Errorf("call.max_priority_fee_per_gas: %w: %s wei, and max_fee_per_gas is %s: give at most that", ErrInvalid, c.MaxPriorityFeePerGas, c.MaxFeePerGas)
	}
	return nil
}

func (t Transfer) check() error {
	switch {
	case t.Kind == "":
		return fmt.Errorf("transfer.kind: %w: it is empty: give the custodian's word, such as Native or Erc20", ErrInvalid)
	case t.To == "":
		return fmt.Errorf("transfer.to: %w: it is empty: give the recipient", ErrInvalid)
	case t.Amount.IsZero():
		return fmt.Errorf("transfer.amount: %w: it is 0: give an amount in the smallest unit", ErrInvalid)
	}
	return nil
}

// CheckExternalID refuses what cannot name a settlement: no ID ([CheckID]), longer than
// [MaxExternalID], or like one of the custodian's own.
func CheckExternalID(s string) error {
	switch err := CheckID(s); {
	case err != nil:
		return err
	case len(s) > MaxExternalID:
		return fmt.Errorf("%w: %d characters, at most %d", ErrID, len(s), MaxExternalID)
	case custodians(s):
		return fmt.Errorf("%w: %q reads like one of the custodian's own IDs", ErrID, s)
	}
	return nil
}

// custodians reports whether an ID reads like the custodian's for a transfer or a
// transaction (dfns.md §0): those name the settlements of requests without an external ID.
func custodians(s string) bool { return strings.HasPrefix(s, "xfr-") || strings.HasPrefix(s, "tx-") }

// SettlementID names the settlement of a request: by its external ID where that can name
// one, and otherwise by the custodian's ID of the request.
func SettlementID(externalID, requestID string) string {
	if CheckExternalID(externalID) == nil {
		return externalID
	}
	return requestID
}

// A RequestKind is what the custodian was asked for.
type RequestKind string

// The kinds of requests. Wire format.
const (
	TransferRequest    RequestKind = "transfer"    // of an asset that the custodian understands
	TransactionRequest RequestKind = "transaction" // as its maker composed it, or the custodian to replace another
)

// A RequestStatus is where a request stands, by the custodian's word.
type RequestStatus string

// The statuses. Wire format. The last three are final.
const (
	RequestPending   RequestStatus = "pending" // waits for an approval where it has one
	RequestExecuting RequestStatus = "executing"
	RequestBroadcast RequestStatus = "broadcasted"
	RequestConfirmed RequestStatus = "confirmed"
	RequestFailed    RequestStatus = "failed"
	RequestRejected  RequestStatus = "rejected"
)

// A RequestRef finds a request at the custodian.
type RequestRef struct {
	Kind     RequestKind `json:"kind"`
	WalletID string      `json:"wallet_id"`
	ID       string      `json:"id"`
}

// Check fails with [ErrID] or [ErrInvalid].
func (r RequestRef) Check() error {
	for _, id := range []string{r.WalletID, r.ID} {
		if err := CheckID(id); err != nil {
			return fmt.Errorf("request: %w", err)
		}
	}
	if r.Kind != TransferRequest && r.Kind != TransactionRequest {
		return fmt.Errorf("request %s: %w: kind %q is neither transfer nor transaction", r.ID, ErrInvalid, clip(string(r.Kind)))
	}
	return nil
}

// A Request is a transfer or a transaction as the custodian tells of it at one moment.
type Request struct {
	RequestRef
	Network    string        `json:"network"`
	ExternalID string        `json:"external_id,omitempty"`
	Status     RequestStatus `json:"status"`
	Reason     string        `json:"reason,omitempty"`
	// TxHash is empty while nothing was signed.
	TxHash string `json:"tx_hash,omitempty"`
	// Fee is what the custodian says that it cost, in the native asset's smallest unit;
	// zero where it does not say.
	Fee        Amount `json:"fee,omitzero"`
	ApprovalID string `json:"approval_id,omitempty"`
	// ReplacementID is the transaction that takes its place, of the same wallet: faster, or
	// to cancel it.
	ReplacementID string `json:"replacement_id,omitempty"`
	InitiatorID   string `json:"initiator_id,omitempty"`
	// Activity is what was asked for, read from the request.
	Activity    Activity  `json:"activity"`
	RequestedAt time.Time `json:"requested_at,omitzero"`
	BroadcastAt time.Time `json:"broadcast_at,omitzero"`
	ConfirmedAt time.Time `json:"confirmed_at,omitzero"`
	// Raw is the custodian's own JSON, for evidence. It is no part of ours.
	Raw []byte `json:"-"`
}

// The custodian's kinds of transactions that take the place of others.
const (
	CancelTransaction  = "CancelTransaction"
	SpeedUpTransaction = "SpeedUpTransaction"
)

// Replaces reports whether the request is the custodian's, to take the place of another.
func (r Request) Replaces() bool {
	return r.Activity.Request == CancelTransaction || r.Activity.Request == SpeedUpTransaction
}
