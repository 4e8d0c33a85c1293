package sink

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// A hecSender posts to Splunk's HTTP Event Collector.
//
// Its 200 alone says that the event was received, not that it is on disk. Where indexer
// acknowledgement is on for the token, the answer has an ackId, and the batch is
// acknowledged once the indexer says so. Where it is off, and ack=required was not asked
// for, 200 has to do.
type hecSender struct {
	config  Config
	post    *poster
	channel string
	// every is the pause between two questions to the indexer.
	every time.Duration
}

func newHEC(c Config, p *poster) *hecSender {
	return &hecSender{config: c, post: p, channel: uuid.NewString(), every: 250 * time.Millisecond}
}

// Name implements [Sender].
func (s *hecSender) Name() string { return s.config.Name }

// Send implements [Sender].
func (s *hecSender) Send(ctx context.Context, batch []Event) error {
	body, err := s.envelopes(batch)
	if err != nil {
		return err
	}
	got, err := s.ask(ctx, s.post.url, body)
	if err != nil {
		return err
	}
	var said struct {
		Text  string `json:"text"`
		Code  *int   `json:"code"`
		AckID *int64 `json:"ackId"`
	}
	if err := json.Unmarshal(got.body, &said); err != nil || said.Code == nil {
		return fmt.Errorf("answer is not that of an event collector: %s", clip(got.body))
	}
	switch {
	case *said.Code != 0:
		return &Busy{Status: http.StatusOK, Said: fmt.Sprintf("code %d: %s", *said.Code, clip([]byte(said.Text)))}
	case said.AckID != nil:
		return s.indexed(ctx, *said.AckID)
	case s.config.Ack == "required":
		return errors.New("event collector sends no ackId: turn on indexer acknowledgement for the token, or leave out ack=required")
	}
	return nil
}

// envelopes are the events as HEC wants them, one after the other.
func (s *hecSender) envelopes(batch []Event) ([]byte, error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	kind := s.config.SourceType
	if kind == "" {
		kind = "countersign:ocsf"
	}
	for _, e := range batch {
		ms := max(e.At.UnixMilli(), 0)
		err := enc.Encode(struct {
			Time       json.Number       `json:"time"`
			Source     string            `json:"source"`
			SourceType string            `json:"sourcetype"`
			Index      string            `json:"index,omitempty"`
			Event      json.RawMessage   `json:"event"`
			Fields     map[string]string `json:"fields"`
		}{
			json.Number(fmt.Sprintf("%d.%03d", ms/1000, ms%1000)), "countersign", kind, s.config.Index, e.JSON,
			map[string]string{"record_id": e.ID, "log_index": strconv.FormatInt(e.Index, 10)},
		})
		if err != nil {
			return nil, fmt.Errorf("encode record %d for HEC: %w", e.Index, err)
		}
	}
	return body.Bytes(), nil
}

// indexed asks until the indexer has the batch on disk.
func (s *hecSender) indexed(ctx context.Context, id int64) error {
	ctx, cancel := context.WithTimeoutCause(ctx, orDefault(s.config.AckTimeout, 5*time.Minute), errNotIndexed)
	defer cancel()
	key := strconv.FormatInt(id, 10)
	url := strings.TrimSuffix(s.post.url, "/event") + "/ack?channel=" + s.channel
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	for {
		done, err := s.indexedNow(ctx, url, key)
		var busy *Busy
		switch {
		case done:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("ackId %s: %w", key, context.Cause(ctx))
		case errors.As(err, &busy) && busy.Status != http.StatusServiceUnavailable && busy.Status != http.StatusTooManyRequests:
			return err // the receiver was replaced, or the token: it will never know the ackId
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

var errNotIndexed = errors.New("not indexed in time: sending it again")

func (s *hecSender) indexedNow(ctx context.Context, url, key string) (bool, error) {
	got, err := s.ask(ctx, url, []byte(`{"acks":[`+key+`]}`))
	if err != nil {
		return false, err
	}
	var said struct {
		Acks map[string]bool `json:"acks"`
	}
	if err := json.Unmarshal(got.body, &said); err != nil {
		return false, fmt.Errorf("answer about an ackId: %s", clip(got.body))
	}
	return said.Acks[key], nil
}

func (s *hecSender) ask(ctx context.Context, url string, body []byte) (answer, error) {
	tokens, err := readSecret(s.config.TokenFile, token)
	if err != nil {
		return answer{}, err
	}
	if len(tokens) != 1 {
		return answer{}, fmt.Errorf("%w: setting token-file= is missing", ErrConfig)
	}
	return s.post.do(ctx, url, http.Header{
		"Content-Type":             {jsonType},
		"Authorization":            {"Splunk " + tokens[0]},
		"X-Splunk-Request-Channel": {s.channel},
	}, body)
}
