package sink

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// NewSender is the sender of a config. It fails when a file that the config names cannot
// be read.
func NewSender(c Config) (Sender, error) {
	p, err := newPoster(c)
	if err != nil {
		return nil, fmt.Errorf("sink %s: %w", c.Name, err)
	}
	switch c.Kind {
	case "otlp":
		return &otlpSender{config: c, post: p}, p.ready(c.TokenFile, token)
	case "hec":
		return newHEC(c, p), p.ready(c.TokenFile, token)
	case "webhook":
		return &webhookSender{config: c, post: p, now: time.Now}, p.ready(c.SecretFile, secrets)
	}
	return nil, fmt.Errorf("%w: kind %.40q, want otlp, hec or webhook", ErrConfig, c.Kind)
}

// A poster posts to one receiver.
type poster struct {
	client *http.Client
	url    string
}

func newPoster(c Config) (*poster, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 2
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read ca-file: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca-file %s holds no certificate: want PEM", c.CAFile)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return &poster{url: c.URL, client: &http.Client{
		Transport: transport,
		Timeout:   orDefault(c.Timeout, 30*time.Second),
		// A redirect could lead the records, or the token, somewhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// ready reports whether a file that is read for each batch can be read now.
func (p *poster) ready(file string, kind func([]byte) ([]string, error)) error {
	_, err := readSecret(file, kind)
	return err
}

// maxAnswer is how much of an answer is read, maxSaid how much of it is repeated.
const maxAnswer, maxSaid = 1 << 20, 200

// An answer is a receiver's, of status 2xx.
type answer struct {
	kind string // the media type, without parameters
	body []byte
}

// do posts a body and reads the answer whole. An answer other than 2xx is a [Refusal], a
// [Busy] or another error.
func (p *poster) do(ctx context.Context, url string, header http.Header, body []byte) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header = header
	resp, err := p.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return answer{}, fmt.Errorf("read the answer of status %d: %w", resp.StatusCode, err)
	}
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	if resp.StatusCode/100 == 2 {
		return answer{kind: strings.ToLower(strings.TrimSpace(kind)), body: said}, nil
	}
	return answer{}, judge(resp.StatusCode, resp.Header, said, time.Now())
}

// judge says what an answer other than 2xx means for the batch.
func judge(status int, header http.Header, said []byte, now time.Time) error {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return &Refusal{Status: status, Said: clip(said)}
	}
	return &Busy{Status: status, After: retryAfter(header.Get("Retry-After"), now), Said: clip(said)}
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3); 0 for anything else.
func retryAfter(s string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32); err == nil {
		return time.Duration(max(seconds, 0)) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// clip is the beginning of what a receiver said, quoted: it is the receiver's text.
func clip(said []byte) string { return fmt.Sprintf("%q", said[:min(len(said), maxSaid)]) }
