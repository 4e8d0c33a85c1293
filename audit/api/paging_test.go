package api_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"countersign/audit"
)

// Teleport #7635: a pager returned 2.7 of 5 thousand events. Here every index comes once,
// in order, while others append.
func TestPagingIsCompleteWhileRecordsAreAppended(t *testing.T) {
	d := newDesk(t)
	d.signIn("all")
	n := 5000
	if raceDetector {
		n = 1000
	}
	done := d.appending(n)
	lists := map[string]int64{"/v1/records?limit=100": -1, "/v1/decisions?wallet=wa-1&limit=100": -1}
	seen := map[string][]item{}
	for last := false; ; {
		select {
		case <-done:
			last = true // one more walk to the end
		default:
		}
		for list, after := range lists {
			for more := true; more; {
				p := pageOf(t, d.plain("all", fmt.Sprintf("%s&after_seq=%d", list, after)))
				seen[list] = append(seen[list], p.Items...)
				after, more = p.Next, p.More
			}
			lists[list] = after
		}
		if last {
			break
		}
	}
	all := seen["/v1/records?limit=100"]
	for i, e := range all {
		if e.Index != int64(i) {
			t.Fatalf("place %d of the pages has index %d", i, e.Index)
		}
	}
	if len(all) < n || int64(len(all)) != d.size() {
		t.Errorf("%d records came, the log has %d", len(all), d.size())
	}
	some := indexes(seen["/v1/decisions?wallet=wa-1&limit=100"])
	if !slices.IsSorted(some) || len(slices.Compact(some)) != (n+1)/3 {
		t.Errorf("%d decisions of wa-1 came, want %d, each once", len(some), (n+1)/3)
	}
}

// appending appends n decisions of three wallets, and says when it has.
func (d *desk) appending(n int) <-chan struct{} {
	var writers sync.WaitGroup
	for g := range 16 {
		writers.Go(func() {
			for i := g; i < n; i += 16 {
				if _, err := d.trail.Append(d.tb.Context(), intent(i, fmt.Sprint("wa-", i%3))); err != nil {
					d.tb.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	return done
}

func TestAPageOfLargeRecordsEndsEarly(t *testing.T) {
	d := newDesk(t)
	d.signIn("decisions")
	d.many(150, one, func(in *audit.Intent) { in.Words = []string{strings.Repeat("w", 40_000)} })
	first := d.plain("decisions", "/v1/decisions?limit=1000")
	p := pageOf(t, first)
	if !p.More || len(p.Items) == 0 || first.Body.Len() > 5<<20 {
		t.Fatalf("%d items in %d bytes, more %v", len(p.Items), first.Body.Len(), p.More)
	}
	all := p.Items
	for pages := 0; p.More && pages < 150; pages++ {
		p = pageOf(t, d.plain("decisions", fmt.Sprintf("/v1/decisions?limit=1000&after_seq=%d", p.Next)))
		all = append(all, p.Items...)
	}
	if len(all) != 150 {
		t.Errorf("%d came, want 150", len(all))
	}
}

func TestLongPoll(t *testing.T) {
	d := newDesk(t)
	d.signIn("all")
	after := d.size() - 1
	target := fmt.Sprintf("/v1/decisions?wallet=wa-1&after_seq=%d&wait=60s", after)
	answers := make(chan *httptest.ResponseRecorder, 4)
	for range cap(answers) {
		go func() { answers <- d.get("all", target) }()
	}
	d.decided(0, "wa-2") // not what they wait for
	want := d.decided(1, "wa-1")
	for range cap(answers) {
		if p := pageOf(t, <-answers); !slices.Equal(indexes(p.Items), []int64{want.Index}) || p.Next != want.Index {
			t.Errorf("%+v, want record %d", p, want.Index)
		}
	}
	p := pageOf(t, d.get("all", fmt.Sprintf("/v1/decisions?wallet=wa-1&after_seq=%d&wait=1ms", want.Index)))
	if len(p.Items) != 0 || p.More || p.Next != want.Index {
		t.Errorf("after nothing has come: %+v", p)
	}
	if p := pageOf(t, d.get("all", "/v1/records?after_seq=1000000&wait=1ms")); len(p.Items) != 0 || p.Next != 1000000 {
		t.Errorf("beyond the log: %+v", p)
	}
	if p := pageOf(t, d.get("all", "/v1/records?"+url.Values{"after_seq": {"-1"}, "wait": {"60s"}}.Encode())); len(p.Items) == 0 {
		t.Error("with records there, it waited for more")
	}
}
