package doctor

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

// unreachable takes no connections: the name is reserved for that.
const unreachable = "https://doctor.invalid/hook"

// skew is how old a delivery may be; it is the number in DFNS's samples.
const skew = 300 * time.Second

func webhookChecks() []Check {
	hook := func(change body) body {
		b := body{"url": unreachable, "events": []string{"key.created"}, "status": "Disabled"}
		for name, value := range change {
			b[name] = value
		}
		return b
	}
	return []Check{
		{Name: "webhook.create", Expected: "a webhook shows its secret when it is made and never again; DELETE answers {deleted:true}", run: func(p *probe) error {
			return webhookLife(p, hook(nil))
		}},
		{Name: "webhook.kinds", Expected: "an event kind that is not in the enum, such as wallets.transfer.confirmed, is 400",
			run: badBody("/webhooks", hook(body{"events": []string{"wallets.transfer.confirmed"}}))},
		{Name: "webhook.strict", Expected: "a webhook with an unknown member is 400", run: badBody("/webhooks", hook(body{"name": "doctor"}))},
		{Name: "webhook.signature", Expected: "a delivery carries X-DFNS-WEBHOOK-SIGNATURE: sha256=, the HMAC of its bytes by the secret", run: func(p *probe) error {
			d, err := p.delivered()
			if err != nil {
				return err
			}
			return d.signed()
		}},
		{Name: "webhook.envelope", Expected: "a delivery has id, kind, date, timestampSent, deliveryAttempt 1 and data, and no deliveryId", run: func(p *probe) error {
			d, err := p.delivered()
			if err != nil {
				return err
			}
			return d.enveloped()
		}},
	}
}

func webhookLife(p *probe, b body) error {
	v, err := p.makes(http.MethodPost, "/webhooks", b)
	if err != nil {
		return err
	}
	if err := has(v, "id string", "url string", "events array", "status string", "dateCreated date", "dateUpdated date", "secret string"); err != nil {
		return err
	}
	path := "/webhooks/" + v["id"].(string)
	p.later(http.MethodDelete, path)
	got, err := p.reads(path)
	if err := errors.Join(err, hasNot(got, "secret"), equal(got, "status", "Disabled")); err != nil {
		return err
	}
	gone, err := p.makes(http.MethodDelete, path, body{})
	if err := errors.Join(err, equal(gone, "deleted", true)); err != nil {
		return err
	}
	p.made = nil
	return notFound(path)(p)
}

// delivery is what a webhook brought.
type delivery struct {
	header http.Header
	text   []byte
	secret string
}

// delivered makes a webhook that posts to us, and then a wallet. It can only be asked of a
// platform on this machine: no other reaches us.
func (p *probe) delivered() (delivery, error) {
	base, err := url.Parse(p.Client.Base)
	if err != nil {
		return delivery{}, err
	}
	if ip := net.ParseIP(base.Hostname()); base.Hostname() != "localhost" && !ip.IsLoopback() {
		return delivery{}, skipped("deliveries are received on this machine's loopback, which the platform does not reach")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return delivery{}, err
	}
	arrived := make(chan delivery, 1)
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		select {
		case arrived <- delivery{header: r.Header, text: text}:
		default: // another one; the first is enough
		}
		_ = err // a body that was cut off does not verify
	})}
	go func() { _ = server.Serve(listener) }() // it ends when it is closed
	defer server.Close()
	v, err := p.makes(http.MethodPost, "/webhooks", body{"url": "http://" + listener.Addr().String(), "events": []string{"wallet.created"}})
	if err := errors.Join(err, has(v, "id string", "secret string")); err != nil {
		return delivery{}, err
	}
	p.later(http.MethodDelete, "/webhooks/"+v["id"].(string))
	if _, err := p.newWallet(); err != nil {
		return delivery{}, err
	}
	select {
	case d := <-arrived:
		d.secret = v["secret"].(string)
		return d, nil
	case <-p.ctx.Done():
		return delivery{}, errors.New("no delivery came")
	}
}

func (d delivery) signed() error {
	mac := hmac.New(sha256.New, []byte(d.secret))
	mac.Write(d.text)
	want := "sha256=" + hex.EncodeToString(mac.Sum(nil))
	if got := d.header.Get("X-DFNS-WEBHOOK-SIGNATURE"); got != want {
		return fmt.Errorf("the header is %q, want %q for %s", got, want, short(d.text))
	}
	return nil
}

var eventID = regexp.MustCompile(`^whe-[a-z0-9]{5}-[a-z0-9]{5}-[a-z0-9]{14,16}$`)

func (d delivery) enveloped() error {
	var v map[string]any
	if err := json.Unmarshal(d.text, &v); err != nil {
		return fmt.Errorf("the body is not a JSON object: %s", short(d.text))
	}
	if err := errors.Join(has(v, "id string", "date date", "timestampSent number", "data.wallet object"), hasNot(v, "deliveryId", "retryOf"),
		equal(v, "kind", "wallet.created"), equal(v, "deliveryAttempt", 1), jsonType(d.header)); err != nil {
		return err
	}
	if id := v["id"].(string); !eventID.MatchString(id) {
		return fmt.Errorf("id is %s, want whe-…", id)
	}
	if age := time.Since(time.Unix(int64(v["timestampSent"].(float64)), 0)); age.Abs() > skew {
		return fmt.Errorf("timestampSent is %s from our clock", age.Round(time.Second))
	}
	return nil
}
