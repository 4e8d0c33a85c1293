package countersign_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"countersign"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// delivery tells a fact without a subject: only its IDs say what it repeats.
func delivery(id, retryOf, deliveryID string) countersign.Event {
	return countersign.Event{ID: id, RetryOf: retryOf, DeliveryID: deliveryID, Kind: "wallet.created"}
}

// about tells a fact with a subject and a date.
func about(id, retryOf, subject string, date time.Time) countersign.Event {
	return countersign.Event{ID: id, RetryOf: retryOf, Kind: countersign.ApprovalPending, Subject: subject, Date: date}
}

func TestEventRoot(t *testing.T) {
	for _, tt := range []struct {
		name  string
		event countersign.Event
		want  string
	}{
		{"a first delivery is its own root", delivery("e1", "", ""), "e1"},
		{"a retry names the one before", delivery("e2", "e1", ""), "e1"},
		{"a delivery ID outlives retries", delivery("e2", "e1", "d1"), "d1"},
		{"nothing has no root", countersign.Event{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.event.Root(); got != tt.want {
				t.Errorf("Root = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSeen(t *testing.T) {
	berlin := time.FixedZone("CEST", 2*60*60)
	for _, tt := range []struct {
		name   string
		events []countersign.Event
		want   []bool // is it news?
	}{
		{"one delivery", []countersign.Event{delivery("e1", "", "")}, []bool{true}},
		{"the same delivery again", []countersign.Event{delivery("e1", "", ""), delivery("e1", "", "")}, []bool{true, false}},
		{"a retry after the first", []countersign.Event{delivery("e1", "", ""), delivery("e2", "e1", "")}, []bool{true, false}},
		{"a retry before the first", []countersign.Event{delivery("e2", "e1", ""), delivery("e1", "", "")}, []bool{true, false}},
		{
			"a chain of retries, each of the one before",
			[]countersign.Event{delivery("e1", "", ""), delivery("e2", "e1", ""), delivery("e3", "e2", ""), delivery("e4", "e3", "")},
			[]bool{true, false, false, false},
		},
		{
			"the same chain backwards",
			[]countersign.Event{delivery("e4", "e3", ""), delivery("e3", "e2", ""), delivery("e2", "e1", ""), delivery("e1", "", "")},
			[]bool{true, false, false, false},
		},
		{
			"retries of the first, the first lost",
			[]countersign.Event{delivery("e3", "e1", ""), delivery("e2", "e1", "")},
			[]bool{true, false},
		},
		{
			"one delivery ID over all attempts",
			[]countersign.Event{delivery("e1", "", "d1"), delivery("e2", "", "d1"), delivery("e3", "", "d2")},
			[]bool{true, false, true},
		},
		{
			"a delivery ID is not an ID",
			[]countersign.Event{delivery("x", "", ""), delivery("e2", "", "x")},
			[]bool{true, true},
		},
		{
			"one fact under IDs that nothing connects",
			[]countersign.Event{about("e1", "", "ap-1", noon), about("e9", "", "ap-1", noon.In(berlin))},
			[]bool{true, false},
		},
		{
			"two facts about one subject",
			[]countersign.Event{about("e1", "", "ap-1", noon), about("e2", "", "ap-1", noon.Add(time.Millisecond))},
			[]bool{true, true},
		},
		{
			"two subjects in one moment",
			[]countersign.Event{about("e1", "", "ap-1", noon), about("e2", "", "ap-2", noon)},
			[]bool{true, true},
		},
		{
			"no date is not a date: two facts stay two",
			[]countersign.Event{about("e1", "", "ap-1", time.Time{}), about("e2", "", "ap-1", time.Time{})},
			[]bool{true, true},
		},
		{
			"deliveries without a name are never taken for one another",
			[]countersign.Event{delivery("", "", ""), delivery("", "", "")},
			[]bool{true, true},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen := countersign.Seen{}
			for i, e := range tt.events {
				if got := seen.Add(e); got != tt.want[i] {
					t.Errorf("delivery %d (%s): news = %t, want %t", i, e.ID, got, tt.want[i])
				}
			}
		})
	}
}

// TestSeenTellsEachFactOnce delivers attempts of several facts, shuffled and with
// duplicates: whatever the sender calls a retry, each fact is news exactly once.
func TestSeenTellsEachFactOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := rapid.IntRange(1, 4).Draw(t, "facts")
		news, wanted := map[string]int{}, map[string]int{}
		var deliveries []countersign.Event
		factOf := map[string]string{}
		for f := range facts {
			name := fmt.Sprintf("fact %d", f)
			wanted[name] = 1
			for _, e := range attempts(t, f) {
				deliveries, factOf[e.ID] = append(deliveries, e), name
			}
		}
		again := rapid.SliceOfN(rapid.SampledFrom(deliveries), 0, 6).Draw(t, "again")
		seen := countersign.Seen{}
		for i, e := range rapid.Permutation(append(deliveries, again...)).Draw(t, "order") {
			if seen.Add(e) {
				news[factOf[e.ID]]++
			}
			if i%2 == 1 { // a workflow that continues as new carries it as JSON
				seen = throughJSON(t, seen)
			}
		}
		if fmt.Sprint(news) != fmt.Sprint(wanted) {
			t.Errorf("news = %v, want %v", news, wanted)
		}
	})
}

// attempts are the deliveries of one fact, by one of the habits of senders.
func attempts(t *rapid.T, fact int) (out []countersign.Event) {
	n := rapid.IntRange(1, 5).Draw(t, "attempts")
	habit := rapid.SampledFrom([]string{"of the previous", "of the first", "delivery ID", "of the first, unnamed"}).Draw(t, "habit")
	id := func(attempt int) string { return fmt.Sprintf("f%d-a%d", fact, attempt) }
	for a := range n {
		e := countersign.Event{ID: id(a), Kind: countersign.ApprovalPending, Attempt: a + 1}
		switch {
		case habit == "delivery ID":
			e.DeliveryID = fmt.Sprintf("d%d", fact)
		case a > 0 && habit == "of the previous":
			e.RetryOf = id(a - 1)
		case a > 0:
			e.RetryOf = id(0)
		}
		if habit == "of the previous" { // links alone cannot join e1 and e3 before e2 is there
			e.Subject, e.Date = fmt.Sprintf("ap-%d", fact), noon
		}
		out = append(out, e)
	}
	return out
}

func throughJSON(t *rapid.T, s countersign.Seen) countersign.Seen {
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var out countersign.Seen
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEventKeysAreStable(t *testing.T) {
	e := about("e2", "e1", "ap-1", noon)
	e.DeliveryID = "d1"
	want := []string{"id:e2", "id:e1", "delivery:d1", "fact:288bd688d759ec716492fa5fd31f1fb4"}
	if got := e.Keys(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("Keys = %q, want %q: they live in workflow histories", got, want)
	}
}
