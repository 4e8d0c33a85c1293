// Package stack runs the whole product on one machine: Temporal's dev server and
// the sandbox custody platform as child processes, and a service account, a
// policy, a webhook and a rule book set up in them through the sandbox's public
// API, as a new user would.
//
// It is for laptops, the demo and the end-to-end tests. What it writes into its
// directory is an ordinary configuration: `countersign worker` and `countersign
// ingress` run from it like in production.
package stack
