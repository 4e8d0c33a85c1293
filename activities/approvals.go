package activities

import (
	"context"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/chain/codepin"
	"countersign/people"
	"countersign/rules"
	"countersign/rules/services"
)

// Approvals decides, posts and resolves approvals for one service account.
//
// Its methods are idempotent on the approval and the approver: a decision is made
// and recorded once, posted once, and closed once, whatever dies on the way.
type Approvals struct {
	Custodian Custodian
	Trail     Trail
	Book      Book
	// Approver is the service account's user ID at the custodian.
	Approver string
	// Rules names the book and the program in every decision.
	Rules audit.Rules
	// Code compares pinned contracts with the chain. Without it a decision that rests
	// on a code pin becomes an abstention.
	Code CodeChecker
	// People says which identities count as one with the initiator.
	People people.Groups
	// Services repeats, before an approval is posted, what it rests on and may have
	// changed since. Nil is for books that ask nobody.
	Services Rechecker
	// Shadow is a book that is evaluated beside the first, recorded and never posted, and
	// ShadowRules its name; nil for none.
	Shadow      Book
	ShadowRules audit.Rules
	// RuleTimeout bounds one run of the rules. Zero means ten seconds.
	RuleTimeout time.Duration
	// Now is the clock.
	Now func() time.Time
}

// A Custodian holds the keys and asks for approvals. custody/dfns.Custodian is
// the real one; the assertions are those of custody/dfns/actionlog.Log.
type Custodian interface {
	// Name is the custodian's short name, for records.
	Name() string
	// Approval reads an approval as it stands now.
	Approval(ctx context.Context, id string) (countersign.Approval, error)
	// Vote posts a verdict, Approve or Reject. It never sends twice: when the
	// answer is lost it returns an error, and the caller reads the approval to
	// learn what happened.
	Vote(ctx context.Context, approvalID string, v countersign.Verdict, reason string) (countersign.Receipt, error)
	// Assertion is how another approver proved their vote, with the custodian's own log
	// entry of it. An error that wraps ErrNotFound, ErrDenied, ErrInvalid or ErrUnreadable
	// means that it will not be told.
	Assertion(ctx context.Context, approvalID string, v countersign.Vote) (countersign.Assertion, []byte, error)
}

// A Trail keeps signed records and the budgets that decisions take from.
// store.Trail is the real one; its comments say what each method promises.
type Trail interface {
	Find(ctx context.Context, key string) (audit.Entry, error)
	Append(ctx context.Context, d audit.Draft) (audit.Entry, error)
	Decide(ctx context.Context, key string, claims []countersign.Claim, scopes []string,
		conclude func(countersign.Standing) (d audit.Draft, reserve bool)) (audit.Entry, error)
	Halted(ctx context.Context, scopes []string) ([]string, error)
	Evidence(ctx context.Context, digest string) ([]byte, error)
	Void(ctx context.Context, d audit.Draft, decisionKey string) (audit.Entry, error)
	Close(ctx context.Context, d audit.Draft, decisionKey string, moved bool) (audit.Entry, error)
	Barrier(ctx context.Context, e audit.Entry) error
}

// A CodeChecker compares the code of contracts with what is pinned. chain.Nodes is
// the real one.
type CodeChecker interface {
	// CheckCode returns what was read, as JSON, for the record. Its error wraps
	// [codepin.ErrChanged] where the chain says otherwise; any other means that it did
	// not say.
	CheckCode(ctx context.Context, network string, pins []codepin.Pin) (evidence []byte, err error)
}

// A Rechecker asks again what a decision rests on. services.Services is the real one.
type Rechecker interface {
	// Recheck returns the zero Decision when the answers still hold, and an abstention
	// when they do not or nobody answers.
	Recheck(ctx context.Context, a countersign.Approval, evidence []services.Evidence, now time.Time) countersign.Decision
}

// A Book decides. rules.Engine is the real one.
type Book interface {
	// Decide never fails; what it cannot decide it abstains on.
	Decide(ctx context.Context, a countersign.Approval, now time.Time) rules.Result
}
