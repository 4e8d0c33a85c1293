package webhook

import (
	"errors"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
)

// record stores an attempt as an event and, when it failed and there is one,
// enqueues the next, all in one transaction.
func (d *Deliverer) record(one delivery, sent time.Time, status, problem string) error {
	event := Event{
		ID: one.ID, Kind: one.Kind, Date: one.Date, Data: one.Data, Status: status, Error: problem,
		TimestampSent: sent.Unix(), DeliveryFailed: status != "200",
		DeliveryAttempt: one.Attempt, RetryOf: one.RetryOf,
	}
	if one.First.IsZero() {
		one.First = sent
	}
	free := d.overtaken(one)
	return d.Registry.DB.Update(func(tx *store.Tx) error {
		if err := letGo(tx, free, d.Registry.Now()); err != nil {
			return err
		}
		if event.DeliveryFailed && one.Attempt <= len(retryDelays) {
			next := one
			next.ID, next.RetryOf, next.Attempt, next.Spared = dfns.NewID("whe"), one.ID, one.Attempt+1, false
			next.Due = one.First.Add(time.Duration(float64(retryDelays[one.Attempt-1]) / d.Scale))
			event.NextAttemptDate = dfns.At(next.Due)
			if err := enqueue(tx, next); err != nil {
				return err
			}
		}
		return errors.Join(putEvent(tx, one.WebhookID, event), store.Delete(tx, kindDelivery, one.ID))
	})
}

// drop forgets a delivery whose webhook is disabled or gone. The attempt before
// it, if any, then says that no further one comes.
func (d *Deliverer) drop(one delivery) error {
	return d.Registry.DB.Update(func(tx *store.Tx) error {
		if one.RetryOf != "" {
			event, err := store.Get[Event](tx, kindEvent, one.RetryOf)
			if err != nil {
				return err
			}
			event.NextAttemptDate = dfns.Time{}
			if err := putEvent(tx, one.WebhookID, event); err != nil {
				return err
			}
		}
		return store.Delete(tx, kindDelivery, one.ID)
	})
}

func putEvent(tx *store.Tx, hook string, e Event) error {
	return store.Put(tx, store.Object{Kind: kindEvent, ID: e.ID, Parent: hook}, e)
}
