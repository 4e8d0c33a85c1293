package countersign

import "errors"

// What a custodian can answer, in words that every adapter maps to and the
// workflows act on. Wrap them with what was being asked.
var (
	// ErrNotFound means that the custodian knows no such thing. Asking again does
	// not help.
	ErrNotFound = errors.New("custodian knows no such thing")

	// ErrDenied means that our credential was refused: expired, revoked, or
	// without the permission. No retry helps before an operator has acted.
	ErrDenied = errors.New("custodian refused our credential")

	// ErrAlreadyVoted means that the approver has spoken already. Read the
	// approval to learn what it said.
	ErrAlreadyVoted = errors.New("approver has already voted")

	// ErrNotPending means that the approval takes no more decisions. Read it to
	// learn how it ended.
	ErrNotPending = errors.New("approval is not pending")

	// ErrUnreadable means that the custodian's answer cannot be read, or can be in two ways (a
	// key twice, or in two spellings): nobody may decide on it but people. Of an item of a list
	// it is an [UnreadableError].
	ErrUnreadable = errors.New("custodian's answer cannot be read, or in two ways")

	// ErrInvalid means that what is asked for is wrong, by our own word or by the
	// custodian's. Asking again is wrong again.
	ErrInvalid = errors.New("invalid request")
)
