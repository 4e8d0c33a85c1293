// Package backtest tries another rule book on what was decided already: every recorded
// approval, with the evidence that was recorded for it, as of its time.
//
// It says first how much it could try at all (its coverage): a book that asks what was
// not asked at the time has no answer to go by, and is not guessed about. Then it says
// which decisions would have changed, and how the book's word compares with what
// became of the approvals in the end, which is mostly what people said.
//
// Budgets are kept as they would have been: what the book's own claims take is counted
// in the order of the trail and given back when an approval came to nothing.
package backtest
