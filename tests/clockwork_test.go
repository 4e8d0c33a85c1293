package tests

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"countersign/cmd/countersign/stack"
	"countersign/schedules"
	"countersign/schedules/keeper"
	"countersign/worker"
	"countersign/workflows"

	"go.temporal.io/sdk/client"
)

// clockwork is Temporal alone, on a database that outlives it, and a keeper whose records
// are kept here.
type clockwork struct {
	*keeper.Keeper
	t       *testing.T
	stack   *stack.Stack
	records []keeper.Change
	refuse  error // what the trail says to the next records
}

func newClockwork(t *testing.T) *clockwork {
	t.Helper()
	s := &stack.Stack{Config: stack.Config{
		Dir: t.TempDir(), Temporal: program(t, "temporal"), TemporalAddr: freeAddress(t), UIAddr: freeAddress(t), Log: slog.New(slog.DiscardHandler),
	}}
	if err := s.StartTemporal(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			showLogs(t, s.Dir)
		}
		s.Stop()
	})
	c, err := worker.Dial(t.Context(), slog.New(slog.DiscardHandler), map[string]string{"TEMPORAL_ADDRESS": s.TemporalAddr, "TEMPORAL_NAMESPACE": stack.Namespace})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	w := &clockwork{t: t, stack: s}
	w.Keeper = &keeper.Keeper{Client: c.Client, Namespace: c.Namespace, TaskQueue: workflows.TaskQueue, Now: time.Now, Record: w.record}
	return w
}

func (w *clockwork) record(_ context.Context, c keeper.Change) error {
	if w.refuse == nil {
		w.records = append(w.records, c)
	}
	return w.refuse
}

// kinds are what was recorded, and forgets it.
func (w *clockwork) kinds() string {
	var out []string
	for _, c := range w.records {
		out = append(out, c.ID+" "+string(c.Kind))
	}
	w.records = nil
	return strings.Join(out, ", ")
}

// freeAddress is free now, below the ports of outgoing connections.
func freeAddress(t *testing.T) string {
	t.Helper()
	for port := 12_000 + int(time.Now().UnixNano()%7_000); port < 20_000; port++ {
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no free port")
	return ""
}

func (w *clockwork) apply(source keeper.Source, plans []schedules.Plan) {
	w.t.Helper()
	if _, err := w.Apply(w.t.Context(), plans, source); err != nil {
		w.t.Fatal(err)
	}
}

func (w *clockwork) describe(id string) *client.ScheduleDescription {
	w.t.Helper()
	d, err := w.Client.ScheduleClient().GetHandle(w.t.Context(), id).Describe(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func plans(t *testing.T, f schedules.File) []schedules.Plan {
	t.Helper()
	out, err := f.Plans()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func own(t *testing.T, every schedules.Intervals) []schedules.Plan {
	t.Helper()
	out, err := schedules.Plans(schedules.Own(every))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// times are the server's own for one schedule.
func (w *clockwork) times(id string, from, until time.Time) []time.Time {
	w.t.Helper()
	out, err := w.Matching(w.t.Context(), id, from, until)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}
