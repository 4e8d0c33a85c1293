package countersign

import (
	"errors"
	"fmt"
	"strings"
)

// ErrID means that a text cannot serve as an ID: it would not be safe inside a
// workflow ID, a URL path or a record key.
var ErrID = errors.New("not an ID")

const idChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:"

// CheckID refuses what is empty, longer than 128 characters, or holds anything
// but letters, digits and "-_.:". The custodian's IDs are at most 64 characters
// of letters, digits and "-" (dfns.md §0); a slash would let one ID pass for the
// key of another record, and "." and ".." are steps in a path.
func CheckID(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("%w: empty", ErrID)
	case len(s) > 128:
		return fmt.Errorf("%w: %d characters, at most 128", ErrID, len(s))
	case s == "." || strings.Trim(s, idChars) != "" || strings.Contains(s, ".."):
		return fmt.Errorf("%w: %q may hold only letters, digits and - _ . : but no step of a path", ErrID, clip(s))
	}
	return nil
}

// DecisionKey is the key on the trail of what approver said to an approval. It
// holds one record for ever: an approval is never decided twice by one approver.
func DecisionKey(approvalID, approver string) string {
	return "approval/" + approvalID + "/decision/" + approver
}

// PostKey is the key of what became of that decision at the custodian: posted,
// found there already, moot, or void.
func PostKey(approvalID, approver string) string {
	return "approval/" + approvalID + "/post/" + approver
}

// OutcomeKey is the key of how the approval ended.
func OutcomeKey(approvalID string) string { return "approval/" + approvalID + "/outcome" }

// ApprovalLineage is what all records of an approval that somebody else has asked for have in
// common, from the webhook to the ledger entry; see package activities/lineage.
func ApprovalLineage(approvalID string) string { return "approval/" + approvalID }

// WebhookKey is the key of a delivery that was believed and was news; root is its
// [Event.Root].
func WebhookKey(root string) string { return "webhook/" + root }

// EscalationKey is the key of an approval being left to people, by the step that leaves
// it: decision or post.
func EscalationKey(approvalID, approver, step string) string {
	return "approval/" + approvalID + "/escalated/" + approver + "/" + step
}

// HumanKey is the key of what another approver said, as the custodian tells it.
func HumanKey(approvalID, userID string) string { return "approval/" + approvalID + "/human/" + userID }

// AlarmKey is the key of an alarm: raised once about one approval.
func AlarmKey(code, approvalID, approver string) string {
	return "alarm/" + code + "/" + approvalID + "/" + approver
}

// EventKey is the key of a delivery that no workflow of its own answers.
func EventKey(root string) string { return "event/" + root }

// RefreshKey is the key of what one run of the workflow that refreshes screening lists
// found to have changed.
func RefreshKey(run string) string { return "screening/" + run }

// RescreenKey is the key of what an open approval's addresses came to be under some
// lists, by the lists' digest and by the verdict: it is told once.
func RescreenKey(approvalID, approver, lists, verdict string) string {
	return "approval/" + approvalID + "/rescreened/" + approver + "/" + lists + "/" + verdict
}
