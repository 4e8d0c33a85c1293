package completeness_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign"
	"countersign/audit/complete"
	"countersign/completeness"
)

// open is a source whose IDs say after a "=" what the custodian calls them.
type open []string

func (o open) Name() string                     { return "open" }
func (o open) Query(completeness.Window) string { return "all" }
func (o open) Items(context.Context, completeness.Window) iter.Seq2[completeness.Item, error] {
	return func(yield func(completeness.Item, error) bool) {
		for _, text := range o {
			id, status, _ := strings.Cut(text, "=")
			it := completeness.Item{Workflow: id, Event: countersign.Event{Subject: id}, Open: status, Stray: strings.HasPrefix(id, "stray")}
			if !yield(it, nil) {
				return
			}
		}
	}
}

// ends are workflows by how they have ended; "" is one that runs.
type ends map[string]string

// atOnce guards them: several are asked for at once.
var atOnce sync.Mutex

func (e ends) Known(_ context.Context, id string) (bool, bool, error) {
	atOnce.Lock()
	defer atOnce.Unlock()
	_, there := e[id]
	return there, false, nil
}

func (e ends) Start(_ context.Context, event countersign.Event) error {
	atOnce.Lock()
	defer atOnce.Unlock()
	e[event.Subject] = ""
	return nil
}

func (e ends) Ended(_ context.Context, id string) (string, error) {
	if id == "?" {
		return "", errors.New("Temporal is away")
	}
	return e[id], nil
}

func TestWhatIsOpenThereAndEndedHereIsADoubt(t *testing.T) {
	for _, tt := range []struct {
		name  string
		open  open
		ends  ends
		want  string
		fails bool
	}{
		{"running", open{"a=pending"}, ends{"a": ""}, "1=1+0", false},
		{"missing", open{"a=pending", "b"}, ends{}, "2=0+2", false},
		{"terminated", open{"a=pending"}, ends{"a": "Terminated"}, "1=1+0 case_ended_early a Terminated", false},
		{"failed, though it was sent", open{"a=broadcasted"}, ends{"a": "Failed"}, "1=1+0 case_ended_early a Failed", false},
		{"settled before the custodian says so", open{"a=broadcasted"}, ends{"a": "Completed"}, "1=1+0", false},
		{"ended before it was sent", open{"a=executing"}, ends{"a": "Completed"}, "1=1+0 case_ended_early a Completed", false},
		{"ended there, too", open{"a"}, ends{"a": "Completed"}, "1=1+0", false},
		{"twice in the lists", open{"a=pending", "a=pending"}, ends{"a": "TimedOut"}, "1=1+0 case_ended_early a TimedOut", false},
		{"a kind that nobody knows", open{"stray"}, ends{}, "1=0+1 delivery_unknown stray ", false},
		{"Temporal is away", open{"?=pending"}, ends{"?": ""}, "", true},
	} {
		w := completeness.Window{From: noon, To: noon.Add(time.Hour)}
		counts, doubts, err := completeness.Reconcile(t.Context(), w, []completeness.Source{tt.open}, tt.ends, func(int) {})
		if tt.fails {
			if err == nil {
				t.Errorf("%s: no error", tt.name)
			}
			continue
		}
		if err != nil || len(counts) != 1 {
			t.Errorf("%s: %+v, %v", tt.name, counts, err)
			continue
		}
		got := fmt.Sprintf("%d=%d+%d", counts[0].Expected, counts[0].Seen, counts[0].Repaired)
		for _, d := range doubts {
			got += fmt.Sprintf(" %s %s %s", d.Code, d.Workflow, d.How)
			if d.Code != complete.UnknownDelivery && d.Code != complete.EndedEarly {
				t.Errorf("%s: code %s", tt.name, d.Code)
			}
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
