package sink

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// An otlpSender posts to an OpenTelemetry collector, OTLP/HTTP logs in protobuf: one log
// record per event, its body the OCSF JSON.
type otlpSender struct {
	config Config
	post   *poster
}

// Name implements [Sender].
func (s *otlpSender) Name() string { return s.config.Name }

// Send implements [Sender]. The collector has acknowledged a batch when it answers 2xx and
// rejects none of its records. What it does with them then is up to its queue.
func (s *otlpSender) Send(ctx context.Context, batch []Event) error {
	body, err := proto.Marshal(exportRequest(batch))
	if err != nil {
		return fmt.Errorf("encode OTLP: %w", err)
	}
	header := http.Header{"Content-Type": {protobufType}}
	if !s.config.Plain {
		if body, err = zip(body); err != nil {
			return fmt.Errorf("compress OTLP: %w", err)
		}
		header.Set("Content-Encoding", "gzip")
	}
	bearer, err := readSecret(s.config.TokenFile, token)
	if err != nil {
		return err
	}
	for _, t := range bearer {
		header.Set("Authorization", "Bearer "+t)
	}
	got, err := s.post.do(ctx, s.post.url, header, body)
	if err != nil {
		return err
	}
	return acknowledged(got)
}

const protobufType, jsonType = "application/x-protobuf", "application/json"

// acknowledged reads a collector's answer. An empty one rejects nothing; one that is not
// OTLP comes from something else than a collector.
func acknowledged(got answer) error {
	var resp collogs.ExportLogsServiceResponse
	var err error
	switch {
	case len(got.body) == 0:
		return nil
	case got.kind == protobufType:
		err = proto.Unmarshal(got.body, &resp)
	case got.kind == jsonType:
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(got.body, &resp)
	default:
		return fmt.Errorf("answer of type %.60q, want %s: is this a collector?", got.kind, protobufType)
	}
	if err != nil {
		return fmt.Errorf("answer is not OTLP: %w", err)
	}
	// The protocol calls rejected records lost. Ours never are: the batch is split until
	// the one that is rejected stands alone.
	if p := resp.GetPartialSuccess(); p.GetRejectedLogRecords() != 0 {
		return &Refusal{Status: http.StatusOK, Said: fmt.Sprintf("%d records rejected: %s", p.GetRejectedLogRecords(), clip([]byte(p.GetErrorMessage())))}
	}
	return nil
}

func exportRequest(batch []Event) *collogs.ExportLogsServiceRequest {
	records := make([]*logs.LogRecord, len(batch))
	for i, e := range batch {
		number, text := level(e.Severity)
		at := uint64(max(e.At.UnixNano(), 0)) //nolint:gosec // not negative
		records[i] = &logs.LogRecord{
			TimeUnixNano: at, ObservedTimeUnixNano: at, SeverityNumber: number, SeverityText: text,
			EventName: "countersign.audit",
			Body:      value(string(e.JSON)),
			Attributes: []*common.KeyValue{
				{Key: "event.id", Value: value(e.ID)},
				{Key: "event.sequence", Value: &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: e.Index}}},
				{Key: "event.action", Value: value(string(e.Type))},
				{Key: "user.id", Value: value(e.Subject)},
			},
		}
	}
	return &collogs.ExportLogsServiceRequest{ResourceLogs: []*logs.ResourceLogs{{
		Resource:  &resource.Resource{Attributes: []*common.KeyValue{{Key: "service.name", Value: value("countersign")}}},
		ScopeLogs: []*logs.ScopeLogs{{Scope: &common.InstrumentationScope{Name: "countersign/audit/sink"}, LogRecords: records}},
	}}}
}

// level is OCSF's severity in OTLP's words.
func level(severity int) (logs.SeverityNumber, string) {
	switch severity {
	case 2:
		return logs.SeverityNumber_SEVERITY_NUMBER_INFO2, "INFO2"
	case 3:
		return logs.SeverityNumber_SEVERITY_NUMBER_WARN, "WARN"
	case 4:
		return logs.SeverityNumber_SEVERITY_NUMBER_ERROR, "ERROR"
	case 5, 6:
		return logs.SeverityNumber_SEVERITY_NUMBER_FATAL, "FATAL"
	}
	return logs.SeverityNumber_SEVERITY_NUMBER_INFO, "INFO"
}

func value(s string) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: s}}
}

func zip(body []byte) ([]byte, error) {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
