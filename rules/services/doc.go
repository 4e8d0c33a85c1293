// Package services is what rules may ask: screening, simulation, wallets, ledgers and
// whatever else knows more than the request says.
//
// All questions of one decision go over one [Desk]. It keeps what was asked, what was
// answered, by whom and when, as [Evidence]; the decision is signed with the digests,
// and the answers are stored beside it, so that the decision can be explained and
// tried again with other rules ([Tape]).
//
// A question never fails in the rule's face. When there is no answer the rule gets a
// zero value and goes on, but whatever it says then becomes an abstention with the
// service's own code: a rule that forgets to look at an error cannot approve.
package services
