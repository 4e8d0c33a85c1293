// Package complete is what the trail says of whether everything that happened has been heard.
package complete

import (
	"time"

	"countersign/audit"
)

// Certified is the type of the record of a window. Wire format.
const Certified audit.Type = "completeness.certified" // everything of a window has its workflow, or what has not: [Certificate]

// The alarms. Wire format.
const (
	// Incomplete means that a certificate says that something is missing, or that a source
	// could not be asked.
	Incomplete audit.AlarmCode = "window_incomplete"
	// UnknownDelivery means that the custodian could not deliver a webhook whose kind nobody
	// knows: raised once about a kind.
	UnknownDelivery audit.AlarmCode = "delivery_unknown"
	// EndedEarly means that the custodian holds an approval or a request open although its
	// workflow has ended: raised once about a workflow.
	EndedEarly audit.AlarmCode = "case_ended_early"
	// Unreadable means that a custodian's list or answer has something that cannot be read, so
	// that nobody has held it against ours: raised once about each.
	Unreadable audit.AlarmCode = "custodian_unreadable"
	// Unopened means that the books of a wallet have not begun after long: raised once about
	// a wallet.
	Unopened audit.AlarmCode = "wallet_unopened"
)

// AlarmKey is the record key of an alarm that is raised once about a thing.
func AlarmKey(code audit.AlarmCode, thing string) string {
	return "alarm/" + string(code) + "/" + thing
}

// Key is the record key of a window's certificate.
func Key(from, to time.Time) string {
	return "completeness/" + from.UTC().Format(time.RFC3339) + "/" + to.UTC().Format(time.RFC3339)
}

// A Certificate says of a window, From <= t < To, what happened in it by each source's own word
// and how much of that has its workflow.
type Certificate struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Complete says that every source was asked, nothing is missing, nothing unfounded, and
	// nothing unreadable.
	Complete bool           `json:"complete"`
	Sources  []Count        `json:"sources"`
	Workflow audit.Workflow `json:"workflow,omitzero"`
}

// A Count is of one source. Expected is Seen, Repaired and Missing together.
type Count struct {
	Source string `json:"source"`
	// Query is what was asked, for whoever wants to ask again.
	Query string `json:"query"`
	// Expected are the workflows that what happened should have, Seen those of them that were
	// there, Repaired those that were started now, and Missing those that could not be.
	Expected int `json:"expected"`
	Seen     int `json:"seen"`
	Repaired int `json:"repaired"`
	Missing  int `json:"missing"`
	// Late are those of Seen that no webhook has started: reconciliation has, or another certificate.
	Late int `json:"late,omitempty"`
	// The names of the last two, the first hundred of each.
	RepairedWorkflows []string `json:"repaired_workflows,omitempty"`
	MissingWorkflows  []string `json:"missing_workflows,omitempty"`
	// Unwatched are those of Expected that a chain has and our own watchers have not recorded;
	// Unfounded is what they have recorded as final and the chain does not have. With their names,
	// the first hundred of each.
	Unwatched          int      `json:"unwatched,omitempty"`
	UnwatchedWorkflows []string `json:"unwatched_workflows,omitempty"`
	Unfounded          int      `json:"unfounded,omitempty"`
	UnfoundedEvents    []string `json:"unfounded_events,omitempty"`
	// Unreadable are what the source has and nobody can read: none of Expected, and each an alarm
	// of its own. With their names and why, the first hundred.
	Unreadable      int      `json:"unreadable,omitempty"`
	UnreadableItems []string `json:"unreadable_items,omitempty"`
	// Ranges are the blocks that were read, of chains.
	Ranges []Range `json:"ranges,omitempty"`
	// Unknown says why the source could not be asked to its end; empty when it was.
	Unknown string `json:"unknown,omitempty"`
}

// A Range is what was read of one network: the final blocks whose timestamps are in the window.
type Range struct {
	Network string `json:"network"`
	// Blocks is how many there are; of none, there is no first and no last.
	Blocks uint64 `json:"blocks"`
	From   uint64 `json:"from,omitempty"`
	To     uint64 `json:"to,omitempty"`
	// LastHash is that of block To, 0x and 64 hex digits: it names all blocks before it.
	LastHash string `json:"last_hash,omitempty"`
	// LogsOnly says that there were too many blocks to read their transactions: of the native
	// asset it is our watchers' record that was believed.
	LogsOnly bool `json:"logs_only,omitempty"`
}
