// Package telemetry sends the program's own measurements to an OpenTelemetry collector,
// where OpenTelemetry's own variables name one (OTEL_EXPORTER_OTLP_ENDPOINT and those
// beside it). Without them nothing is measured and nothing is sent.
package telemetry

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdk "go.opentelemetry.io/otel/sdk/metric"
)

// Meter measures by the environment, and stop sends what is left. A collector that is
// away costs measurements and nothing else.
func Meter(ctx context.Context, environ map[string]string) (meter metric.Meter, stop func(context.Context) error, err error) {
	if environ["OTEL_EXPORTER_OTLP_ENDPOINT"] == "" && environ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] == "" {
		return noop.Meter{}, func(context.Context) error { return nil }, nil
	}
	exporter, err := otlpmetrichttp.New(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT: %w", err)
	}
	provider := sdk.NewMeterProvider(sdk.WithReader(sdk.NewPeriodicReader(exporter)))
	return provider.Meter("countersign"), provider.Shutdown, nil
}
