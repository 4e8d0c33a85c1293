// Package countersign is the vocabulary of governed money movement: what
// happened (an [Event]), what is asked (an [Approval] of a [Transfer] or a
// [Call]), what we say to it (a [Decision]) and how it ended (an [Outcome]).
//
// The package is pure. It reads no clock, opens no connection and imports only
// the standard library, so a workflow may call any of it during replay.
//
// # Life of an approval
//
// A maker asks the custodian to move money. The custodian's policy holds the
// request and opens an approval. Its webhook becomes an [Event]; the event
// starts one workflow for the approval. The workflow reads the approval afresh,
// decodes it, runs the rules and gets a [Decision]: approve, reject or abstain.
// The decision is signed and on the trail before the custodian hears it. People
// get what is left. When the custodian says how the approval ended, the
// [Outcome] goes on the trail beside the decision, and the budget that was
// reserved is kept or given back.
package countersign
