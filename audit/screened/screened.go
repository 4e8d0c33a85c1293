// Package screened is what records say of screening: which lists addresses are held against, and which
// addresses of an open approval are not clear any more.
package screened

import (
	"countersign"
	"countersign/audit"
)

// The types of records about screening.
const (
	ListsRefreshed     audit.Type = "screening.refreshed" // lists that addresses are screened against have changed: [Refreshed]
	ApprovalRescreened audit.Type = "approval.rescreened" // an address of an open approval is not clear any more: [Rescreened]
)

// A List is a list as it was held.
type List struct {
	Name string `json:"name"`
	// Version is what the list says of itself, Digest the SHA-256 of its bytes.
	Version string `json:"version"`
	Digest  string `json:"sha256"`
	Entries int    `json:"entries"`
}

// A Refreshed says which lists are in force since some of them changed.
type Refreshed struct {
	// Lists are all of them, Changed the names of those that are new, others or gone.
	Lists    []List         `json:"lists"`
	Changed  []string       `json:"changed"`
	Workflow audit.Workflow `json:"workflow,omitzero"`
}

// A Rescreened says that addresses which were clear when an approval was decided are not
// clear under newer lists. The decision stands; people may act on it.
type Rescreened struct {
	ApprovalID string `json:"approval_id"`
	// Intent is the leaf hash of our decision.
	Intent  string              `json:"intent"`
	Verdict countersign.Verdict `json:"verdict"`
	// Screening is the worst that any of the addresses is now: hit, unknown or review.
	Screening string `json:"screening"`
	// Addresses are the first of those that are not clear any more, and Count how many
	// there are.
	Addresses []Address `json:"addresses"`
	Count     int       `json:"count"`
	// Lists are those that were held, and Report the SHA-256 of what all sources said,
	// which is kept beside the trail.
	Lists    []List         `json:"lists"`
	Report   string         `json:"report_sha256"`
	Workflow audit.Workflow `json:"workflow,omitzero"`
}

// A Address is an address that was clear, and what it is now.
type Address struct {
	Network string `json:"network"`
	Address string `json:"address"`
	Now     string `json:"now"`
}
