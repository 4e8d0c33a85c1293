package sink_test

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"countersign/audit/sink"
)

func TestParseSink(t *testing.T) {
	for _, tt := range []struct {
		uri  string
		want sink.Config
	}{
		{"otlp+https://collector.example:4318/v1/logs?token-file=/run/t&gzip=off&ca-file=/run/ca&timeout=5s&batch=100&name=main", sink.Config{
			Kind: "otlp", Name: "main", URL: "https://collector.example:4318/v1/logs", TokenFile: "/run/t", CAFile: "/run/ca", Plain: true, Timeout: 5 * time.Second, Batch: 100,
		}},
		{"otlp+http://[::1]:4318", sink.Config{Kind: "otlp", Name: "otlp---1-4318", URL: "http://[::1]:4318/v1/logs"}},
		{"hec+https://splunk.example:8088/?token-file=t&ack=required&ack-timeout=1m&index=audit&sourcetype=ocsf", sink.Config{
			Kind: "hec", Name: "hec-splunk.example-8088", URL: "https://splunk.example:8088/services/collector/event", TokenFile: "t", Ack: "required", AckTimeout: time.Minute, Index: "audit", SourceType: "ocsf",
		}},
		{"webhook+https://siem.example/in/countersign?secret-file=s&format=array", sink.Config{
			Kind: "webhook", Name: "webhook-siem.example", URL: "https://siem.example/in/countersign", SecretFile: "s", Format: "array",
		}},
		{"webhook+http://localhost:9000?secret-file=s", sink.Config{Kind: "webhook", Name: "webhook-localhost-9000", URL: "http://localhost:9000/", SecretFile: "s", Format: "ndjson"}},
		{"hec+http://127.8.0.1/a/event?token-file=t", sink.Config{Kind: "hec", Name: "hec-127.8.0.1", URL: "http://127.8.0.1/a/event", TokenFile: "t", Ack: "auto"}},
	} {
		got, err := sink.ParseSink(tt.uri)
		if err != nil || got != tt.want {
			t.Errorf("ParseSink(%s)\n got %+v, %v\nwant %+v", tt.uri, got, err, tt.want)
		}
	}
}

func TestParseSinkRefuses(t *testing.T) {
	for _, tt := range []struct{ uri, want string }{
		{"https://collector.example", `scheme "https": want otlp+https`},
		{"kafka+https://b.example", `scheme "kafka+https"`},
		{"otlp+ftp://b.example", "want https after the plus sign"},
		{"otlp+https:///v1/logs", "host is missing"},
		{"otlp+http://collector.example", "http is for this machine only"},
		{"otlp+http://127.0.0.1.example", "http is for this machine only"},
		{"otlp+http://10.0.0.1", "http is for this machine only"},
		{"otlp+https://user:hunter2@c.example", "put the token into a file"},
		{"otlp+https://c.example/#x", "a # in the URI"},
		{"otlp+https://c.example/?colour=red", `setting "colour" is unknown for otlp`},
		{"otlp+https://c.example/?secret-file=x", `setting "secret-file" is unknown for otlp`},
		{"otlp+https://c.example/?gzip=maybe", `want on or off`},
		{"otlp+https://c.example/?batch=0", "want 1 to 10000"},
		{"otlp+https://c.example/?timeout=1ms", "want a duration from 1s"},
		{"otlp+https://c.example/?name=A", "name"},
		{"otlp+https://c.example/?name=a&name=b", "stands 2 times"},
		{"otlp+https://c.example/?token-file=", "is empty"},
		{"hec+https://s.example", "token-file= is missing"},
		{"hec+https://s.example/raw?token-file=t", "want one that ends in"},
		{"hec+https://s.example/?token-file=t&ack=never", "want auto or required"},
		{"webhook+https://s.example", "secret-file= is missing"},
		{"webhook+https://s.example/?secret-file=s&format=xml", "want ndjson or array"},
		{"otlp+https://c.example/\x00hunter2", "cannot be read"},
	} {
		_, err := sink.ParseSink(tt.uri)
		if !errors.Is(err, sink.ErrConfig) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ParseSink(%q) = %v, want %q", tt.uri, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("error tells the password: %v", err)
		}
	}
}

