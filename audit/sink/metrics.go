package sink

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Observe reports how sinks stand, with the attribute sink:
//
//   - countersign.sink.lag: records in the log that the receiver has not acknowledged;
//   - countersign.sink.age: seconds that the oldest of them has waited;
//   - countersign.sink.blocked: 1 while the receiver refuses one record alone;
//   - countersign.sink.sent and countersign.sink.failures, since the program started.
//
// Unregister ends it.
func Observe(meter metric.Meter, runners ...*Runner) (metric.Registration, error) {
	var errs []error
	gauge := func(name, unit, about string) metric.Int64ObservableGauge {
		g, err := meter.Int64ObservableGauge("countersign.sink."+name, metric.WithUnit(unit), metric.WithDescription(about))
		errs = append(errs, err)
		return g
	}
	counter := func(name, unit, about string) metric.Int64ObservableCounter {
		c, err := meter.Int64ObservableCounter("countersign.sink."+name, metric.WithUnit(unit), metric.WithDescription(about))
		errs = append(errs, err)
		return c
	}
	lag := gauge("lag", "{record}", "Records that the receiver has not acknowledged.")
	blocked := gauge("blocked", "1", "1 while the receiver refuses one record alone.")
	sent := counter("sent", "{record}", "Records acknowledged.")
	failures := counter("failures", "{failure}", "Failures to send.")
	age, err := meter.Float64ObservableGauge("countersign.sink.age", metric.WithUnit("s"), metric.WithDescription("How long the oldest unacknowledged record has waited."))
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, fmt.Errorf("metrics of sinks: %w", err)
	}
	return meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		var errs []error
		for _, r := range runners {
			s, err := r.Status(ctx)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			name := metric.WithAttributes(attribute.String("sink", r.Sender.Name()))
			o.ObserveInt64(lag, s.Lag, name)
			o.ObserveFloat64(age, s.Oldest.Seconds(), name)
			o.ObserveInt64(blocked, map[bool]int64{true: 1}[s.Blocked], name)
			o.ObserveInt64(sent, s.Sent, name)
			o.ObserveInt64(failures, s.Failures, name)
		}
		return errors.Join(errs...)
	}, lag, blocked, age, sent, failures)
}
