package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"countersign/screening/web"
)

func TestCheckURL(t *testing.T) {
	for text, ok := range map[string]bool{
		"https://ofac.example/sdn.csv": true, "http://127.0.0.1:8080/x": true, "http://localhost/x": true, "http://[::1]:80/": true,
		"http://ofac.example/sdn.csv": false, "http://10.0.0.1/": false, "ftp://ofac.example/": false, "file:///etc/passwd": false,
		"https://": false, "https:///path": false, "https://user:key@ofac.example/": false, "": false, "http://2130706433/": false,
		"http://localhost.evil.example/": false, "http://127.0.0.1.evil.example/": false, ":": false,
	} {
		if _, err := web.CheckURL(text); (err == nil) != ok || err != nil && !errors.Is(err, web.ErrURL) {
			t.Errorf("CheckURL(%q) = %v, want accepted %t", text, err, ok)
		}
	}
}

// get asks as a client for one URL would, but for another.
func get(t *testing.T, configured, asked string, private bool) error {
	t.Helper()
	u, err := url.Parse(configured)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, asked, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := web.Client(u, 1, private).Do(req)
	if err == nil {
		return res.Body.Close()
	}
	return err
}

func TestAddressesThatAreNotPublicAreNotConnectedTo(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a connection was made") }))
	defer server.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	for _, host := range []string{
		"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.100.100.200",
		"169.254.169.254", "[::ffff:169.254.169.254]", "[fe80::1]", "[fd00::1]", "224.0.0.1", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]",
	} {
		if err := get(t, "https://ofac.example", "http://"+host+":"+port, false); !errors.Is(err, web.ErrURL) {
			t.Errorf("%s: %v, want ErrURL", host, err)
		}
	}
	for _, host := range []string{"127.0.0.1", "169.254.169.254", "[::1]"} {
		if err := get(t, "https://ofac.example", "http://"+host+":"+port, true); !errors.Is(err, web.ErrURL) {
			t.Errorf("%s with private networks: %v, want ErrURL", host, err)
		}
	}
}

func TestRedirectsAreCountedAndJudged(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
		}
	}))
	defer server.Close()
	at := func(to string) string { return server.URL + "/?to=" + url.QueryEscape(to) }
	if err := get(t, server.URL, at(server.URL), false); err != nil {
		t.Errorf("one redirect: %v", err)
	}
	for name, target := range map[string]string{
		"two redirects": at(server.URL), "to plain http": "http://ofac.example/", "to the metadata service": "http://169.254.169.254/",
		"to another scheme": "gopher://ofac.example/", "from this machine to another": "https://192.0.2.1/",
	} {
		if err := get(t, server.URL, at(target), false); err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
}

func TestCauseHidesTheURL(t *testing.T) {
	err := get(t, "https://ofac.example", "http://10.0.0.1/?key=secret", false)
	if got := web.Cause(err); got == nil || strings.Contains(got.Error(), "secret") {
		t.Errorf("cause %v", got)
	}
}
