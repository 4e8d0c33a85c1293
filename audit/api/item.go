package api

import (
	"encoding/json"
	"strings"
	"time"

	"countersign"
	"countersign/audit"
)

// A recordItem is a record as JSON. Body is as it was signed; so is all of it in JWS, and
// the rest is there for convenience.
type recordItem struct {
	Index     int64           `json:"index"`
	ID        string          `json:"id"`
	Type      audit.Type      `json:"type"`
	Key       string          `json:"key"`
	Lineage   string          `json:"lineage,omitempty"`
	Issuer    string          `json:"issuer"`
	Subject   string          `json:"subject"`
	Timestamp time.Time       `json:"timestamp"`
	LeafHash  string          `json:"leafHash"`
	Body      json.RawMessage `json:"body,omitempty"`
	JWS       string          `json:"jws"`
}

func record(e audit.Entry) any {
	r := e.Record
	return recordItem{
		Index: e.Index, ID: r.ID, Type: r.Type, Key: r.Key, Lineage: r.Lineage, Issuer: r.Issuer, Subject: r.Subject,
		Timestamp: r.At.UTC(), LeafHash: e.LeafHash, Body: r.Body, JWS: e.JWS,
	}
}

// A decisionItem is a decision as JSON, with the names that custody APIs have for it.
type decisionItem struct {
	ID         string                 `json:"id"`
	Index      int64                  `json:"index"`
	LeafHash   string                 `json:"leafHash"`
	ApprovalID string                 `json:"approvalId"`
	Decision   countersign.Verdict    `json:"decision"`
	Reason     string                 `json:"reason"`
	Code       countersign.ReasonCode `json:"code"`
	ApproverID string                 `json:"approverId"`
	Timestamp  time.Time              `json:"timestamp"`
	// Signature is the third part of JWS, which it signs the first two of.
	Signature string `json:"signature"`
	JWS       string `json:"jws"`
}

func decision(e audit.Entry) any {
	var in struct {
		ApprovalID string               `json:"approval_id"`
		Decision   countersign.Decision `json:"decision"`
	}
	_ = e.Decode(&in) // unreadable stays empty: its JWS is there, and a verifier says why
	return decisionItem{
		ID: e.Record.ID, Index: e.Index, LeafHash: e.LeafHash, ApprovalID: in.ApprovalID,
		Decision: in.Decision.Verdict, Reason: in.Decision.Reason, Code: in.Decision.Code,
		ApproverID: e.Record.Subject, Timestamp: e.Record.At.UTC(),
		Signature: e.JWS[strings.LastIndexByte(e.JWS, '.')+1:], JWS: e.JWS,
	}
}

// A page is a part of a list.
type page struct {
	Items []json.RawMessage `json:"items"`
	// Next is the after_seq of the next page, and More says that something was there for
	// it when this one was made.
	Next int64 `json:"next"`
	More bool  `json:"more"`
}
