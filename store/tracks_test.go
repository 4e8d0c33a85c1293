package store_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"countersign"
	"countersign/chain/follow"
	"countersign/store"
	"countersign/store/outbox"
	"countersign/store/tracks"
)

func blockOf(number uint64, branch string) follow.Block {
	return follow.Block{Number: number, Hash: sha256.Sum256(fmt.Append(nil, branch, number)), Time: 1000 + number}
}

func seenIn(b follow.Block, tx string, index uint64, state follow.State) follow.Occurrence {
	return follow.Occurrence{Event: follow.Event{Block: b.Hash, Number: b.Number, Tx: sha256.Sum256([]byte(tx)), Index: index, Rule: "deposit", Data: []byte(`{"n":1}`)}, State: state}
}

// keeperOn tells every occurrence, by a name that tells them apart.
func keeperOn(db *store.DB, network string) *tracks.Keeper {
	k := &tracks.Keeper{DB: db.SQL(), Network: network}
	k.Now = func() time.Time { return start }
	k.Tell = func(o follow.Occurrence, at time.Time, number int) (outbox.Message, bool) {
		id := fmt.Sprintf("%s-%s-%d-%s", o.Tx, o.Block, o.Index, o.State)
		return outbox.Message{ID: id, Kind: countersign.EventKind("chain.deposit." + o.State), Date: at.Add(time.Duration(number) * time.Microsecond), Data: json.RawMessage(`{}`)}, true
	}
	return k
}

func opened(t *testing.T, dsn string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestACursorIsKeptWithWhatHasOccurred(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		db := opened(t, dsn)
		k := keeperOn(db, "Net")
		if c, err := k.Load(t.Context()); c != nil || err != nil {
			t.Fatalf("nothing was kept: %v, %v", c, err)
		}
		if _, ok, err := (tracks.Reader{DB: db.SQL()}).Position(t.Context(), "Net"); ok || err != nil {
			t.Errorf("a chain that was never walked stands somewhere (%v)", err)
		}
		b1, b2, other := blockOf(1, "a"), blockOf(2, "a"), blockOf(2, "b")
		seen := seenIn(b2, "t1", 0, follow.Seen)
		steps := []struct {
			cursor   follow.Cursor
			occurred []follow.Occurrence
		}{
			{follow.Cursor{Final: b1}, nil},
			{follow.Cursor{Final: b1, Tip: []follow.Walked{{Block: b2, Events: []follow.Event{seen.Event}}}}, []follow.Occurrence{seen}},
			{follow.Cursor{Final: b1}, []follow.Occurrence{seenIn(b2, "t1", 0, follow.Retracted)}},
			{follow.Cursor{Final: other}, []follow.Occurrence{seenIn(other, "t1", 0, follow.Confirmed), seenIn(other, "t2", 1, follow.Confirmed)}},
		}
		for i, s := range steps {
			if err := k.Keep(t.Context(), s.cursor, s.occurred); err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
			fresh := keeperOn(db, "Net")
			c, err := fresh.Load(t.Context())
			if err != nil || c == nil || c.Final != s.cursor.Final || len(c.Tip) != len(s.cursor.Tip) {
				t.Errorf("step %d: loaded %+v, %v", i, c, err)
			}
		}
		heldOf(t, db, seen.Tx, other)
		if c, err := (outbox.Outbox{DB: db.SQL()}).Count(t.Context(), start, start.Add(time.Second)); err != nil || c.All != 4 || c.Waiting != 4 {
			t.Errorf("outbox %+v, %v; want all four told", c, err)
		}
	})
}

// heldOf looks for a transaction that was in a block, is now in another, and is not alone.
func heldOf(t *testing.T, db *store.DB, transaction follow.Hash, other follow.Block) {
	t.Helper()
	var states []string
	for e, err := range (tracks.Reader{DB: db.SQL()}).Of(t.Context(), "Net", transaction.String()) {
		if err != nil {
			t.Fatal(err)
		}
		states = append(states, string(e.State)+" in "+e.Block)
	}
	if len(states) != 2 {
		t.Errorf("the transaction was %v, want once retracted and once confirmed", states)
	}
	n := 0
	for e, err := range (tracks.Reader{DB: db.SQL()}).Confirmed(t.Context(), "deposit", start, start.Add(time.Second)) {
		if err != nil || e.State != follow.Confirmed || e.Block != other.Hash.String() || string(e.Data) != `{"n":1}` {
			t.Errorf("confirmed %+v, %v", e, err)
		}
		n++
	}
	if p, ok, err := (tracks.Reader{DB: db.SQL()}).Position(t.Context(), "Net"); n != 2 || !ok || err != nil || p.Final != other || p.Head != other {
		t.Errorf("%d confirmed, position %+v, %v", n, p, err)
	}
}

