package audit_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"countersign/audit"
)

// about is a record about a key, as a service account would have signed it.
func about(t testing.TB, who string, index int64, kind audit.Type, body any) audit.Record {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return audit.Record{Version: 1, Type: kind, Key: "k", Issuer: "treasury", Subject: who, Index: index, Body: text}
}

// enrols is the enrolment of a name's key.
func enrols(t testing.TB, use audit.KeyUse, subject, name string, from int64) audit.Enrolment {
	t.Helper()
	e, err := audit.NewEnrolment("treasury", use, subject, from, key(name))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func idOf(name string) string { return audit.KeyID(public(key(name))) }

// founded knows ana's key from index 0 on, and the log's from 1.
func founded(t testing.TB) *audit.Registry {
	t.Helper()
	r := &audit.Registry{}
	for i, e := range []audit.Enrolment{enrols(t, audit.RecordKey, "ana", "ana", 0), enrols(t, audit.LogKey, "log", "log", 1)} {
		if err := r.ApplyBy(about(t, "ana", int64(i), audit.KeyEnrolled, e), idOf("ana")); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func TestRecordsAboutKeysThatDoNotCount(t *testing.T) {
	good := func() audit.Enrolment { return enrols(t, audit.RecordKey, "bo", "bo", 7) }
	enrolled := func(change func(*audit.Enrolment)) audit.Record {
		e := good()
		change(&e)
		return about(t, "ana", 7, audit.KeyEnrolled, e)
	}
	text := func(old, with string) audit.Record {
		rec := about(t, "ana", 7, audit.KeyEnrolled, good())
		rec.Body = json.RawMessage(strings.Replace(string(rec.Body), old, with, 1))
		return rec
	}
	for name, rec := range map[string]audit.Record{
		"no body":                    about(t, "ana", 7, audit.KeyEnrolled, nil),
		"a text":                     about(t, "ana", 7, audit.KeyEnrolled, "bo"),
		"another kid":                enrolled(func(e *audit.Enrolment) { e.KeyID = idOf("cy") }),
		"another key":                enrolled(func(e *audit.Enrolment) { e.Key = enrols(t, audit.RecordKey, "cy", "cy", 7).Key }),
		"no proof":                   enrolled(func(e *audit.Enrolment) { e.Proof = "" }),
		"proof of another subject":   enrolled(func(e *audit.Enrolment) { e.Subject = "cy" }),
		"proof of another use":       enrolled(func(e *audit.Enrolment) { e.Use = audit.LogKey }),
		"no subject":                 about(t, "ana", 7, audit.KeyEnrolled, enrols(t, audit.RecordKey, "", "bo", 7)),
		"another use":                about(t, "ana", 7, audit.KeyEnrolled, enrols(t, "payload", "bo", "bo", 7)),
		"from before":                enrolled(func(e *audit.Enrolment) { e.From = 6 }),
		"from 0, not the first":      enrolled(func(e *audit.Enrolment) { e.From = 0 }),
		"from later":                 enrolled(func(e *audit.Enrolment) { e.From = 8 }),
		"enrolled already":           about(t, "ana", 7, audit.KeyEnrolled, enrols(t, audit.RecordKey, "ana", "ana", 7)),
		"a log key's":                about(t, "ana", 7, audit.KeyEnrolled, enrols(t, audit.RecordKey, "ana", "log", 7)),
		"no credential's signature":  enrolled(func(e *audit.Enrolment) { e.Credential = &audit.Credential{ID: "cr"} }),
		"kid twice":                  text(`{"kid":`, `{"kid":"x","kid":`),
		"kid in two cases":           text(`{"kid":`, `{"KID":"x","kid":`),
		"jwk twice inside":           text(`"kty":`, `"kty":"EC","kty":`),
		"end of nobody":              about(t, "ana", 7, audit.KeyRetired, audit.KeyEnd{KeyID: idOf("bo"), From: 8}),
		"retired from before":        about(t, "ana", 7, audit.KeyRetired, audit.KeyEnd{KeyID: idOf("ana"), From: 7}),
		"revoked from before it was": about(t, "ana", 7, audit.KeyRevoked, audit.KeyEnd{KeyID: idOf("log"), From: 0}),
		"revoked from later":         about(t, "ana", 7, audit.KeyRevoked, audit.KeyEnd{KeyID: idOf("ana"), From: 9}),
	} {
		r := founded(t)
		before := r.All()
		if err := r.Apply(rec); !errors.Is(err, audit.ErrRegistry) || !reflect.DeepEqual(r.All(), before) {
			t.Errorf("%s: Apply = %v, want ErrRegistry and nothing changed", name, err)
		}
	}
	for _, rec := range []audit.Record{about(t, "ana", 7, audit.KeyEnrolled, good()), about(t, "ana", 7, audit.KeyRetired, audit.KeyEnd{KeyID: idOf("ana"), From: 8})} {
		rec.Issuer = "other"
		if err := founded(t).Apply(rec); !errors.Is(err, audit.ErrRegistry) {
			t.Errorf("Apply of a %s of another deployment = %v, want ErrRegistry", rec.Type, err)
		}
	}
	if err := founded(t).Apply(about(t, "ana", 7, audit.KeyEnrolled, good())); err != nil {
		t.Errorf("Apply of a good enrolment = %v", err)
	}
}

// The first key of a log enrols itself; nobody else does, then or later.
func TestTheFirstKeyEnrolsItself(t *testing.T) {
	var empty audit.Registry
	ana := enrols(t, audit.RecordKey, "ana", "ana", 0)
	rec := about(t, "ana", 3, audit.KeyEnrolled, ana)
	if pub, ok := empty.Candidate(rec, idOf("ana")); !ok || !public(key("ana")).Equal(pub) {
		t.Error("the first enrolment is not opened with its own key")
	}
	for name, c := range map[string]struct {
		rec audit.Record
		kid string
	}{
		"under another key":       {rec, idOf("bo")},
		"of another subject":      {about(t, "bo", 0, audit.KeyEnrolled, ana), idOf("ana")},
		"of a log key":            {about(t, "log", 0, audit.KeyEnrolled, enrols(t, audit.LogKey, "log", "log", 0)), idOf("log")},
		"that is no enrolment":    {about(t, "ana", 0, audit.KeyRetired, ana), idOf("ana")},
		"of a key without proof":  {about(t, "ana", 0, audit.KeyEnrolled, func() audit.Enrolment { e := ana; e.Proof = ""; return e }()), idOf("ana")},
		"of another's deployment": {func() audit.Record { r := rec; r.Issuer = "other"; return r }(), idOf("ana")},
	} {
		if _, ok := empty.Candidate(c.rec, c.kid); ok {
			t.Errorf("a first enrolment %s is opened", name)
		}
	}
	if _, ok := founded(t).Candidate(about(t, "mallory", 9, audit.KeyEnrolled, enrols(t, audit.RecordKey, "mallory", "mallory", 9)), idOf("mallory")); ok {
		t.Error("a later key enrols itself")
	}
	for name, err := range map[string]error{
		"by another key":           (&audit.Registry{}).ApplyBy(rec, idOf("bo")),
		"by another subject":       (&audit.Registry{}).Apply(about(t, "bo", 0, audit.KeyEnrolled, ana)),
		"a log key before any":     (&audit.Registry{}).Apply(about(t, "log", 0, audit.KeyEnrolled, enrols(t, audit.LogKey, "log", "log", 0))),
		"from an index of its own": (&audit.Registry{}).Apply(about(t, "ana", 3, audit.KeyEnrolled, enrols(t, audit.RecordKey, "ana", "ana", 2))),
	} {
		if !errors.Is(err, audit.ErrRegistry) {
			t.Errorf("first enrolment %s = %v, want ErrRegistry", name, err)
		}
	}
	if err := empty.Apply(rec); err != nil || empty.Issuer() != "treasury" || empty.Empty(audit.RecordKey) || !empty.Empty(audit.LogKey) {
		t.Errorf("Apply = %v, issuer %q", err, empty.Issuer())
	}
	if _, ok := empty.Key(idOf("ana"), "ana", 0); !ok {
		t.Error("the first key does not reach back to the first index")
	}
}

func TestWhichCheckpointsALogKeySigns(t *testing.T) {
	r := founded(t)
	if err := r.Apply(about(t, "ana", 4, audit.KeyEnrolled, enrols(t, audit.LogKey, "log", "next", 4))); err != nil {
		t.Fatal(err)
	}
	if err := r.Apply(about(t, "ana", 9, audit.KeyRetired, audit.KeyEnd{KeyID: idOf("log"), From: 10})); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, origin string
		size         int64
		want         bool
	}{
		{"log", "log", 0, false}, {"log", "log", 1, true}, {"log", "log", 10, true}, {"log", "log", 11, false}, {"log", "other", 5, false},
		{"next", "log", 3, false}, {"next", "log", 4, true}, {"next", "log", 1 << 40, true}, {"ana", "ana", 5, false}, {"bo", "log", 5, false},
	} {
		if _, ok := r.CheckpointKey(idOf(tt.name), tt.origin, tt.size); ok != tt.want {
			t.Errorf("key of %s signs a checkpoint of %d records of %s: %v, want %v", tt.name, tt.size, tt.origin, ok, tt.want)
		}
	}
	if k, ok := r.Lookup(idOf("log")); !ok || k.Until != 10 || k.Revoked || k.EnrolledAt != 1 {
		t.Errorf("Lookup = %+v, %v", k, ok)
	}
}
