package certify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	"countersign"
	"countersign/activities/certify"
	"countersign/audit"
	"countersign/audit/complete"
	"countersign/completeness"

	"go.temporal.io/sdk/testsuite"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// world is a source, the cases and a trail.
type world struct {
	mu       sync.Mutex // several are asked for at once
	happened []string
	odd      []string // what nobody can read, before all else
	broken   error
	early    error
	known    map[string]bool
	refuses  bool
	records  map[string]audit.Draft
}

func (w *world) Name() string                     { return "list" }
func (w *world) Query(completeness.Window) string { return "all" }
func (w *world) Items(context.Context, completeness.Window) iter.Seq2[completeness.Item, error] {
	return func(yield func(completeness.Item, error) bool) {
		for _, raw := range w.odd {
			if !yield(completeness.Item{Unreadable: countersign.Unreadable("approval", []byte(raw), errors.New("odd"))}, nil) {
				return
			}
		}
		for _, id := range w.happened {
			if !yield(completeness.Item{Workflow: id, Event: countersign.Event{Subject: id}}, nil) {
				return
			}
		}
		if w.broken != nil {
			yield(completeness.Item{}, w.broken)
		}
	}
}

func (w *world) Ready(context.Context, completeness.Window) error { return w.early }

func (w *world) Known(_ context.Context, id string) (bool, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.known[id], false, nil
}

