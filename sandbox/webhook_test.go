package sandbox_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// delivery is what a receiver gets.
type delivery struct {
	ID, Kind, Date, RetryOf string
	TimestampSent           int64
	DeliveryAttempt         int
	Data                    json.RawMessage

	raw       []byte
	signature string
}

// receiver is a subscriber that answers as told and remembers what it got.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []delivery
	status int
}

func newReceiver(t *testing.T, status int) *receiver {
	r := &receiver{status: status}
	r.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		raw, _ := io.ReadAll(req.Body)
		d := delivery{raw: raw, signature: req.Header.Get("X-DFNS-WEBHOOK-SIGNATURE")}
		if err := json.Unmarshal(raw, &d); err != nil {
			t.Errorf("delivery is not JSON: %v", err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, d)
		rw.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

// of returns the deliveries of a kind, so far.
func (r *receiver) of(kind string) []delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []delivery
	for _, d := range r.got {
		if kind == "" || d.Kind == kind {
			found = append(found, d)
		}
	}
	return found
}

// hook is what the tests read of a webhook.
type hook struct {
	ID, URL, Status, Secret, Description string
	Events                               []string
}

func (w *world) subscribe(r *receiver, events ...string) hook {
	w.t.Helper()
	return into[hook](w.t, w.admin.post("/webhooks", map[string]any{"url": r.URL + "/in?x=1", "events": events}), 200)
}

// storedEvent is what the tests read of GET /webhooks/:id/events.
type storedEvent struct {
	ID, Kind, Status, Error, RetryOf, NextAttemptDate string
	DeliveryFailed                                    bool
	DeliveryAttempt                                   int
}

func (w *world) events(h hook, query string) []storedEvent {
	w.t.Helper()
	return into[list[storedEvent]](w.t, w.admin.get("/webhooks/"+h.ID+"/events?"+query), 200).Items
}

func TestEventsAreDeliveredSigned(t *testing.T) {
	w := newWorld(t, 1)
	r := newReceiver(t, 200)
	h := w.subscribe(r, "*")
	if !strings.HasPrefix(h.Secret, "whs-") || len(h.Secret) != 36 || h.Status != "Enabled" {
		t.Errorf("webhook = %+v", h)
	}
	if again := into[hook](t, w.admin.get("/webhooks/"+h.ID), 200); again.Secret != "" {
		t.Error("the secret is shown twice")
	}
	w.policy(0, group(1))
	e := into[entity](t, w.admin.post(w.path("transfers"), map[string]string{"kind": "Native", "to": recipient,
		"amount": "1", "externalId": "café / <b>&\u2028"}), 200)
	reason := "fine <&>\u2029 \\u2028"
	into[approval](t, w.alice.post("/v2/policy-approvals/"+e.ApprovalID+"/decisions",
		map[string]string{"value": "Approved", "reason": reason}), 200)
	kinds := []string{"policy.triggered", "policy.approval.pending", "policy.approval.resolved",
		"wallet.transfer.requested", "wallet.transfer.broadcasted", "wallet.transfer.confirmed"}
	eventually(t, "all events arrive", func() bool { return len(r.of("")) == len(kinds) })
	for _, kind := range kinds {
		if len(r.of(kind)) != 1 {
			t.Fatalf("%d deliveries of %s", len(r.of(kind)), kind)
		}
		checkDelivery(t, h, r.of(kind)[0])
	}
	eventually(t, "all are recorded", func() bool { return len(w.events(h, "deliveryFailed=false")) == len(kinds) })

	var resolved struct {
		Approval   approval
		ActivityID string
	}
	raw := r.of("policy.approval.resolved")[0]
	if err := json.Unmarshal(raw.Data, &resolved); err != nil || resolved.ActivityID != e.ID || resolved.Approval.Status != "Approved" {
		t.Errorf("resolved = %s", raw.Data)
	}
	if !bytes.Contains(raw.raw, []byte("café / <b>&\u2028")) || !bytes.Contains(raw.raw, []byte("fine <&>\u2029 \\\\u2028")) {
		t.Errorf("text is not as JSON.stringify writes it: %s", raw.raw)
	}
}

func checkDelivery(t *testing.T, h hook, d delivery) {
	t.Helper()
	mac := hmac.New(sha256.New, []byte(h.Secret))
	mac.Write(d.raw)
	if want := "sha256=" + hex.EncodeToString(mac.Sum(nil)); d.signature != want {
		t.Errorf("%s: signature %s, want %s", d.Kind, d.signature, want)
	}
	if !strings.HasPrefix(d.ID, "whe-") || d.DeliveryAttempt != 1 || d.RetryOf != "" ||
		time.Since(time.Unix(d.TimestampSent, 0)).Abs() > time.Minute {
		t.Errorf("envelope = %s", d.raw)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, d.raw); err != nil || !bytes.Equal(compact.Bytes(), d.raw) {
		t.Errorf("body is not compact: %s", d.raw)
	}
}

func TestOnly200CountsAndFiveAttemptsAreMade(t *testing.T) {
	for _, status := range []int{204, 500, 302} {
		w := newWorld(t, 86400) // a day is a second
		r := newReceiver(t, status)
		h := w.subscribe(r, "wallet.created")
		into[entity](t, w.admin.post("/wallets", walletBody), 200)
		eventually(t, "five attempts are recorded", func() bool { return len(w.events(h, "deliveryFailed=true")) == 5 })
		got, stored := r.of("wallet.created"), w.events(h, "kind=wallet.created")
		if len(got) != 5 {
			t.Fatalf("%d attempts, want 5", len(got))
		}
		for i, d := range got {
			if d.DeliveryAttempt != i+1 || d.ID != stored[i].ID || stored[i].DeliveryAttempt != i+1 {
				t.Errorf("attempt %d = %+v, stored %+v", i+1, d, stored[i])
			}
			if i > 0 && (d.RetryOf != got[i-1].ID || d.ID == got[i-1].ID || !bytes.Equal(d.Data, got[0].Data) || d.Date != got[0].Date) {
				t.Errorf("retry %d does not follow %s: %s", i+1, got[i-1].ID, d.raw)
			}
			if last := i == 4; (stored[i].NextAttemptDate == "") != last {
				t.Errorf("attempt %d: nextAttemptDate %q", i+1, stored[i].NextAttemptDate)
			}
		}
		one := into[storedEvent](t, w.admin.get("/webhooks/"+h.ID+"/events/"+got[2].ID), 200)
		if one.RetryOf != got[1].ID || one.Error == "" {
			t.Errorf("event = %+v", one)
		}
	}
}

func TestRetriesStopWithTheWebhook(t *testing.T) {
	for _, how := range []string{"disabled", "deleted", "enabled again"} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t, 1)
			r := newReceiver(t, 500)
			h := w.subscribe(r, "wallet.created")
			into[entity](t, w.admin.post("/wallets", walletBody), 200)
			eventually(t, "the first attempt is recorded", func() bool { return len(w.events(h, "")) == 1 })
			set := func(status string) {
				into[hook](t, w.admin.call("PUT", "/webhooks/"+h.ID, map[string]string{"status": status}), 200)
			}
			if how == "deleted" {
				into[map[string]bool](t, w.admin.call("DELETE", "/webhooks/"+h.ID, "{}"), 200)
			} else {
				set("Disabled")
			}
			if how == "enabled again" {
				set("Enabled")
			}
			w.clock.Store(int64(2 * time.Minute))
			// Any change wakes the loop, which then sees that the retry is due.
			witness := newReceiver(t, 200)
			w.subscribe(witness, "wallet.created")
			into[entity](t, w.admin.post("/wallets", walletBody), 200)
			eventually(t, "the witness hears", func() bool { return len(witness.of("wallet.created")) == 1 })
			switch how {
			case "enabled again":
				eventually(t, "the retry comes", func() bool { return len(r.of("")) >= 2 && r.of("")[1].RetryOf == r.of("")[0].ID || len(r.of("")) == 3 })
			case "disabled":
				eventually(t, "the chain is closed", func() bool { return w.events(h, "")[0].NextAttemptDate == "" })
				fallthrough
			default:
				if n := len(r.of("")); n != 1 {
					t.Errorf("%d attempts, want 1", n)
				}
			}
		})
	}
}

