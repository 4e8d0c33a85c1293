package sink_test

import "testing"

// TestOutageAndKills is two minutes of outage at 200 records a second, and ten kills of
// the sender: every record arrives. The two minutes are their 24,000 records, made
// available while the receiver is away in every way that we know; nobody sleeps.
func TestOutageAndKills(t *testing.T) {
	before, outage := int64(1_000), int64(24_000)
	if racing { // the detector is slow: as many kills, fewer records
		before, outage = 100, 2_400
	}
	for _, kind := range []string{"otlp", "hec", "webhook"} {
		t.Run(kind, func(t *testing.T) {
			o := newOrdeal(t, kind)
			defer func() { o.at.close() }()
			o.grow(before)
			waitFor(t, "the first records arrive", func() bool { return o.rec.missing(before) == 0 })
			o.outage(outage)
			lag := o.rec.missing(o.size)
			o.catchUp()
			o.p.kill(t)
			o.rec.check(t)
			total := o.rec.complete(t, o.size)
			t.Logf("%d records, %d behind at the end of the outage, %d kills, %d arrivals in %d requests, 0 missing", o.size, lag, o.kills, total, o.rec.requests)
		})
	}
}

// An ordeal is a sender that is killed, and its receiver that is away.
type ordeal struct {
	t     *testing.T
	kind  string
	rec   *receiver
	at    *port
	dir   string
	uri   string
	files fileStore
	p     *process
	size  int64
	kills int
}

func newOrdeal(t *testing.T, kind string) *ordeal {
	t.Helper()
	o := &ordeal{t: t, kind: kind, rec: newReceiver(kind), dir: t.TempDir()}
	o.rec.acks = kind == "hec"
	o.at = &port{address: "127.0.0.1:0", handler: o.rec}
	o.at.open(t)
	o.uri, o.files = o.rec.uri(t, "http://"+o.at.address), fileStore(o.dir)
	o.p = start(t, o.uri, o.dir)
	return o
}

// grow makes more records available.
func (o *ordeal) grow(by int64) {
	o.t.Helper()
	o.size += by
	if err := o.files.put("size", o.size); err != nil {
		o.t.Fatal(err)
	}
}

func (o *ordeal) restart() {
	o.p.kill(o.t)
	o.kills++
	o.p = start(o.t, o.uri, o.dir)
}

// outage is the receiver being away in every way, while records come; in all but one the
// sender is killed once.
func (o *ordeal) outage(records int64) {
	o.t.Helper()
	modes := []mode{"down", effectLost, err500, partial, blackhole, answerLost}
	for i, m := range modes {
		if m == "down" {
			o.at.close()
		} else {
			o.rec.set(m)
		}
		o.grow(records / int64(len(modes)))
		asked := o.rec.asked()
		waitFor(o.t, "failure while "+string(m), func() bool {
			return o.p.said("sending failed")+o.p.said("splitting it") > 0 || o.rec.asked() > asked
		})
		if i < 5 {
			o.restart()
			waitFor(o.t, "failure after the kill, while "+string(m), func() bool {
				return o.p.said("sending failed")+o.p.said("splitting it") > 0 || m == blackhole && o.rec.asked() > asked+1
			})
		}
		if m == "down" {
			o.rec.set(effectLost)
			o.at.open(o.t)
		}
	}
}

// catchUp lets everything arrive, and kills the sender while it does.
func (o *ordeal) catchUp() {
	o.t.Helper()
	o.rec.set(fine)
	for o.kills < 10 {
		left := o.rec.missing(o.size)
		waitFor(o.t, "some more arrive", func() bool { return o.rec.missing(o.size) < left || left == 0 })
		o.restart()
	}
	waitFor(o.t, "every record arrives", func() bool { return o.rec.missing(o.size) == 0 })
	waitFor(o.t, "cursor at the end", func() bool {
		n, err := o.files.Cursor(o.t.Context(), o.kind)
		return err == nil && n == o.size
	})
}
