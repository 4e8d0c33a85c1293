package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/fault"
	"countersign/sandbox/store"
)

// retryDelays are the times of attempts two to five, measured from the first
// attempt (DFNS's guide on webhooks).
var retryDelays = []time.Duration{time.Minute, 12 * time.Minute, 2 * time.Hour, 24 * time.Hour}

// maxInFlight bounds the deliveries to one webhook at a time.
const maxInFlight = 8

// Deliverer sends what is due. Make one with [NewDeliverer] and run it once.
type Deliverer struct {
	Registry *Registry
	Scale    float64       // divides the retry delays; 1 is DFNS's schedule
	Timeout  time.Duration // for one attempt
	Faults   *fault.Set    // nil means none

	client *http.Client
	wake   *store.Wake

	mu       sync.Mutex
	inFlight map[string]map[string]bool // webhook → deliveries being sent
	turn     int                        // deliveries claimed so far
	held     []delivery                 // put off until a later one is recorded
	sending  sync.WaitGroup
}

// NewDeliverer returns a deliverer that wakes up whenever the database changes.
func NewDeliverer(r *Registry, scale float64, timeout time.Duration) *Deliverer {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = maxInFlight
	d := &Deliverer{
		Registry: r, Scale: scale, Timeout: timeout,
		client: &http.Client{
			Transport: transport,
			// A redirect is a failure like every answer but 200.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		wake:     r.DB.Watch(),
		inFlight: map[string]map[string]bool{},
	}
	return d
}

// Run delivers until ctx ends and the attempts under way are recorded.
func (d *Deliverer) Run(ctx context.Context) {
	defer d.sending.Wait()
	for ctx.Err() == nil {
		wait, err := d.round(ctx)
		if err != nil {
			slog.Error("webhook round failed", "error", err)
			wait = time.Second
		}
		d.wake.Wait(ctx, wait)
	}
}

// round starts what is due, as far as each webhook has room, and returns how
// long nothing new can become due.
func (d *Deliverer) round(ctx context.Context) (time.Duration, error) {
	now := d.Registry.Now()
	var due []delivery
	var next time.Time
	err := d.Registry.DB.View(func(tx *store.Tx) error {
		parents, err := store.Parents(tx, kindDelivery, now)
		if err != nil {
			return err
		}
		for _, hook := range parents {
			found, err := store.Due[delivery](tx, kindDelivery, hook, now, 2*maxInFlight)
			if err != nil {
				return err
			}
			due = append(due, found...)
		}
		next, err = store.NextDue(tx, kindDelivery, now)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, one := range due {
		d.begin(context.WithoutCancel(ctx), one)
	}
	if next.IsZero() {
		return time.Hour, nil
	}
	return max(next.Sub(now), time.Millisecond), nil
}

// begin sends one delivery, unless it is under way, its webhook has no room, or a
// fault puts it off.
func (d *Deliverer) begin(ctx context.Context, one delivery) {
	if !d.claim(&one) {
		return
	}
	hit := d.spoil(one)
	if hit.Kind == fault.Delay || hit.Kind == fault.Reorder {
		d.logged("putting delivery off", one, d.putOff(one, hit))
		d.release(one)
		return
	}
	d.sending.Go(func() {
		d.attempt(ctx, one, hit)
		d.release(one)
		d.wake.Poke()
	})
}

// claim takes a place in the webhook's bound for a delivery not yet under way.
func (d *Deliverer) claim(one *delivery) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	busy := d.inFlight[one.WebhookID]
	if busy == nil {
		busy = map[string]bool{}
		d.inFlight[one.WebhookID] = busy
	}
	if busy[one.ID] || len(busy) >= maxInFlight {
		return false
	}
	busy[one.ID] = true
	d.turn++
	one.turn = d.turn
	return true
}

func (d *Deliverer) release(one delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.inFlight[one.WebhookID], one.ID)
}

// attempt sends one delivery and records how it went. One that was recorded
// between the round's look and the claim is gone, and is not sent again.
func (d *Deliverer) attempt(ctx context.Context, one delivery, hit fault.Hit) {
	if gone, err := d.isGone(one); gone || err != nil {
		d.logged("reading delivery", one, err)
		return
	}
	hook, err := d.Registry.secret(one.WebhookID)
	var unknown *dfns.Error
	if errors.As(err, &unknown) || err == nil && hook.Status != "Enabled" {
		d.logged("dropping delivery", one, d.drop(one))
		return
	}
	if err != nil {
		d.logged("reading webhook", one, err)
		return
	}
	now := d.Registry.Now()
	origin := ""
	if d.Registry.SeedNames {
		origin = one.Origin
	}
	status, problem := d.send(ctx, hook, envelope{
		DeliveryID: origin, ID: one.ID, Kind: one.Kind, Date: one.Date, TimestampSent: now.Add(time.Duration(hit.Skew)).Unix(),
		DeliveryAttempt: one.Attempt, RetryOf: one.RetryOf, Data: one.Data,
	}, hit)
	d.logged("recording delivery", one, d.record(one, now, status, problem))
}

func (d *Deliverer) isGone(one delivery) (bool, error) {
	err := d.Registry.DB.View(func(tx *store.Tx) error {
		_, err := store.Get[delivery](tx, kindDelivery, one.ID)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	return false, err
}

func (d *Deliverer) logged(doing string, one delivery, err error) {
	if err != nil {
		slog.Error(doing+" failed", "event", one.ID, "webhook", one.WebhookID, "error", err)
	}
}
