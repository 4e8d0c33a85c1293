package countersign

// A Receipt is the custodian's answer to a vote, kept as evidence on the trail.
type Receipt struct {
	// AnswerDigest is the lower-case hex SHA-256 of the raw answer.
	AnswerDigest string `json:"answer_sha256"`
	// Status is where the approval stood after the vote.
	Status ApprovalStatus `json:"status"`
	// Proof is the signature that the custodian demanded for this one call. It is
	// independent of ours: the custodian knows its key.
	Proof UserAction `json:"proof,omitzero"`
}

// An Assertion is the signature by which an approver proved themselves to the custodian,
// as the custodian keeps it (DFNS: the log of signed actions). Texts are base64url.
type Assertion struct {
	// ActionID is the ID of the signed action in the custodian's log.
	ActionID     string `json:"action_id"`
	CredentialID string `json:"credential_id"`
	ClientData   string `json:"client_data"`
	// AuthenticatorData is there for WebAuthn only.
	AuthenticatorData string `json:"authenticator_data,omitempty"`
	Signature         string `json:"signature"`
}

// A UserAction is a custodian's challenge answered by a service account's
// credential (DFNS: user action signing). ClientData and Signature are base64url
// without padding, exactly as they were sent.
type UserAction struct {
	CredentialID string `json:"credential_id"`
	Challenge    string `json:"challenge_id"`
	ClientData   string `json:"client_data"`
	Signature    string `json:"signature"`
}
