// Package vendors screens addresses with the APIs of companies that sell that:
// Chainalysis, TRM Labs and Elliptic.
//
// Every answer is read as if it meant to mislead: a status that does not mean success, a
// limit of requests, JSON that can be read in two ways, a field that is missing or null,
// an answer about another address, a score that is no plain number. All of that is
// unknown. Most code that calls these APIs takes it for clean.
//
// Scores are compared as exact decimals with thresholds that the operator sets; where to
// draw the line is a decision of compliance and no default of ours. Asking tells the
// vendor which addresses one deals with.
//
// The forms of requests and answers are those of the vendors' documentation and of
// public code as of 2026; see each file.
package vendors
