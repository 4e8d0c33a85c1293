package verify

import (
	"errors"
	"fmt"

	"countersign/audit"
	"countersign/audit/form"
	"countersign/audit/tree"
	"countersign/audit/verify/rows"
)

// authentic reports whether a key that may sign the record at its index has signed it.
func (v *verifier) authentic(r *rows.Row, fault faulter) bool {
	v.keys.Renew(r)
	if r.Known == nil { // its key was not known yet when a worker had it
		if k := v.keys.Find(r.Header); k != nil {
			v.opener.Under(r, k)
		}
	}
	if r.Known == nil {
		return v.begins(r, fault)
	}
	if !r.Signed {
		fault(BadSignature, "key %s has not signed it", r.Known.ID)
		return false
	}
	if r.Known.Cleared.Covers(r, v.learned) {
		return true
	}
	subject := form.Text(r.Payload.Subject)
	if _, ok := v.registry.Key(r.Known.ID, subject, r.Index); ok {
		r.Known.Cleared = rows.Clearance{Subject: string(r.Payload.Subject), Index: r.Index, Learned: v.learned}
		return true
	}
	if v.Pinned[r.Known.ID] != nil && v.registry.Empty(audit.RecordKey) {
		if audit.Type(r.Payload.Type) == audit.KeyEnrolled {
			return true // whether it begins the log's keys is the registry's to say
		}
		if !v.pinned[r.Known.ID] {
			v.pinned[r.Known.ID] = true
			v.report.Unproven.Keys++
		}
		return true
	}
	v.mayNot(r, subject, fault)
	return false
}

// mayNot says why a key may not sign a record that it has signed.
func (v *verifier) mayNot(r *rows.Row, subject string, fault faulter) {
	k, enrolled := v.registry.Lookup(r.Known.ID)
	switch {
	case !enrolled:
		fault(KeyUnknown, "no record before enrols key %s", r.Known.ID)
	case k.Use != audit.RecordKey || k.Subject != subject:
		fault(KeyOfAnother, "key %s is enrolled as %s key of %.80q, not for the records of %.80q", k.KeyID, k.Use, k.Subject, subject)
	case r.Index < k.From:
		fault(KeyTooEarly, "key %s may sign from index %d on", k.KeyID, k.From)
	case k.Revoked:
		fault(KeyRevoked, "key %s is revoked from index %d on", k.KeyID, k.Until)
	default:
		fault(KeyRetired, "key %s was retired before index %d", k.KeyID, k.Until)
	}
}

// begins reports whether a record that no known key has signed begins the log's keys: it
// enrols the key that signed it, before any other.
func (v *verifier) begins(r *rows.Row, fault faulter) bool {
	kid := rows.KeyIDOf(r.Header)
	if k, enrolled := v.registry.Lookup(kid); enrolled {
		fault(KeyOfAnother, "key %s is enrolled as %s key of %.80q, or its header is not exactly that of the profile", kid, k.Use, k.Subject)
		return false
	}
	rec, err := audit.RecordOf(&r.Payload)
	if err != nil {
		fault(NotARecord, "%v", err)
		return false
	}
	pub, ok := v.registry.Candidate(rec, kid)
	header, err := audit.ProtectedHeader(pub)
	if !ok || err != nil || header != r.Header || v.from > 0 {
		fault(KeyUnknown, "no record before enrols key %.60q", kid)
		return false
	}
	if len(v.Pinned) > 0 {
		fault(NotPinned, "key %s begins the log's keys, and is not one of the pinned", kid)
		return false
	}
	v.opener.Under(r, &rows.Known{Number: nobody, ID: kid, Public: pub})
	if !r.Signed {
		fault(BadSignature, "key %s has not signed it", kid)
		return false
	}
	return true
}

// learn takes an authentic record about a key into account.
func (v *verifier) learn(r *rows.Row, fault faulter) {
	v.learned++
	rec, err := audit.RecordOf(&r.Payload)
	if err == nil {
		err = v.apply(rec, r.Known.ID)
	}
	if err != nil {
		fault(KeyRecord, "%v", err)
		return
	}
	if k := v.keys.Find(r.Header); k != nil {
		r.Known = k // that of the first record is known from here on
	}
	for _, k := range v.registry.All() {
		if k.Revoked && !v.disowned[k.KeyID] {
			v.disowned[k.KeyID] = true
			v.disown(k)
		}
	}
}

// apply tells the registry of a record that kid has signed, and the workers of the key.
func (v *verifier) apply(rec audit.Record, kid string) error {
	if err := v.registry.ApplyBy(rec, kid); err != nil {
		return err
	}
	if rec.Type != audit.KeyEnrolled {
		return nil
	}
	all := v.registry.All()
	if k := all[len(all)-1]; k.Use == audit.RecordKey {
		return v.keys.Add(k.Public, k.Credential)
	}
	return nil
}

// disown reports the records that a key signed since the index from which it is revoked.
// The record that revokes it is not among them: it takes away only.
func (v *verifier) disown(k audit.RegisteredKey) {
	number, known := v.keys.Number(k.KeyID)
	for i := max(k.Until-v.from, 0); known && i < int64(len(v.believed)); i++ {
		if v.believed[i] == number {
			v.fault(v.from+i, KeyRevoked, "key %s was revoked later, from index %d on", k.KeyID, k.Until)
		}
	}
}

// keysBefore learns the keys of a range from receipts.
func (v *verifier) keysBefore() error {
	if v.source.Keys == nil || v.from == 0 || v.options.HashesOnly { // before a whole log there is nothing
		return nil
	}
	for text, err := range v.source.Keys {
		if err != nil {
			return fmt.Errorf("read the receipts of keys: %w", err)
		}
		index, err := v.keyReceipt(text)
		if err != nil {
			v.fault(max(index, 0), ReceiptBad, "a receipt of a record about a key: %v", err)
		}
	}
	for _, k := range v.registry.All() {
		if k.Use == audit.RecordKey {
			v.report.Unproven.Keys++ // what is missing among the receipts does not show
		}
	}
	return nil
}

// keyReceipt learns from one receipt, the next in the order of the log.
func (v *verifier) keyReceipt(text []byte) (index int64, err error) {
	r, err := tree.ParseReceipt(text)
	if err != nil {
		return -1, err
	}
	c, err := included(v.Roots, r)
	if err != nil {
		return r.Index, err
	}
	if c.Origin != v.origin {
		return r.Index, fmt.Errorf("it is that of log %q, this is %q", c.Origin, v.origin)
	}
	if r.Index >= v.from {
		return r.Index, errors.New("it is no record before the range")
	}
	return r.Index, trusted(v.Roots, r, &v.registry, v.apply)
}
