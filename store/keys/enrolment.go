package keys

import (
	"crypto"
	"fmt"

	"countersign/audit"
)

// Enrolment is the record by which a signer says that a key may sign for a subject. The
// first key of its use has signed what stands in front of it: it may sign from 0, any other
// from its enrolment on. It fails when the key cannot prove that it is here, or the
// custodian's credential does not vouch for it.
func Enrolment(s *audit.Signer, use audit.KeyUse, subject string, key crypto.Signer, by string, first bool) (audit.Draft, error) {
	e, err := audit.NewEnrolment(s.Issuer, use, subject, 0, key)
	if err != nil {
		return audit.Draft{}, err
	}
	if use == audit.RecordKey && subject == s.Subject && s.Vouch != nil {
		c, err := s.Vouch(audit.EnrolmentStatement(s.Issuer, use, subject, e.KeyID))
		if err != nil {
			return audit.Draft{}, fmt.Errorf("the custodian's credential vouches for key %s: %w", e.KeyID, err)
		}
		e.Credential = &c
	}
	e.By = by
	return audit.Draft{
		Key: audit.KeyRecordKey(e.KeyID, audit.KeyEnrolled), Type: audit.KeyEnrolled,
		Retold: true, // a proof may be signed in many ways
		Body: func(index int64) any {
			if !first {
				e.From = index
			}
			return e
		},
	}, nil
}

// End is the record that retires or revokes a key. A retired one signs nothing from the next
// record on; of a revoked one nothing is believed from index from on.
func End(kid string, kind audit.Type, from int64, reason, by string) audit.Draft {
	return audit.Draft{
		Key: audit.KeyRecordKey(kid, kind), Type: kind,
		Body: func(index int64) any {
			end := audit.KeyEnd{KeyID: kid, From: index + 1, Reason: reason, By: by}
			if kind == audit.KeyRevoked {
				end.From = from
			}
			return end
		},
	}
}
