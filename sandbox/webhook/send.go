package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/fault"
)

// SignatureHeader carries "sha256=" and the hex HMAC-SHA256 of the body as
// sent, keyed with the webhook's secret as it is.
const SignatureHeader = "X-DFNS-WEBHOOK-SIGNATURE"

// pageHeader is what DFNS's page on workflows calls it.
const pageHeader = "X-Dfns-Signature"

// envelope is the body of a delivery (OpenAPI WebhookEnvelopeBase).
type envelope struct {
	ID              string          `json:"id"`
	Kind            string          `json:"kind"`
	Date            dfns.Time       `json:"date"`
	TimestampSent   int64           `json:"timestampSent"`
	DeliveryAttempt int             `json:"deliveryAttempt"`
	RetryOf         string          `json:"retryOf,omitempty"`
	DeliveryID      string          `json:"deliveryId,omitempty"` // only with SeedNames: the first attempt
	Data            json.RawMessage `json:"data"`
}

// errNoAnswer is the stored status of an attempt that got no HTTP answer.
const errNoAnswer = "connection_error"

// parcel is a delivery as it goes over the wire.
type parcel struct {
	body      []byte
	signature string
}

// pack signs e with the webhook's secret.
func pack(hook Webhook, e envelope) (parcel, error) {
	body, err := dfns.Compact(e)
	if err != nil {
		return parcel{}, err
	}
	mac := hmac.New(sha256.New, []byte(hook.Secret))
	mac.Write(body)
	return parcel{body, "sha256=" + hex.EncodeToString(mac.Sum(nil))}, nil
}

// send posts e to the webhook, with the fault that it meets, and returns the
// receiver's status, or why there was none. Only the status "200" is success.
func (d *Deliverer) send(ctx context.Context, hook Webhook, e envelope, hit fault.Hit) (status, problem string) {
	p, err := pack(hook, e)
	if err != nil {
		return errNoAnswer, err.Error()
	}
	switch hit.Kind {
	case fault.Drop:
		if hit.Silent {
			return "200", ""
		}
		return errNoAnswer, "fault: dropped"
	case fault.Corrupt:
		p.spoil(hit)
	}
	status, problem = d.post(ctx, hook.URL, p)
	for range hit.Copies {
		_, _ = d.post(ctx, hook.URL, p) // what becomes of a duplicate changes nothing
	}
	return status, problem
}

// post sends p once.
func (d *Deliverer) post(ctx context.Context, url string, p parcel) (status, problem string) {
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(p.body))
	if err != nil {
		return errNoAnswer, err.Error()
	}
	req.Header.Set(SignatureHeader, p.signature)
	if d.Registry.SeedNames {
		req.Header.Set(pageHeader, p.signature)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "countersign-sandbox")
	resp, err := d.client.Do(req)
	if err != nil {
		return errNoAnswer, err.Error()
	}
	defer resp.Body.Close() //nolint:errcheck // the answer's body does not matter
	// Reading a little keeps the connection usable; the content is ignored.
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
	if resp.StatusCode != http.StatusOK {
		return strconv.Itoa(resp.StatusCode), fmt.Sprintf("receiver answered %d, only 200 counts", resp.StatusCode)
	}
	return "200", ""
}

// Ping sends a test event of kind "ping" and returns the status it got. The
// event is not recorded, the caller's signed action is, before it is sent. DFNS
// documents neither the kind nor the data of its test event.
func (d *Deliverer) Ping(ctx context.Context, caller auth.Caller, id string) (PingResult, error) {
	hook, err := d.Registry.secret(id)
	if err != nil {
		return PingResult{}, err
	}
	data, err := dfns.Compact(map[string]string{"webhookId": hook.ID})
	if err != nil {
		return PingResult{}, err
	}
	if err := d.Registry.DB.Update(caller.Log); err != nil {
		return PingResult{}, err
	}
	now := d.Registry.Now()
	status, problem := d.send(ctx, hook, envelope{ID: dfns.NewID("whe"), Kind: "ping", Date: dfns.At(now),
		TimestampSent: now.Unix(), DeliveryAttempt: 1, Data: data}, fault.Hit{})
	return PingResult{Status: status, Error: problem}, nil
}

// PingResult is the answer to POST /webhooks/:id/ping.
type PingResult struct {
	Status string `json:"status"`
	Error  string `json:"error,omitempty"`
}