func TestNewSenderReadsItsFiles(t *testing.T) {
	good := map[string]string{"hec": splunkToken, "webhook": hookURI + "\n" + hookURI}
	for _, tt := range []struct{ kind, text, want string }{
		{"hec", good["hec"], ""},
		{"hec", " " + good["hec"] + "\r\n", ""},
		{"hec", "", "want one token"},
		{"hec", "two tokens", "want one token"},
		{"hec", "tok\x01en", "want one token"},
		{"hec", strings.Repeat("x", 70_000), "at most"},
		{"webhook", good["webhook"], ""},
		{"webhook", "", "0 secrets"},
		{"webhook", "hunter2", "want whsec_"},
		{"webhook", "whsec_aHVudGVyMg==", "24 to 64"},
		{"webhook", strings.Repeat(hookURI+"\n", 5), "5 secrets"},
	} {
		c := sink.Config{Kind: tt.kind, Name: "x", URL: "http://127.0.0.1:1/"}
		c.TokenFile, c.SecretFile = secretFile(t, tt.text), secretFile(t, tt.text)
		_, err := sink.NewSender(c)
		if (tt.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s with %.20q: %v, want %q", tt.kind, tt.text, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("error tells the secret: %v", err)
		}
	}
	for _, c := range []sink.Config{
		{Kind: "hec", TokenFile: "/nowhere/token"},
		{Kind: "otlp", CAFile: "/nowhere/ca"},
		{Kind: "otlp", CAFile: secretFile(t, "no certificate")},
		{Kind: "kafka"},
	} {
		if _, err := sink.NewSender(c); err == nil {
			t.Errorf("NewSender(%+v) = nil, want an error", c)
		}
	}
}

// TestSecretsAreReadAgain replaces a token and two secrets while the sender lives.
func TestSecretsAreReadAgain(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Authorization"), r.Header.Get("webhook-signature"))
		_, _ = w.Write([]byte(`{"code":0}`))
	}))
	defer server.Close()
	file := secretFile(t, "old-token")
	hec, err := sink.NewSender(sink.Config{Kind: "hec", Name: "h", URL: server.URL + "/event", TokenFile: file})
	if err != nil {
		t.Fatal(err)
	}
	send := func(s sink.Sender, want error) {
		t.Helper()
		if err := s.Send(t.Context(), eventsOf(t, 0, 1)); (err != nil) != (want != nil) {
			t.Fatalf("Send = %v, want %v", err, want)
		}
	}
	send(hec, nil)
	if err := os.WriteFile(file, []byte("new-token"), 0o600); err != nil {
		t.Fatal(err)
	}
	send(hec, nil)
	if got[0] != "Splunk old-token" || got[2] != "Splunk new-token" {
		t.Errorf("tokens sent: %q", got)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	send(hec, errors.New("no token, nothing is sent"))

	hook, err := sink.NewSender(sink.Config{Kind: "webhook", Name: "w", URL: server.URL, SecretFile: secretFile(t, hookURI+"\n"+hookURI+"\n")})
	if err != nil {
		t.Fatal(err)
	}
	send(hook, nil)
	if n := len(strings.Fields(got[len(got)-1])); n != 2 {
		t.Errorf("%d signatures with two secrets, want 2", n)
	}
}

func TestTrustsTheNamedAuthorityOnly(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	server.StartTLS()
	defer server.Close()
	ca := secretFile(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	for file, want := range map[string]string{ca: "acknowledged", "": "failed"} {
		s, err := sink.NewSender(sink.Config{Kind: "otlp", Name: "o", URL: server.URL, CAFile: file})
		if err != nil {
			t.Fatal(err)
		}
		if got := meaning(s.Send(t.Context(), eventsOf(t, 0, 1))); got != want {
			t.Errorf("with ca-file %q, a batch is %s, want %s", file, got, want)
		}
	}
}

func FuzzParseSink(f *testing.F) {
	f.Add("otlp+https://collector.example:4318/v1/logs?token-file=/run/t")
	f.Add("hec+http://[::1%25eth0]/?token-file=t")
	f.Add("webhook+http://localhost.:1/?secret-file=s&secret-file=s")
	f.Fuzz(func(t *testing.T, uri string) {
		c, err := sink.ParseSink(uri)
		if err != nil {
			if !errors.Is(err, sink.ErrConfig) {
				t.Errorf("ParseSink(%q) = %v, want one of %v", uri, err, sink.ErrConfig)
			}
			return
		}
		if !strings.HasPrefix(c.URL, "https://") && !strings.HasPrefix(c.URL, "http://localhost") && !strings.HasPrefix(c.URL, "http://127.") && !strings.HasPrefix(c.URL, "http://[") {
			t.Errorf("ParseSink(%q) leads to %q", uri, c.URL)
		}
	})
}
