package sandbox_test

import (
	"context"
	"testing"
	"time"

	"countersign/sandbox"
)

// advance moves the sandbox's clock.
func (w *world) advance(d time.Duration) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := w.server.Clock().Advance(ctx, d); err != nil {
		w.t.Fatalf("Advance(%s): %v", d, err)
	}
}

// What is due is done in its turn and dated when it was due, however far the
// clock goes at once: four retries over a day, and an approval that ends
// between the third and the fourth.
func TestAdvanceDoesWhatIsDueInItsTurn(t *testing.T) {
	w := newWorld(t, 1)
	r := newReceiver(t, 500)
	h := w.subscribe(r, "policy.approval.pending", "policy.approval.resolved")
	w.policy(180, group(1))
	id := w.pay(w.admin, "1").ApprovalID
	eventually(t, "the first attempt is recorded", func() bool { return len(w.events(h, "")) == 1 })
	start := w.server.Clock().Now()
	w.advance(24*time.Hour + time.Minute)

	if got := into[approval](t, w.admin.get("/v2/policy-approvals/"+id), 200); got.Status != "Expired" {
		t.Errorf("approval is %s", got.Status)
	}
	var order []string
	var sent []time.Duration
	for _, d := range r.of("") {
		order = append(order, d.Kind)
		if d.Kind == "policy.approval.pending" {
			sent = append(sent, time.Unix(d.TimestampSent, 0).Sub(start).Round(time.Minute))
		}
	}
	want := []time.Duration{0, time.Minute, 12 * time.Minute, 2 * time.Hour, 24 * time.Hour}
	if len(sent) != len(want) {
		t.Fatalf("attempts at %v, want %v", sent, want)
	}
	for i := range want {
		if sent[i] != want[i] {
			t.Errorf("attempt %d at %s, want %s", i+1, sent[i], want[i])
		}
	}
	// The approval expired after three hours: its event's first attempt comes
	// before the last attempt of the event that was first tried at the start.
	if len(order) < 5 || order[4] != "policy.approval.resolved" {
		t.Errorf("order of deliveries: %v", order)
	}
	if ahead := w.server.Clock().Ahead(); ahead != 24*time.Hour+time.Minute {
		t.Errorf("the clock is ahead by %s, want what it was advanced by", ahead)
	}
	events := w.events(h, "kind=policy.approval.pending")
	if last := events[len(events)-1]; last.NextAttemptDate != "" || last.DeliveryAttempt != 5 {
		t.Errorf("last attempt = %+v", last)
	}
}

func TestAdvanceNeverGoesBackAndIsKept(t *testing.T) {
	dir := t.TempDir()
	start := func() *sandbox.Server {
		s, err := sandbox.Start(context.Background(), sandbox.Config{Data: dir, Listen: "127.0.0.1:0", RPCListen: "127.0.0.1:0"})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := start()
	if err := s.Clock().Advance(context.Background(), -time.Second); err == nil {
		t.Error("the clock went back")
	}
	if err := s.Clock().Advance(context.Background(), 30*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	before := s.Clock().Now()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = start()
	defer s.Close()
	if now := s.Clock().Now(); now.Before(before) {
		t.Errorf("after a restart it is %s, it was %s", now, before)
	}
	if ahead := time.Until(s.Clock().Now()); ahead < 29*24*time.Hour {
		t.Errorf("ahead by %s", ahead)
	}
}

// Blocks, tokens and user actions live by the same clock.
func TestEverythingLivesByTheClock(t *testing.T) {
	w := newWorld(t, 1)
	action := w.admin.action("POST", "/wallets", []byte(walletBody))
	w.advance(15 * time.Minute)
	refused(t, w.admin.send("POST", "/wallets", action, []byte(walletBody)), 403)
	w.reach("transfers", w.pay(w.admin, "1").ID, "Confirmed")
	header, err := w.dial().HeaderByNumber(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if ahead := time.Until(time.Unix(int64(header.Time), 0)); ahead < 14*time.Minute {
		t.Errorf("the newest block is ahead by %s", ahead)
	}
	w.advance(11 * 365 * 24 * time.Hour)
	refused(t, w.admin.get("/wallets"), 401)
}

// What was asked for longer ago than the timeframe no longer counts, what is as old as it
// neither.
func TestVelocitiesAreMeasuredByTheClock(t *testing.T) {
	for kind, configuration := range map[string]map[string]any{
		"TransactionCountVelocity":  {"limit": 2, "timeframe": 60},
		"TransactionAmountVelocity": {"limit": 6000, "currency": "USD", "timeframe": 60}, // two ethers
	} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t, 1)
			into[governed](t, w.admin.post("/v2/policies", map[string]any{"name": kind, "activityKind": "Wallets:Sign",
				"rule": map[string]any{"kind": kind, "configuration": configuration}, "action": ask(0, group(1))}), 200)
			pays := func(want string) entity {
				t.Helper()
				e := w.pay(w.admin, "1000000000000000000")
				if got := map[bool]string{true: "passes", false: "waits"}[e.ApprovalID == ""]; got != want {
					t.Errorf("a payment %s, want that it %s: %+v", got, want, e)
				}
				return e
			}
			pays("passes")
			w.advance(30 * time.Minute)
			pays("passes")
			third := pays("waits")
			into[approval](t, w.vote(w.alice, third.ApprovalID, "Denied"), 200) // it counts no more
			w.advance(29 * time.Minute)
			into[approval](t, w.vote(w.alice, pays("waits").ApprovalID, "Denied"), 200)
			w.advance(time.Minute) // the first is an hour old
			pays("passes")
			w.advance(30 * time.Minute) // so is the second
			pays("passes")
			into[approval](t, w.vote(w.alice, pays("waits").ApprovalID, "Approved"), 200) // it counts, once it is approved too
			w.advance(59 * time.Minute)
			pays("waits")
			w.advance(time.Hour)
			pays("passes")
		})
	}
}
