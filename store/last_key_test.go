package store_test

import (
	"maps"
	"testing"

	"countersign/audit"
	"countersign/audit/tree"
	"countersign/store"
	"countersign/store/keys"
)

// keyed is a log with the records 0, "founder", 1, the log's key, and 2, "us", and a hand for each
// further key that may be enrolled for "us".
type keyed struct {
	*testing.T
	us  *store.Trail
	dsn string
	log string // the log key that signs last
}

// with is the same desk with another key.
func (k keyed) with(name string) *store.Trail {
	tr := trailOn(k.us.DB, "us")
	tr.Signer.Key = keyOf(name)
	return tr
}

func (k keyed) enrol(by *store.Trail, use audit.KeyUse, subject, name string) int64 {
	k.Helper()
	e, err := by.Enrol(k.Context(), use, subject, keyOf(name), "tests")
	if err != nil {
		k.Fatal(err)
	}
	return e.Index
}

func (k keyed) end(by *store.Trail, name string, kind audit.Type, from int64) error {
	k.Helper()
	_, err := by.EndKey(k.Context(), audit.KeyID(keyOf(name).Public()), kind, from, "tests", "tests")
	return err
}

// The last key that may sign cannot be ended, whatever ends it: the log goes on, and so does the kill
// switch.
func TestTheLastKeyThatMaySignStays(t *testing.T) {
	for name, tt := range map[string]struct {
		before func(k *keyed)
		end    func(k keyed) error
	}{
		"the only record key retired":      {nil, func(k keyed) error { return k.end(k.us, "us", audit.KeyRetired, 0) }},
		"the only record key revoked":      {nil, func(k keyed) error { return k.end(k.us, "us", audit.KeyRevoked, 2) }},
		"the only record key revoked here": {nil, func(k keyed) error { return k.end(k.us, "us", audit.KeyRevoked, k.size()+1) }},
		"a revocation that takes the next key with it": {
			func(k *keyed) { k.enrol(k.us, audit.RecordKey, "us", "next") },
			func(k keyed) error { return k.end(k.us, "us", audit.KeyRevoked, 3) },
		},
		"the same, by the next key": {
			func(k *keyed) { k.enrol(k.us, audit.RecordKey, "us", "next") },
			func(k keyed) error { return k.end(k.with("next"), "us", audit.KeyRevoked, 3) },
		},
		"a revocation that takes a key of a key": {
			func(k *keyed) {
				k.enrol(k.us, audit.RecordKey, "us", "next")
				k.enrol(k.with("next"), audit.RecordKey, "us", "third")
				outcome{"the second retires", nil}.of(k.T, k.end(k.us, "next", audit.KeyRetired, 0))
			},
			func(k keyed) error { return k.end(k.with("third"), "us", audit.KeyRevoked, 3) },
		},
		"a retired key revoked, which had enrolled the last": {
			func(k *keyed) {
				k.enrol(k.us, audit.RecordKey, "us", "next")
				outcome{"the old one retires", nil}.of(k.T, k.end(k.us, "us", audit.KeyRetired, 0))
			},
			func(k keyed) error { return k.end(k.with("next"), "us", audit.KeyRevoked, 3) },
		},
		"the only log key retired": {nil, func(k keyed) error { return k.end(k.us, "log", audit.KeyRetired, 0) }},
		"the only log key revoked": {nil, func(k keyed) error { return k.end(k.us, "log", audit.KeyRevoked, k.size()+1) }},
		"a log key retired beside that of another log": {
			func(k *keyed) { k.enrol(k.us, audit.LogKey, "other.test", "other log") },
			func(k keyed) error { return k.end(k.us, "log", audit.KeyRetired, 0) },
		},
		"a record key revoked, which had enrolled the log's": {
			func(k *keyed) {
				k.enrol(k.us, audit.RecordKey, "us", "next")
				k.turning()
				outcome{"the next log key", nil}.of(k.T, k.us.Found(k.Context()))
				outcome{"the first log key", nil}.of(k.T, k.end(k.us, "log", audit.KeyRetired, 0))
			},
			func(k keyed) error { return k.end(k.with("next"), "us", audit.KeyRevoked, 5) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, dsn string) {
				k := keyed{t, desk(t, dsn, "us"), dsn, "log"}
				outcome{"the founder retires", nil}.of(t, k.end(k.us, "founder", audit.KeyRetired, 0))
				if tt.before != nil {
					tt.before(&k)
				}
				before := k.ends()
				outcome{"the end", keys.ErrLastKey}.of(t, tt.end(k))
				if now := k.ends(); !maps.Equal(now, before) {
					t.Errorf("the keys end at %v, before at %v", now, before)
				}
				k.goesOn()
			})
		})
	}
}

