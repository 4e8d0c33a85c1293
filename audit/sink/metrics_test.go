package sink_test

import (
	"errors"
	"testing"
	"time"

	"countersign/audit/sink"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// collect reads all metrics as name → value of the sink.
func collect(t *testing.T, reader metric.Reader) (map[string]float64, error) {
	t.Helper()
	var rm metricdata.ResourceMetrics
	err := reader.Collect(t.Context(), &rm)
	values := map[string]float64{}
	ofSink := func(set attribute.Set) {
		if v, ok := set.Value("sink"); !ok || v.AsString() != "script" {
			t.Errorf("attributes %v, want sink=script", set.ToSlice())
		}
	}
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Gauge[int64]:
				for _, p := range data.DataPoints {
					ofSink(p.Attributes)
					values[m.Name] = float64(p.Value)
				}
			case metricdata.Gauge[float64]:
				for _, p := range data.DataPoints {
					ofSink(p.Attributes)
					values[m.Name] = p.Value
				}
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					ofSink(p.Attributes)
					values[m.Name] = float64(p.Value)
				}
			}
		}
	}
	return values, err
}

func TestMetricsShowTheLag(t *testing.T) {
	l, c, s := logOf(10), cursors(), &script{}
	down := true
	s.judge = func([]sink.Event) error {
		if down {
			return errors.New("receiver is down")
		}
		return nil
	}
	r := runner(l, c, s)
	r.Now = func() time.Time { return morning.Add(2 * time.Minute) }
	reader := metric.NewManualReader()
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	reg, err := sink.Observe(provider.Meter("test"), r)
	if err != nil {
		t.Fatal(err)
	}
	see := func(want map[string]float64) {
		t.Helper()
		got, err := collect(t, reader)
		if err != nil {
			t.Fatal(err)
		}
		for name, v := range want {
			if got["countersign.sink."+name] != v {
				t.Errorf("countersign.sink.%s = %v, want %v", name, got["countersign.sink."+name], v)
			}
		}
	}
	see(map[string]float64{"lag": 10, "age": 120, "blocked": 0, "sent": 0, "failures": 0})
	until(t, r, "5 failures", func() bool { return s.tries() >= 5 })
	l.grow(24_000)
	see(map[string]float64{"lag": 24_000, "age": 120, "sent": 0})
	if got, _ := collect(t, reader); got["countersign.sink.failures"] < 4 {
		t.Errorf("failures = %v after 5 tries", got["countersign.sink.failures"])
	}
	s.mu.Lock()
	down = false
	s.mu.Unlock()
	r.Batch = 1_000
	until(t, r, "cursor at the end", func() bool { next, _ := c.Cursor(t.Context(), "script"); return next == 24_000 })
	see(map[string]float64{"lag": 0, "age": 0, "sent": 24_000})
	if err := reg.Unregister(); err != nil {
		t.Fatal(err)
	}
}
