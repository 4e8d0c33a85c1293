package watch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign"
	"countersign/chain/follow"
	"countersign/ingress"
	"countersign/watch"
)

// chain is a source of blocks by number, and a keeper that keeps in memory.
type chain struct {
	mu    sync.Mutex
	head  uint64
	fault error
	kept  *follow.Cursor
	told  int
}

func block(n uint64) follow.Block {
	return follow.Block{Number: n, Hash: follow.Hash{byte(n)}, Parent: follow.Hash{byte(n - 1)}, Time: n}
}

func (c *chain) get(n func() uint64) (follow.Block, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return block(n()), c.fault
}

func (c *chain) Head(context.Context) (follow.Block, error) {
	return c.get(func() uint64 { return c.head })
}
func (c *chain) Final(context.Context) (follow.Block, error) {
	return c.get(func() uint64 { return 1 })
}
func (c *chain) ByNumber(_ context.Context, n uint64) (follow.Block, error) {
	return c.get(func() uint64 { return n })
}

func (c *chain) Events(_ context.Context, b follow.Block) ([]follow.Event, error) {
	return []follow.Event{{Block: b.Hash, Number: b.Number, Tx: follow.Hash{1, byte(b.Number)}, Rule: "deposit"}}, nil
}
func (c *chain) Range(context.Context, uint64, uint64) ([]follow.Event, error) { return nil, nil }
func (c *chain) Load(context.Context) (*follow.Cursor, error)                  { return c.kept, nil }

func (c *chain) Keep(_ context.Context, cursor follow.Cursor, occurred []follow.Occurrence) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = &cursor
	c.told += len(occurred)
	return nil
}

func (c *chain) seen() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.told
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

func TestChainsAreFollowedUntilTheEnd(t *testing.T) {
	good, bad := &chain{head: 3}, &chain{head: 3, fault: errors.New("away")}
	var mu sync.Mutex
	alarms, compared := []string{}, 0
	w := watch.Watcher{
		Walks: []watch.Walk{
			{Network: "Good", Follower: &follow.Follower{Source: good, Keeper: good}, Every: time.Millisecond},
			{Network: "Bad", Follower: &follow.Follower{Source: bad, Keeper: bad}, Every: time.Millisecond},
		},
		Compare: func(context.Context) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			compared++
			return 0, errors.New("no right")
		},
		CompareEvery: time.Millisecond,
		Alarm: func(_ context.Context, network string, why error) error {
			mu.Lock()
			defer mu.Unlock()
			alarms = append(alarms, network)
			if len(alarms) == 1 {
				return errors.New("the trail is away")
			}
			return nil
		},
		Log: slog.New(slog.DiscardHandler),
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	until(t, "two blocks are walked", func() bool { return good.seen() == 2 })
	bad.mu.Lock()
	bad.fault = nil
	bad.mu.Unlock()
	until(t, "the node is back", func() bool { return bad.seen() == 2 })
	bad.mu.Lock()
	bad.fault = fmt.Errorf("%w: block 1", follow.ErrFinality)
	bad.mu.Unlock()
	until(t, "the alarm is raised, and again until it is taken", func() bool { mu.Lock(); defer mu.Unlock(); return len(alarms) == 2 })
	good.mu.Lock()
	good.head = 5
	good.mu.Unlock()
	until(t, "the other chain goes on", func() bool { return good.seen() == 4 })
	until(t, "lists are compared", func() bool { mu.Lock(); defer mu.Unlock(); return compared > 3 })
	stop()
	if err := <-done; err != nil || alarms[0] != "Bad" {
		t.Errorf("%v, alarms %v", err, alarms)
	}
}

// What is told is an event that the ingress reads, and each is a fact of its own.
func TestWhatIsToldIsAnEvent(t *testing.T) {
	tell := watch.Tell("Net")
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	seen := countersign.Seen{}
	ids := map[string]bool{}
	for i, o := range []follow.Occurrence{
		{Event: follow.Event{Block: follow.Hash{1}, Tx: follow.Hash{2}, Rule: "deposit", Data: []byte(`{"to":"0x1"}`)}, State: follow.Seen},
		{Event: follow.Event{Block: follow.Hash{1}, Tx: follow.Hash{2}, Rule: "deposit"}, State: follow.Retracted},
		{Event: follow.Event{Block: follow.Hash{1}, Tx: follow.Hash{2}, Rule: "deposit"}, State: follow.Seen},
		{Event: follow.Event{Block: follow.Hash{1}, Tx: follow.Hash{2}, Index: 1, Rule: "deposit", Data: []byte("no JSON")}, State: follow.Confirmed},
		{Event: follow.Event{Block: follow.Hash{1}, Tx: follow.Hash{2}, Rule: "function/mint"}, State: follow.Confirmed},
		{Event: follow.Event{Block: follow.Hash{1}, Tx: follow.Hash{2}, Rule: "event/paused"}, State: follow.Confirmed},
		{Event: follow.Event{Block: follow.Hash{1}, Tx: follow.Hash{2}, Rule: "balance/low"}, State: follow.Confirmed},
		{Event: follow.Event{Block: follow.Hash{1}, Tx: follow.Hash{2}, Rule: "transaction"}, State: follow.Confirmed},
	} {
		m, ok := tell(o, at, i)
		if !ok || !json.Valid(m.Data) {
			t.Fatalf("%+v is not told: %s", o, m.Data)
		}
		body := fmt.Sprintf(`{"id":%q,"deliveryId":%q,"kind":%q,"date":%q,"timestampSent":1,"data":%s}`, m.ID, m.ID, m.Kind, m.Date.Format(time.RFC3339Nano), m.Data)
		e, err := ingress.ParseEvent([]byte(body))
		e.Source = ingress.OwnSource
		word, _, _ := strings.Cut(o.Rule, "/")
		want := map[bool]string{true: "Deposit", false: "Notice"}[word == "deposit"]
		if r := ingress.RouteOf(e); err != nil || r.Workflow != want || string(e.Kind) != "chain."+word+"."+string(o.State) {
			t.Errorf("%s goes to %s, %v", e.Kind, r.Workflow, err)
		}
		if !seen.Add(e) || ids[m.ID] {
			t.Errorf("%s was told before", m.ID)
		}
		ids[m.ID] = true
	}
	if _, ok := tell(follow.Occurrence{Event: follow.Event{Rule: "moon"}}, at, 0); ok || !errors.Is(watch.Check("moon"), watch.ErrRule) || watch.Check("function/mint") != nil {
		t.Error("a rule of no kind is told")
	}
}
