package webhook

import (
	"errors"
	"log/slog"
	"slices"
	"time"

	"countersign/sandbox/fault"
	"countersign/sandbox/store"
)

// spoil says which fault a claimed delivery meets, if any. Deliveries are asked
// about one after another, in the order in which they are due, so that the same
// events meet the same faults. One that is gone meanwhile is not counted.
func (d *Deliverer) spoil(one delivery) fault.Hit {
	if d.Faults == nil || d.Faults.Empty() || one.Spared {
		return fault.Hit{}
	}
	gone, err := d.isGone(one)
	hook, err2 := d.Registry.secret(one.WebhookID)
	if gone || errors.Join(err, err2) != nil || hook.Status != "Enabled" {
		return fault.Hit{}
	}
	hit, found := d.Faults.Delivery(hook.ID, hook.URL, one.Kind)
	if found {
		slog.Info("fault", "kind", hit.Kind, "event", one.ID, "webhook", hook.ID)
	}
	return hit
}

// putOff makes a delivery due later. One that is to be reordered is also let go
// when a later one is recorded.
func (d *Deliverer) putOff(one delivery, hit fault.Hit) error {
	if hit.Kind == fault.Reorder {
		d.mu.Lock()
		d.held = append(d.held, one)
		d.mu.Unlock()
	}
	one.Spared, one.Due = true, d.Registry.Now().Add(time.Duration(hit.Delay))
	return d.Registry.DB.Update(func(tx *store.Tx) error { return enqueue(tx, one) })
}

// overtaken returns the held deliveries that came to the same webhook before one.
func (d *Deliverer) overtaken(one delivery) (free []delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held = slices.DeleteFunc(d.held, func(h delivery) bool {
		over := h.WebhookID == one.WebhookID && h.turn < one.turn
		if over {
			free = append(free, h)
		}
		return over
	})
	return free
}

// letGo makes held deliveries due, those that are still there.
func letGo(tx *store.Tx, held []delivery, now time.Time) error {
	for _, h := range held {
		one, err := store.Get[delivery](tx, kindDelivery, h.ID)
		if errors.Is(err, store.ErrNotFound) {
			continue // its time had come before
		}
		if err != nil {
			return err
		}
		one.Due = now
		if err := enqueue(tx, one); err != nil {
			return err
		}
	}
	return nil
}

// spoil turns over one bit of the body, or one digit of the signature.
func (p *parcel) spoil(hit fault.Hit) {
	if hit.What == "body" {
		p.body = slices.Clone(p.body)
		bit := hit.Draw % uint64(8*len(p.body))
		p.body[bit/8] ^= 1 << (bit % 8)
		return
	}
	text := []byte(p.signature)
	at := len(text) - 1 - int(hit.Draw%64) // one of the 64 hex digits
	text[at] = "123456789abcdef0"[hexDigit(text[at])]
	p.signature = string(text)
}

// hexDigit is the value of a lower-case hex digit.
func hexDigit(c byte) int {
	if c >= 'a' {
		return int(c-'a') + 10
	}
	return int(c - '0')
}
