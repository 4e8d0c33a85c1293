package telemetry_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"countersign/telemetry"

	"go.opentelemetry.io/otel/metric"
)

func TestMeasurementsReachTheCollectorThatTheEnvironmentNames(t *testing.T) {
	got := make(chan string, 8)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.URL.Path }))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	meter, stop, err := telemetry.Meter(t.Context(), map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := meter.Int64ObservableGauge("one", metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(1)
		return nil
	})); err != nil {
		t.Fatal(err)
	}
	if err := stop(t.Context()); err != nil { // it sends what there is
		t.Fatal(err)
	}
	select {
	case path := <-got:
		if path != "/v1/metrics" {
			t.Errorf("sent to %s", path)
		}
	case <-time.After(time.Minute):
		t.Error("nothing was sent")
	}
}

func TestWithoutACollectorNothingIsMeasured(t *testing.T) {
	meter, stop, err := telemetry.Meter(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	asked := false
	if _, err := meter.Int64ObservableGauge("one", metric.WithInt64Callback(func(context.Context, metric.Int64Observer) error {
		asked = true
		return nil
	})); err != nil {
		t.Fatal(err)
	}
	if err := stop(t.Context()); err != nil || asked {
		t.Errorf("stop: %v, asked: %t", err, asked)
	}
}