// size is how many records there are.
func (k keyed) size() int64 {
	k.Helper()
	n, err := k.us.DB.Size(k.Context())
	if err != nil {
		k.Fatal(err)
	}
	return n
}

// ends are where each key ends.
func (k keyed) ends() map[string]int64 {
	k.Helper()
	r, err := k.us.DB.Registry(k.Context())
	if err != nil {
		k.Fatal(err)
	}
	ends := map[string]int64{}
	for _, key := range r.All() {
		ends[key.KeyID] = key.Until
	}
	return ends
}

// goesOn expects somebody who can halt everything, and a log that verifies.
func (k keyed) goesOn() {
	k.Helper()
	halted := 0
	for _, name := range []string{"us", "next", "third"} {
		d := audit.Draft{Key: "control/halt/" + name, Type: audit.ControlHalted, Body: audit.Control{Scope: "all"}}
		if _, err := k.with(name).Halt(k.Context(), d, "all"); err == nil {
			halted++
		}
	}
	if halted == 0 {
		k.Error("nobody can halt any more")
	}
	if r := stranger(k.T, k.us.DB, logKey(k.T, k.log)); !r.OK() {
		k.Errorf("a stranger finds %+v", r.Faults)
	}
}

// A key that was enrolled before the theft, and lay in a safe, takes over: the stolen key and what the
// thief enrolled with it are gone, and the log goes on.
func TestAStandbyKeyRecoversFromATheft(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		k := keyed{t, desk(t, dsn, "us"), dsn, "log"}
		outcome{"the founder retires", nil}.of(t, k.end(k.us, "founder", audit.KeyRetired, 0))
		k.enrol(k.us, audit.RecordKey, "us", "standby")
		stolen := k.size()
		k.enrol(k.us, audit.RecordKey, "us", "the thief's")
		standby := k.with("standby")
		outcome{"the revocation", nil}.of(t, k.end(standby, "us", audit.KeyRevoked, stolen))
		k.enrol(standby, audit.RecordKey, "us", "next standby")
		for name, want := range map[string]error{"us": store.ErrNotEnrolled, "the thief's": store.ErrNotEnrolled, "standby": nil, "next standby": nil} {
			_, err := k.with(name).Append(t.Context(), stray("by "+name))
			outcome{name, want}.of(t, err)
		}
		outcome{"the next standby", nil}.of(t, k.end(standby, "next standby", audit.KeyRetired, 0))
		outcome{"and then the last", keys.ErrLastKey}.of(t, k.end(standby, "standby", audit.KeyRetired, 0))
	})
}

// Of two log keys either may end; the one that is left may not.
func TestOneOfTwoLogKeysMayEnd(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		k := keyed{t, desk(t, dsn, "us"), dsn, "log"}
		k.turning()
		outcome{"found", nil}.of(t, k.us.Found(t.Context()))
		outcome{"the first", nil}.of(t, k.end(k.us, "log", audit.KeyRetired, 0))
		outcome{"the second", keys.ErrLastKey}.of(t, k.end(k.us, "next log", audit.KeyRetired, 0))
		strays(t, k.us, "on")
	})
}

// turning opens the same database with the log's key and the next.
func (k *keyed) turning() {
	k.Helper()
	db, err := store.Open(k.Context(), k.dsn)
	if err != nil {
		k.Fatal(err)
	}
	k.Cleanup(func() { db.Close() })
	if err := db.SignWith(k.Context(), &store.Log{Keys: []*tree.Key{logKey(k.T, "log"), logKey(k.T, "next log")}}); err != nil {
		k.Fatal(err)
	}
	k.us, k.log = trailOn(db, "us"), "next log"
}
