package verify_test

import (
	"testing"

	"countersign/audit"
	"countersign/audit/tree"
	"countersign/audit/verify"
)

// insider ends a log with a record that should not be there, and one more behind it.
func (f *forger) insider(b *book, who string, d audit.Draft, codes ...verify.FaultCode) damage {
	p := b.size()
	b.add(who, d)
	b.add("ana", b.notice("behind"))
	b.commit()
	return f.shows(b, p, codes...)
}

// keyKinds are what somebody does with a key that may not do it. They show at the record
// that the key has signed.
var keyKinds = map[string]func(*testing.T, *forger) damage{
	"retired key used": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		b.add("ana", b.ends(keyID("bo"), audit.KeyRetired, 0))
		for range f.IntN(3) {
			b.add("cy", b.notice("between"+b.now().String()))
		}
		return f.insider(b, "bo", b.notice("too late"), verify.KeyRetired)
	},
	"revoked key used": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		b.add("ana", b.ends(keyID("cy"), audit.KeyRevoked, b.size()+1))
		return f.insider(b, "cy", b.notice("too late"), verify.KeyRevoked)
	},
	"key revoked from before": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		p := b.size()
		for range 1 + f.IntN(3) {
			b.add("cy", b.notice("stolen"+b.now().String()))
		}
		b.add("ana", b.ends(keyID("cy"), audit.KeyRevoked, p))
		b.commit()
		return f.shows(b, p, verify.KeyRevoked)
	},
	"key enrolled by a key revoked from before": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		p := b.size()
		b.enrol("cy", audit.RecordKey, "dee", key("dee"))
		b.add("ana", b.ends(keyID("cy"), audit.KeyRevoked, p))
		b.commit()
		at := b.size()
		b.add("dee", b.notice("enrolled by a thief"))
		b.commit()
		d := f.shows(b, p, verify.KeyRevoked)
		if got := read(t, d.Source, d.Trust); len(got.Faults) != 2 || got.Faults[1].Index != at || got.Faults[1].Code != verify.KeyRevoked {
			t.Fatalf("faults %+v, want the enrolment at %d and the record at %d", got.Faults, p, at)
		}
		return d
	},
	"key of another subject": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		b.keys["cy"] = key("bo")
		return f.insider(b, "cy", b.notice("in the name of cy"), verify.KeyOfAnother)
	},
	"log key signs a record": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		b.keys["cy"] = key("log")
		return f.insider(b, "cy", b.notice("by the log"), verify.KeyOfAnother)
	},
	"key that nobody enrolled": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		return f.insider(b, "mallory", b.notice("hello"), verify.KeyUnknown)
	},
	"enrolment signed by itself": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		return f.insider(b, "mallory", b.enrolment(audit.RecordKey, "mallory", key("mallory")), verify.KeyUnknown)
	},
	"enrolment of a key that its holder did not ask for": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		e := b.enrolled("dee", f.IntN(2) == 0)
		e.Proof = b64(f.flip(make([]byte, 64)))
		return f.insider(b, "bo", draftOf(e), verify.KeyRecord)
	},
	"enrolment for an index before": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		e := b.enrolled("dee", false)
		e.From -= 1 + f.Int64N(e.From)
		return f.insider(b, "bo", draftOf(e), verify.KeyRecord)
	},
	"enrolment vouched for by a credential that did not": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		e := b.enrolled("dee", true)
		e.Credential.Signature = b64(f.flip(make([]byte, 64)))
		return f.insider(b, "bo", draftOf(e), verify.KeyRecord)
	},
	"key enrolled twice": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		return f.insider(b, "bo", func() audit.Draft {
			d := b.enrolment(audit.RecordKey, "dee", key("cy"))
			d.Key += "/again"
			return d
		}(), verify.KeyRecord)
	},
	"end of a key that was never there": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		return f.insider(b, "bo", b.ends(keyID("mallory"), audit.KeyRevoked, 0), verify.KeyRecord)
	},
	"first key is not the pinned": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		d := f.shows(b, 0, verify.NotPinned)
		d.Pinned = audit.NewKeys(key("bo").Public())
		return d
	},
	"checkpoint by a log key that was retired": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		next := logKey(t, origin, key("next log"))
		old := b.log
		b.log = []*tree.Key{old[0], next}
		b.enrol("ana", audit.LogKey, origin, key("next log"))
		b.commit()
		b.add("ana", b.ends(keyID("log"), audit.KeyRetired, 0))
		b.commit()
		p := b.size()
		b.log = old
		for range 1 + f.IntN(3) {
			b.add("ana", b.notice("under the old key"+b.now().String()))
			b.commit()
		}
		b.log = []*tree.Key{old[0], next}
		return f.noted(b, p+1, verify.CheckpointKey)
	},
	"checkpoint by a log key that is revoked from before": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		p := b.size()
		b.add("ana", b.notice("under the old key"))
		b.commit()
		next := logKey(t, origin, key("next log"))
		b.log = []*tree.Key{next}
		b.enrol("ana", audit.LogKey, origin, key("next log"))
		b.commit()
		b.add("ana", b.ends(keyID("log"), audit.KeyRevoked, p))
		b.commit()
		b.log = append(b.log, logKey(t, origin, key("log")))
		return f.noted(b, p+1, verify.CheckpointKey)
	},
}

// enrolled is an enrolment of a key of that name for the end of the log.
func (b *book) enrolled(name string, vouched bool) audit.Enrolment {
	b.Helper()
	e, err := audit.NewEnrolment(b.issuer, audit.RecordKey, name, b.size(), key(name))
	if err != nil {
		b.Fatal(err)
	}
	if vouched {
		pem, err := audit.EncodePublicKey(key("credential").Public())
		if err != nil {
			b.Fatal(err)
		}
		e.Credential = &audit.Credential{Custodian: "dfns", ID: "cr-2", PublicKey: string(pem)}
	}
	return e
}

func draftOf(e audit.Enrolment) audit.Draft {
	return audit.Draft{Key: audit.KeyRecordKey(e.KeyID, audit.KeyEnrolled), Type: audit.KeyEnrolled, Body: e}
}
