package sink

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// maxRetryAfter bounds how long a receiver can ask to be left alone.
const maxRetryAfter = time.Hour

// A backoff grows with each failure in a row.
type backoff struct {
	min, max time.Duration
	failures int
}

func (b *backoff) reset() { b.failures = 0 }

// wait sleeps for what the failure asks for, or until ctx ends.
func (b *backoff) wait(ctx context.Context, err error) {
	timer := time.NewTimer(b.next(err))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// next is half of the doubled pause and a part of the other half by chance, so that many
// senders do not come back at once; longer where the receiver says so.
func (b *backoff) next(err error) time.Duration {
	pause := b.max
	if b.failures < 30 && b.min<<b.failures < b.max {
		pause = b.min << b.failures
	}
	b.failures++
	pause = pause/2 + rand.N(pause/2+1) //nolint:gosec // no secret
	var busy *Busy
	if errors.As(err, &busy) {
		pause = max(pause, min(busy.After, maxRetryAfter))
	}
	return pause
}
