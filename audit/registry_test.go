package audit_test

import (
	"errors"
	"reflect"
	"testing"

	"countersign/audit"

	"pgregory.net/rapid"
)

// A rule is what the comments say of one key, in the simplest words: every event is kept,
// and asked.
type rule struct {
	by               string
	at, from         int64
	retired, revoked int64 // the first index it may not sign at, -1 for none
}

// rules are the model that a registry is compared with.
type rules map[string]*rule

// until is the first index that a key may not sign at, -1 for none.
func (m rules) until(name string) int64 {
	k := m[name]
	end := k.retired
	if f := m.revoked(name); f >= 0 && (end < 0 || f < end) {
		end = f
	}
	return end
}

// revoked is from when on a key is not believed: by its own revocation, or from its
// beginning when who enrolled it was not believed then.
func (m rules) revoked(name string) int64 {
	k := m[name]
	if k.by != name {
		if f := m.revoked(k.by); f >= 0 && k.at >= f {
			return k.from
		}
	}
	return k.revoked
}

func TestAKeyIsValidByTheIndexOfWhatItSigns(t *testing.T) {
	names := []string{"ana", "bo", "cy", "dee", "eve"}
	rapid.Check(t, func(rt *rapid.T) {
		r, m := &audit.Registry{}, rules{}
		last := int64(rapid.IntRange(2, 24).Draw(rt, "records"))
		for index := range last {
			signer := "ana"
			var valid []string
			for _, n := range names {
				if _, ok := r.Key(idOf(n), n, index); ok {
					valid = append(valid, n)
				}
			}
			if index > 0 {
				if len(valid) == 0 {
					break
				}
				signer = rapid.SampledFrom(valid).Draw(rt, "signer")
			}
			m.event(rt, t, r, signer, rapid.SampledFrom(names).Draw(rt, "name"), index)
			m.compare(rt, r, names, last+2)
		}
	})
}

// event has one thing happen to a key and expects the registry to take it or not.
func (m rules) event(rt *rapid.T, t *testing.T, r *audit.Registry, signer, name string, index int64) {
	kind := rapid.IntRange(0, 3).Draw(rt, "kind")
	k := m[name]
	var rec audit.Record
	var takes bool
	var change func()
	switch {
	case index == 0 || kind == 0:
		if index == 0 {
			name, k = signer, nil
		}
		rec, takes = about(t, signer, index, audit.KeyEnrolled, enrols(t, audit.RecordKey, name, name, index)), k == nil
		change = func() { m[name] = &rule{by: signer, at: index, from: index, retired: -1, revoked: -1} }
	case kind == 1:
		rec = about(t, signer, index, audit.KeyRetired, audit.KeyEnd{KeyID: idOf(name), From: index + 1})
		takes = k != nil && m.until(name) < 0
		change = func() { k.retired = index + 1 }
	case kind == 2:
		from := rapid.Int64Range(-1, index+2).Draw(rt, "from")
		rec = about(t, signer, index, audit.KeyRevoked, audit.KeyEnd{KeyID: idOf(name), From: from})
		takes = k != nil && m.revoked(name) < 0 && from >= k.from && from <= index+1
		change = func() { k.revoked = from }
	default:
		rec, takes, change = audit.Record{Type: audit.EventStray, Index: index}, true, func() {}
	}
	before := r.All()
	if err := r.ApplyBy(rec, idOf(signer)); (err == nil) != takes || err != nil && !errors.Is(err, audit.ErrRegistry) {
		rt.Fatalf("%s of %s by %s at %d = %v, want it taken: %v", rec.Type, name, signer, index, err, takes)
	}
	if takes {
		change()
	} else if !reflect.DeepEqual(r.All(), before) {
		rt.Fatalf("%s of %s at %d was refused and changed the registry", rec.Type, name, index)
	}
}

func (m rules) compare(rt *rapid.T, r *audit.Registry, names []string, last int64) {
	for _, name := range names {
		for i := int64(-1); i <= last; i++ {
			want := false
			if k := m[name]; k != nil {
				end := m.until(name)
				want = i >= k.from && (end < 0 || i < end)
			}
			if pub, ok := r.Key(idOf(name), name, i); ok != want || ok && !public(key(name)).Equal(pub) {
				rt.Fatalf("key of %s at %d is valid: %v, want %v", name, i, ok, want)
			}
			if _, ok := r.Key(idOf(name), "somebody else", i); ok {
				rt.Fatalf("key of %s is valid for somebody else", name)
			}
			if _, ok := r.CheckpointKey(idOf(name), name, i); ok {
				rt.Fatalf("key of %s signs records and checkpoints", name)
			}
		}
	}
}

// What a stolen key enrolled is not believed from its beginning, also where it was
// revoked before on its own account and from later on, and so is what that one enrolled.
func TestARevocationTakesWhatTheKeyEnrolled(t *testing.T) {
	var r audit.Registry
	for _, e := range []struct {
		by  string
		rec audit.Record
	}{
		{"ana", about(t, "ana", 0, audit.KeyEnrolled, enrols(t, audit.RecordKey, "ana", "ana", 0))},
		{"ana", about(t, "ana", 1, audit.KeyEnrolled, enrols(t, audit.RecordKey, "eve", "eve", 1))},
		{"eve", about(t, "eve", 2, audit.KeyEnrolled, enrols(t, audit.RecordKey, "bo", "bo", 2))},
		{"ana", about(t, "ana", 3, audit.KeyRevoked, audit.KeyEnd{KeyID: idOf("eve"), From: 3})},
		{"ana", about(t, "ana", 4, audit.KeyRevoked, audit.KeyEnd{KeyID: idOf("ana"), From: 1})},
	} {
		if err := r.ApplyBy(e.rec, idOf(e.by)); err != nil {
			t.Fatal(err)
		}
	}
	for name, until := range map[string]int64{"ana": 1, "eve": 1, "bo": 2} {
		if k, _ := r.Lookup(idOf(name)); k.Until != until || !k.Revoked {
			t.Errorf("%s may sign until %d, revoked %v, want until %d and revoked", name, k.Until, k.Revoked, until)
		}
	}
}