func TestUnreachableReceiverFailsWithAnError(t *testing.T) {
	w := newWorld(t, 1)
	r := newReceiver(t, 200)
	h := w.subscribe(r, "wallet.created")
	r.Close()
	into[entity](t, w.admin.post("/wallets", walletBody), 200)
	eventually(t, "the failure is recorded", func() bool { return len(w.events(h, "deliveryFailed=true")) == 1 })
	if e := w.events(h, "")[0]; e.Error == "" || e.Status == "200" || e.NextAttemptDate == "" {
		t.Errorf("event = %+v", e)
	}
}

func TestWebhookManagement(t *testing.T) {
	w := newWorld(t, 1)
	r := newReceiver(t, 200)
	h := w.subscribe(r, "wallet.created", "policy.triggered")
	ping := into[struct{ Status string }](t, w.admin.call("POST", "/webhooks/"+h.ID+"/ping", "{}"), 200)
	if ping.Status != "200" || len(r.of("")) != 1 || len(w.events(h, "")) != 0 {
		t.Errorf("ping = %+v, %d deliveries, %d events", ping, len(r.of("")), len(w.events(h, "")))
	}
	up := into[hook](t, w.admin.call("PUT", "/webhooks/"+h.ID, map[string]any{"description": "d"}), 200)
	if up.Description != "d" || !slices.Equal(up.Events, h.Events) || up.Secret != "" {
		t.Errorf("updated = %+v", up)
	}
	for name, body := range map[string]map[string]any{
		"plural kind":    {"url": r.URL, "events": []string{"wallets.transfer.confirmed"}},
		"no events":      {"url": r.URL, "events": []string{}},
		"no url":         {"events": []string{"*"}},
		"relative url":   {"url": "/in", "events": []string{"*"}},
		"another scheme": {"url": "ftp://x/", "events": []string{"*"}},
		"unknown status": {"url": r.URL, "events": []string{"*"}, "status": "Paused"},
		"long text":      {"url": r.URL, "events": []string{"*"}, "description": strings.Repeat("x", 257)},
		"a name":         {"url": r.URL, "events": []string{"*"}, "name": "n"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, w.admin.post("/webhooks", body), 400) })
	}
	for range 4 {
		w.subscribe(r, "*")
	}
	refused(t, w.admin.post("/webhooks", map[string]any{"url": r.URL, "events": []string{"*"}}), 400)
	if n := len(into[list[hook]](t, w.admin.get("/webhooks"), 200).Items); n != 5 {
		t.Errorf("%d webhooks, want 5", n)
	}
	into[map[string]bool](t, w.admin.call("DELETE", "/webhooks/"+h.ID, ""), 200)
	refused(t, w.admin.get("/webhooks/"+h.ID), 404)
	refused(t, w.admin.get("/webhooks/"+h.ID+"/events?limit=201"), 400) // other lists give 500
	refused(t, w.admin.get("/webhooks/"+h.ID+"/events"), 404)
}

// signedBy tells whether a delivery carries the signature that the webhook's secret makes.
func signedBy(h hook, d delivery) bool {
	mac := hmac.New(sha256.New, []byte(h.Secret))
	mac.Write(d.raw)
	return d.signature == "sha256="+hex.EncodeToString(mac.Sum(nil))
}
