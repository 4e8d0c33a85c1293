package dfns

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"countersign"
)

// ErrNoSigner means that the client was made to read only, and was asked for a
// call that must be signed.
var ErrNoSigner = errors.New("dfns: no signing key configured, so nothing can be changed")

// An Error is an answer other than 200. By errors.Is it is
// [countersign.ErrNotFound] (404), [countersign.ErrDenied] (401 and 403) or
// [countersign.ErrInvalid] (400); on a decision [countersign.ErrAlreadyVoted]
// (409) or [countersign.ErrNotPending] (412 and 422). A 403 on a decision is none
// of them: DFNS does not document whether it refuses the credential, the voter or
// the moment (dfns.md §4.5). Read the approval, as [Custodian.Vote] does.
type Error struct {
	// Status is the HTTP status.
	Status int
	// ID is DFNS's name for this answer, for its support; it may be empty.
	ID string
	// Message is DFNS's explanation; it may be empty.
	Message string
	// Method and Path are what was called, without the query.
	Method, Path string
	// Body is the answer, cut at 4 KiB.
	Body []byte
}

// Error names the call, the status and DFNS's words.
func (e *Error) Error() string {
	text := fmt.Sprintf("dfns: %s %s: %d %s", e.Method, e.Path, e.Status, http.StatusText(e.Status))
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.ID != "" {
		text += " (error " + e.ID + ")"
	}
	return text
}

// Is maps the status to the vocabulary.
func (e *Error) Is(target error) bool {
	switch e.Status {
	case http.StatusBadRequest:
		return target == countersign.ErrInvalid
	case http.StatusUnauthorized:
		return target == countersign.ErrDenied
	case http.StatusForbidden:
		return target == countersign.ErrDenied && !e.decision()
	case http.StatusNotFound:
		return target == countersign.ErrNotFound
	case http.StatusConflict:
		return target == countersign.ErrAlreadyVoted && e.decision()
	case http.StatusPreconditionFailed, http.StatusUnprocessableEntity:
		return target == countersign.ErrNotPending && e.decision()
	}
	return false
}

// decision reports whether the answer was to a vote.
func (e *Error) decision() bool {
	return e.Method == http.MethodPost && strings.HasPrefix(e.Path, "/v2/policy-approvals/") && strings.HasSuffix(e.Path, "/decisions")
}

// A PendingChangeError is DFNS's 202: what was asked waits for an approval of
// its own and has not happened (dfns.md §4.3). Policies and permissions answer
// so; transfers do not, they are created with status "Pending".
type PendingChangeError struct {
	ID            string `json:"id"`
	Kind          string `json:"kind"`
	OperationKind string `json:"operationKind"`
	Status        string `json:"status"`
	EntityID      string `json:"entityId"`
	ApprovalID    string `json:"approvalId"`
	// Raw is the change request as it came.
	Raw json.RawMessage `json:"-"`
}

// Error says what waits for which approval.
func (e *PendingChangeError) Error() string {
	return fmt.Sprintf("dfns: %s of %s %s waits as change request %s for approval %s",
		e.OperationKind, e.Kind, e.EntityID, e.ID, e.ApprovalID)
}

// failure makes an error of an answer other than 200. The server's words may
// quote what we sent, so our token is taken out of them.
func (c *Client) failure(method, path string, status int, body []byte) error {
	if status == http.StatusAccepted {
		p := &PendingChangeError{Raw: body}
		_ = json.Unmarshal(body, p) // 202 says enough by itself
		return p
	}
	body = []byte(strings.ReplaceAll(string(body), c.token, "[token]"))
	var answer struct {
		Error   struct{ ID, Message string }
		Message string
	}
	_ = json.Unmarshal(body, &answer) // proxies answer in HTML
	message := answer.Error.Message
	if message == "" {
		message = answer.Message
	}
	return &Error{
		Status: status, ID: clip(answer.Error.ID, 64), Message: clip(printable(message), 500),
		Method: method, Path: path, Body: body[:min(len(body), 4<<10)],
	}
}

// printable keeps a foreign text on one line.
func printable(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
}

// clip cuts s to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
