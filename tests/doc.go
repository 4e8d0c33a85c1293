// Package tests holds what no single package can show: the whole product on the
// real dev server and the real sandbox, real processes killed with kill -9,
// recorded histories replayed, and the rules that the repository keeps for itself
// (imports, wire names, documents).
package tests
