package sink

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A webhookSender posts to any HTTP server, signed as Standard Webhooks demand. Any 2xx
// acknowledges the batch.
type webhookSender struct {
	config Config
	post   *poster
	now    func() time.Time
}

// Name implements [Sender].
func (s *webhookSender) Name() string { return s.config.Name }

// Send implements [Sender]. The same batch has the same webhook-id however often it is
// sent; the timestamp and so the signature are of the moment.
func (s *webhookSender) Send(ctx context.Context, batch []Event) error {
	keys, err := readSecret(s.config.SecretFile, secrets)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return fmt.Errorf("%w: setting secret-file= is missing", ErrConfig)
	}
	body, kind := s.body(batch)
	digest := sha256.Sum256(body)
	id := "msg_" + hex.EncodeToString(digest[:16])
	at := strconv.FormatInt(s.now().Unix(), 10)
	_, err = s.post.do(ctx, s.post.url, http.Header{
		"Content-Type":      {kind},
		"Webhook-Id":        {id},
		"Webhook-Timestamp": {at},
		"Webhook-Signature": {signatures(keys, id+"."+at+".", body)},
	}, body)
	return err
}

func (s *webhookSender) body(batch []Event) (body []byte, mediaType string) {
	lines := make([][]byte, len(batch))
	for i, e := range batch {
		lines[i] = e.JSON
	}
	if s.config.Format == "array" {
		return wrapped("[", bytes.Join(lines, []byte(",")), "]\n"), jsonType
	}
	return wrapped("", bytes.Join(lines, []byte("\n")), "\n"), "application/x-ndjson"
}

func wrapped(before string, middle []byte, after string) []byte {
	return append(append([]byte(before), middle...), after...)
}

// signatures has one for each key, so that a receiver knows one of them while keys are
// being replaced.
func signatures(keys []string, prefix string, body []byte) string {
	all := make([]string, len(keys))
	for i, key := range keys {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(prefix))
		mac.Write(body)
		all[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(all, " ")
}