// Of two who walk one chain, one learns it, and has told nothing.
func TestOneWalksAChain(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		db := opened(t, dsn)
		one, two, elsewhere := keeperOn(db, "Net"), keeperOn(db, "Net"), keeperOn(db, "Other")
		for _, k := range []*tracks.Keeper{one, two, elsewhere} {
			if _, err := k.Load(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		b := blockOf(1, "a")
		if err := one.Keep(t.Context(), follow.Cursor{Final: b}, nil); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			err := two.Keep(t.Context(), follow.Cursor{Final: b}, []follow.Occurrence{seenIn(b, "t", 0, follow.Confirmed)})
			if !errors.Is(err, tracks.ErrMoved) {
				t.Errorf("the second walker: %v, want ErrMoved", err)
			}
		}
		if err := elsewhere.Keep(t.Context(), follow.Cursor{Final: b}, nil); err != nil {
			t.Errorf("another chain: %v", err)
		}
		if c, err := (outbox.Outbox{DB: db.SQL()}).Count(t.Context(), start, start.Add(time.Hour)); err != nil || c.All != 0 {
			t.Errorf("outbox %+v, %v; want nothing", c, err)
		}
		if _, err := two.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := two.Keep(t.Context(), follow.Cursor{Final: b}, nil); err != nil {
			t.Errorf("after it has looked: %v", err)
		}
		if networks, err := (tracks.Reader{DB: db.SQL()}).Networks(t.Context()); err != nil || fmt.Sprint(networks) != "[Net Other]" {
			t.Errorf("networks %v, %v", networks, err)
		}
	})
}

func TestAMessageStaysUntilItIsTaken(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		db := opened(t, dsn)
		k := keeperOn(db, "Net")
		b := blockOf(1, "a")
		occurred := []follow.Occurrence{seenIn(b, "t1", 0, follow.Confirmed), seenIn(b, "t2", 1, follow.Confirmed), seenIn(b, "t1", 0, follow.Confirmed)}
		if err := k.Keep(t.Context(), follow.Cursor{Final: b}, occurred); err != nil {
			t.Fatal(err)
		}
		o := outbox.Outbox{DB: db.SQL()}
		due, next, err := o.Due(t.Context(), start, 10)
		if err != nil || len(due) != 2 || !next.IsZero() || due[0].Seq >= due[1].Seq || due[0].Kind != "chain.deposit.confirmed" || !due[0].Date.Equal(start) {
			t.Fatalf("due %+v, next %v, %v; want the two, each once", due, next, err)
		}
		if some, _, err := o.Due(t.Context(), start, 1); err != nil || len(some) != 1 || some[0].ID != due[0].ID {
			t.Errorf("one of them: %+v, %v", some, err)
		}
		again := start.Add(time.Minute)
		if err := o.Failed(t.Context(), due[0], "nobody is there", again); err != nil {
			t.Fatal(err)
		}
		if err := o.Delivered(t.Context(), due[1], start); err != nil {
			t.Fatal(err)
		}
		if left, next, err := o.Due(t.Context(), start, 10); err != nil || len(left) != 0 || !next.Equal(again) {
			t.Errorf("due %+v, next %v, %v; want one in a minute", left, next, err)
		}
		left, _, err := o.Due(t.Context(), again, 10)
		if err != nil || len(left) != 1 || left[0].ID != due[0].ID || left[0].Attempts != 1 || left[0].Problem != "nobody is there" {
			t.Errorf("a minute later %+v, %v", left, err)
		}
		if n, oldest, err := o.Waiting(t.Context()); err != nil || n != 1 || !oldest.Equal(start) {
			t.Errorf("%d wait since %v, %v", n, oldest, err)
		}
		if n, err := o.Prune(t.Context(), again); err != nil || n != 1 {
			t.Errorf("pruned %d, %v; want what was delivered", n, err)
		}
		if c, err := o.Count(t.Context(), start, again); err != nil || c.All != 1 || c.Waiting != 1 {
			t.Errorf("left %+v, %v; want what waits", c, err)
		}
	})
}
