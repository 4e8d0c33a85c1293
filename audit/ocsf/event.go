// Package ocsf tells records of the trail in the words of the Open Cybersecurity Schema
// Framework, version 1.8.0 (schema.ocsf.io), which SIEMs read without being taught.
//
// One table, in table.go, says which class and activity each type of record is. What a
// class has no place for stands under unmapped: the place in the log and the body as it
// was signed. An event is a view: what is true is the signed record, which metadata.uid,
// metadata.sequence and unmapped.tlog name.
//
// The same entry gives the same bytes. A record of a type that the table does not know,
// or whose body cannot be read, is a plain API Activity: never lost.
package ocsf

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"

	"countersign/audit"
)

// Version is that of the schema, in metadata.version of each event.
const Version = "1.8.0"

// A Product is who says it. The zero Product is countersign itself.
type Product struct {
	// Name and Vendor default to "countersign"; Version is the program's, may be empty.
	Name, Vendor, Version string
	// Origin names the log, as in its checkpoints. Empty means the record's issuer.
	Origin string
}

// Event is the entry as one OCSF event: JSON in one line, without a newline.
func Event(e audit.Entry, p Product) ([]byte, error) {
	p = p.orDefault(e)
	ev := newEvent(e, p)
	m, known := table[e.Record.Type]
	if !known {
		m = mapping{apiActivity, other, string(e.Record.Type), informational, nil}
	}
	ev.as(m, string(e.Record.Type))
	if m.fill != nil {
		if err := m.fill(ev, e); err != nil { // the signed body is there all the same
			ev = newEvent(e, p)
			ev.as(mapping{apiActivity, other, m.operation, medium, nil}, string(e.Record.Type))
			ev.Unmapped.Unreadable = err.Error()
		}
	}
	ev.complete(p)
	return marshal(ev)
}

func (p Product) orDefault(e audit.Entry) Product {
	p.Name, p.Vendor = either(p.Name, "countersign"), either(p.Vendor, "countersign")
	p.Origin = either(p.Origin, e.Record.Issuer)
	return p
}

// newEvent has what every event has, whatever the record says.
func newEvent(e audit.Entry, p Product) *event {
	r := e.Record
	ev := &event{
		Time: r.At.UnixMilli(),
		Metadata: metadata{
			Version: Version, UID: r.ID, EventCode: string(r.Type), LogName: p.Origin, CorrelationUID: r.Lineage,
			Product: product{Name: p.Name, Vendor: p.Vendor, Version: p.Version},
		},
		RawDataSize: int64(len(e.JWS)),
		Unmapped:    unmapped{Key: r.Key, TLog: tlog{Origin: p.Origin, Index: e.Index, Leaf: e.LeafHash}},
	}
	if e.Index >= 0 && e.Index <= math.MaxInt32 { // integer_t; beyond it unmapped.tlog.index says it
		ev.Metadata.Sequence = &e.Index
	}
	if sum, err := hex.DecodeString(e.LeafHash); err == nil && len(sum) == 32 {
		ev.RawDataHash = &fingerprint{Algorithm: "SHA-256", AlgorithmID: 3, Value: e.LeafHash}
	}
	switch {
	case json.Valid(r.Body):
		ev.Unmapped.Body = r.Body
	case len(r.Body) > 0:
		ev.Unmapped.Body, _ = marshal(string(r.Body))
	}
	ev.service(r.Subject)
	return ev
}

// as sets what the table says.
func (ev *event) as(m mapping, recordType string) {
	ev.CategoryUID, ev.CategoryName = m.class.category, categories[m.class.category]
	ev.ClassUID, ev.ClassName = m.class.uid, m.class.name
	ev.ActivityID, ev.ActivityName = m.activity.id, m.activity.name
	if m.activity == other {
		ev.ActivityName = either(recordType, "unknown")
	}
	ev.level(m.severity)
	ev.operation = either(m.operation, "unknown")
}

// complete gives each class what it demands, and takes away what it has no place for.
func (ev *event) complete(p Product) {
	ev.TypeUID = int64(ev.ClassUID)*100 + int64(ev.ActivityID)
	ev.TypeName = ev.ClassName + ": " + ev.ActivityName
	if ev.ActivityID == other.id {
		ev.TypeName = ev.ClassName + ": " + other.name
	}
	switch ev.ClassUID {
	case apiActivity.uid:
		ev.API = &api{Operation: ev.operation, Service: &named{Name: p.Name, Version: p.Version}}
		if ev.SrcEndpoint == nil {
			ev.SrcEndpoint = &endpoint{Service: p.Name}
		}
	case detectionFinding.uid:
		ev.Actor = nil // it has an actor under the profile host only
	}
	if ev.ActionID != nil {
		ev.Metadata.Profiles = []string{"security_control"}
	}
	if ev.StatusID == 0 {
		ev.status(1, "Success")
	}
	if ev.Message == "" {
		ev.Message = fmt.Sprintf("record %s", either(ev.Metadata.EventCode, "of no type"))
	}
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// marshal is JSON without HTML escapes.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("write an OCSF event: %w", err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
