package sink_test

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/proto"
)

func (r *receiver) otlp(req *http.Request, body []byte) (events [][]byte) {
	if got := req.Header.Get("Authorization"); got != "Bearer bearer-1" {
		r.fault("Authorization is %q", got)
	}
	if req.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err == nil {
			body, err = io.ReadAll(z)
		}
		if err != nil {
			r.fault("gzip: %v", err)
		}
	}
	var export collogs.ExportLogsServiceRequest
	if err := proto.Unmarshal(body, &export); err != nil {
		r.fault("OTLP: %v", err)
	}
	for _, rl := range export.GetResourceLogs() {
		for _, sl := range rl.GetScopeLogs() {
			for _, rec := range sl.GetLogRecords() {
				if rec.GetTimeUnixNano() != uint64(morning.UnixNano()) {
					r.fault("time is %d", rec.GetTimeUnixNano())
				}
				events = append(events, []byte(rec.GetBody().GetStringValue()))
			}
		}
	}
	return events
}

func (r *receiver) hec(req *http.Request, body []byte) (events [][]byte) {
	if got := req.Header.Get("Authorization"); got != "Splunk "+splunkToken {
		r.fault("Authorization is %q", got)
	}
	if req.Header.Get("X-Splunk-Request-Channel") == "" || req.URL.Path != "/services/collector/event" {
		r.fault("no channel, or path %s", req.URL.Path)
	}
	for dec := json.NewDecoder(bytes.NewReader(body)); dec.More(); {
		var e struct {
			Time  json.Number     `json:"time"`
			Event json.RawMessage `json:"event"`
		}
		if err := dec.Decode(&e); err != nil {
			r.fault("HEC: %v", err)
			return events
		}
		if e.Time != "1777885200.123" {
			r.fault("time is %s", e.Time)
		}
		events = append(events, e.Event)
	}
	return events
}

// webhook verifies as the specification of Standard Webhooks says.
func (r *receiver) webhook(req *http.Request, body []byte) (events [][]byte) {
	id, at := req.Header.Get("webhook-id"), req.Header.Get("webhook-timestamp")
	mac := hmac.New(sha256.New, hookKey)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); id == "" || strings.Contains(id, ".") || req.Header.Get("webhook-signature") != want {
		r.fault("webhook-id %q, webhook-signature %q, want %q", id, req.Header.Get("webhook-signature"), want)
	}
	return bytes.Split(bytes.TrimSuffix(body, []byte("\n")), []byte("\n"))
}

func (r *receiver) answer(w http.ResponseWriter, m mode, ack int64) {
	switch {
	case r.kind == "otlp":
		var resp collogs.ExportLogsServiceResponse
		if m == partial {
			resp.PartialSuccess = &collogs.ExportLogsPartialSuccess{RejectedLogRecords: 1, ErrorMessage: "full"}
		}
		raw, _ := proto.Marshal(&resp)
		w.Header().Set("Content-Type", "application/x-protobuf")
		_, _ = w.Write(raw)
	case r.kind == "hec" && m == partial:
		_, _ = fmt.Fprint(w, `{"text":"Server is busy","code":9}`)
	case r.kind == "hec" && r.acks:
		_, _ = fmt.Fprintf(w, `{"text":"Success","code":0,"ackId":%d}`, ack)
	case r.kind == "hec":
		_, _ = fmt.Fprint(w, `{"text":"Success","code":0}`)
	case m == partial:
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusTooManyRequests)
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

func (r *receiver) answerAcks(w http.ResponseWriter, body []byte, m mode) {
	var asked struct {
		Acks []int64 `json:"acks"`
	}
	_ = json.Unmarshal(body, &asked)
	r.mu.Lock()
	defer r.mu.Unlock()
	acks := map[string]bool{}
	for _, id := range asked.Acks {
		acks[fmt.Sprint(id)] = r.indexed[id] && m == fine
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"acks": acks})
}