func (w *world) Start(_ context.Context, e countersign.Event) error {
	if w.refuses {
		return errors.New("refused")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known[e.Subject] = true
	return nil
}

func (w *world) Find(_ context.Context, key string) (audit.Entry, error) {
	d, ok := w.records[key]
	if !ok {
		return audit.Entry{}, audit.ErrNoRecord
	}
	return entry(d)
}

func (w *world) Append(_ context.Context, d audit.Draft) (audit.Entry, error) {
	for _, after := range append([]audit.Draft{d}, d.After...) {
		if _, stands := w.records[after.Key]; stands && after.Key != d.Key {
			continue // it was told
		}
		w.records[after.Key] = after
	}
	return entry(d)
}

// entry is what a draft becomes.
func entry(d audit.Draft) (audit.Entry, error) {
	return audit.Entry{Index: 7, Record: audit.Record{Type: d.Type, Key: d.Key, Body: encode(d.Body)}}, nil
}

func TestAWindowIsCertifiedOnce(t *testing.T) {
	w := &world{happened: []string{"a", "b", "c"}, known: map[string]bool{"a": true}, records: map[string]audit.Draft{}}
	c := &certify.Completeness{Sources: []completeness.Source{w}, Cases: w, Trail: w, Now: func() time.Time { return noon.Add(3 * time.Hour) }}
	in := certify.CertifyWindowInput{From: noon, To: noon.Add(time.Hour)}
	first, err := c.CertifyWindow(t.Context(), in)
	if err != nil || !first.Complete || first.Expected != 3 || first.Seen != 1 || first.Repaired != 2 || first.Index != 7 {
		t.Errorf("%+v, %v", first, err)
	}
	w.happened = append(w.happened, "d")
	if again, err := c.CertifyWindow(t.Context(), in); err != nil || fmt.Sprint(again) != fmt.Sprint(first) || w.known["d"] {
		t.Errorf("again: %+v, %v", again, err)
	}
	if len(w.records) != 1 {
		t.Errorf("%d records, want the certificate alone", len(w.records))
	}
}

func TestWhatIsNotCompleteIsAnAlarm(t *testing.T) {
	for name, tt := range map[string]*struct {
		world  world
		accept bool
		record bool
	}{
		"what cannot be started":      {world{happened: []string{"a"}, refuses: true}, false, true},
		"a source that is away":       {world{broken: errors.New("away")}, false, false},
		"a source that stays unknown": {world{happened: []string{"a"}, broken: errors.New("away")}, true, true},
	} {
		w := &tt.world
		w.known, w.records = map[string]bool{}, map[string]audit.Draft{}
		c := &certify.Completeness{Sources: []completeness.Source{w}, Cases: w, Trail: w, Now: func() time.Time { return noon.Add(3 * time.Hour) }}
		res, err := c.CertifyWindow(t.Context(), certify.CertifyWindowInput{From: noon, To: noon.Add(time.Hour), Accept: tt.accept})
		if (err == nil) != tt.record || res.Complete {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
		alarms := 0
		for _, d := range w.records {
			if body, ok := d.Body.(audit.Alarm); ok && body.Code == complete.Incomplete && body.What != "" {
				alarms++
			}
		}
		if want := map[bool]int{true: 2}[tt.record]; len(w.records) != want || alarms != want/2 {
			t.Errorf("%s: %d records, %d of them alarms", name, len(w.records), alarms)
		}
	}
}

func TestAWindowThatIsNone(t *testing.T) {
	c := &certify.Completeness{Now: func() time.Time { return noon }}
	if _, err := c.CertifyWindow(t.Context(), certify.CertifyWindowInput{From: noon, To: noon}); err == nil {
		t.Error("an empty window is certified")
	}
}

func encode(body any) json.RawMessage {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return text
}

// While it is too early nothing is started, so that the certificate counts it when it is made.
func TestNothingIsStartedBeforeItsTime(t *testing.T) {
	w := &world{happened: []string{"a"}, known: map[string]bool{}, records: map[string]audit.Draft{}, early: completeness.ErrNotYet}
	c := &certify.Completeness{Sources: []completeness.Source{w}, Cases: w, Trail: w, Now: func() time.Time { return noon.Add(3 * time.Hour) }}
	in := certify.CertifyWindowInput{From: noon, To: noon.Add(time.Hour)}
	if res, err := c.CertifyWindow(t.Context(), in); err == nil || len(w.known)+len(w.records) != 0 {
		t.Errorf("%+v, %v, started %v, %d records", res, err, w.known, len(w.records))
	}
	w.early = nil
	if res, err := c.CertifyWindow(t.Context(), in); err != nil || res.Repaired != 1 {
		t.Errorf("%+v, %v", res, err)
	}
}

// A try that fails after it has started workflows tells the next what those were: in the end they
// are repaired and not seen, whether it was tried again or given up.
func TestWhatAnEarlierTryStartedIsRepaired(t *testing.T) {
	w := &world{happened: []string{"a", "b"}, known: map[string]bool{"a": true}, records: map[string]audit.Draft{}, broken: errors.New("away")}
	c := &certify.Completeness{Sources: []completeness.Source{w, w}, Cases: w, Trail: w, Now: func() time.Time { return noon.Add(3 * time.Hour) }}
	in := certify.CertifyWindowInput{From: noon, To: noon.Add(time.Hour)}
	_, err := c.CertifyWindow(t.Context(), in)
	if in.Earlier = certify.Progress(err); fmt.Sprint(in.Earlier.Repaired) != "[b]" {
		t.Fatalf("%+v after %v, want b repaired", in.Earlier, err)
	}
	w.broken = nil
	again := new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment()
	again.RegisterActivity(c)
	again.SetHeartbeatDetails(in.Earlier)
	in.Earlier = completeness.Progress{} // the heartbeat has it
	got, err := again.ExecuteActivity(c.CertifyWindow, in)
	var res certify.CertifyWindowResult
	if err != nil || got.Get(&res) != nil || res.Expected != 4 || res.Seen != 3 || res.Repaired != 1 {
		t.Errorf("%+v, %v; want it repaired in the first source and seen in the second", res, err)
	}
	w.records = map[string]audit.Draft{}
	in.Earlier = completeness.Progress{Repaired: []string{"b"}}
	if res, err := c.CertifyWindow(t.Context(), in); err != nil || res.Seen != 3 || res.Repaired != 1 {
		t.Errorf("given by the workflow: %+v, %v", res, err)
	}
}

// What cannot be read is named in every certificate that it may be of, and has one alarm of its own;
// it keeps nothing else from being found, and no window from its certificate.
func TestWhatCannotBeReadIsCertifiedAsThat(t *testing.T) {
	w := &world{happened: []string{"a"}, odd: []string{`{"id":"ap-9","status":7}`, `{"id":"ap-9","status":7}`, `7`}, known: map[string]bool{}, records: map[string]audit.Draft{}}
	c := &certify.Completeness{Sources: []completeness.Source{w}, Cases: w, Trail: w, Now: func() time.Time { return noon.Add(3 * time.Hour) }}
	for i := range 2 {
		from := noon.Add(time.Duration(i) * time.Hour)
		res, err := c.CertifyWindow(t.Context(), certify.CertifyWindowInput{From: from, To: from.Add(time.Hour)})
		if err != nil || res.Complete || res.Unreadable != 2 || res.Expected != 1 || res.Missing != 0 {
			t.Errorf("%+v, %v, want the one that can be read, and two that cannot", res, err)
		}
		d := w.records[complete.Key(from, from.Add(time.Hour))]
		body, ok := d.Body.(complete.Certificate)
		if !ok || len(body.Sources) != 1 || len(body.Sources[0].UnreadableItems) != 2 || body.Sources[0].UnreadableItems[0] != "approval/ap-9: odd" {
			t.Errorf("%+v, want ap-9 named", d.Body)
		}
	}
	if !w.known["a"] || len(w.records) != 4 {
		t.Errorf("%d records, want two certificates and two alarms", len(w.records))
	}
	d := w.records["alarm/custodian_unreadable/approval/ap-9"]
	a, ok := d.Body.(audit.Alarm)
	if !ok || a.Code != complete.Unreadable || a.ApprovalID != "ap-9" || len(d.Evidence) != 1 || string(d.Evidence[0]) != w.odd[0] {
		t.Errorf("%+v, want an alarm about ap-9 with what came", d)
	}
}
