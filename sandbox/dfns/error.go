package dfns

import (
	"fmt"
	"net/http"
)

// An Error is a refusal, in the shape that DFNS gives it on the wire:
// {"error":{"id","status","message","details"?}}. Its message is written for
// the caller and holds no secret.
type Error struct {
	ID      string `json:"id"`                // 19 digits, new for every error
	Status  int    `json:"status"`            // the HTTP status, repeated
	Message string `json:"message"`           // what was refused, and why
	Details any    `json:"details,omitempty"` // only for conflicts: {"duplicate":{…}}
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Errorf makes an Error with the given HTTP status.
func Errorf(status int, format string, args ...any) *Error {
	return &Error{
		ID:      Random("123456789", 1) + Random("0123456789", 18),
		Status:  status,
		Message: fmt.Sprintf(format, args...),
	}
}

// BadRequest is a 400: the request is malformed or breaks a documented limit.
func BadRequest(format string, args ...any) *Error {
	return Errorf(http.StatusBadRequest, format, args...)
}

// Forbidden is a 403: the caller is known and may not do this.
func Forbidden(format string, args ...any) *Error {
	return Errorf(http.StatusForbidden, format, args...)
}

// NotFound is a 404: no such thing in this organisation.
func NotFound(what, id string) *Error {
	return Errorf(http.StatusNotFound, "%s %s not found", what, id)
}

// NotImplemented is a 501: DFNS has it and the sandbox does not. It is the
// answer instead of pretending.
func NotImplemented(format string, args ...any) *Error {
	return Errorf(http.StatusNotImplemented, "not implemented by the sandbox: "+format, args...)
}
