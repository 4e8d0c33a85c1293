package web_test

import (
	"strings"
	"testing"
	"time"

	"countersign/sources/web"
)

func TestConfigurationsThatCannotBeUsed(t *testing.T) {
	key := file(t, apiKey)
	origin := func(url string) web.Config { return web.Config{Origins: []web.Origin{{URL: url}}} }
	header := func(name, path string) web.Config {
		return web.Config{Origins: []web.Origin{{URL: "https://a.example", Headers: map[string]string{name: path}}}}
	}
	for _, tt := range []struct {
		name string
		c    web.Config
		want string
	}{
		{"http over the network", origin("http://a.example"), "origins[0].url: http can be read"},
		{"http to this machine, unsaid", origin("http://127.0.0.1:80"), "origins[0].url: http can be read"},
		{"a private address", origin("https://10.0.0.1"), "origins[0].url: 10.0.0.1 is in 10.0.0.0/8"},
		{"a mapped address", origin("https://[::ffff:1.1.1.1]"), "write the address as 1.1.1.1"},
		{"a path", origin("https://a.example/v1"), "scheme, host and port alone"},
		{"a slash", origin("https://a.example/"), "scheme, host and port alone"},
		{"a long form of an address", origin("https://[2606:4700:0::1]"), "write the address as 2606:4700::1"},
		{"decimal", origin("https://2130706433"), "host"},
		{"a trailing dot", origin("https://a.example."), "trailing dot"},
		{"xn--", origin("https://xn--a.example"), "plain ASCII"},
		{"no host", origin("https://"), "host"},
		{"nothing", origin(""), "https://"},
		{"twice", web.Config{Origins: []web.Origin{{URL: "https://a.example"}, {URL: "https://a.example:443"}}}, "origins[1].url: https://a.example:443 stands there twice"},
		{"local, elsewhere", web.Config{Origins: []web.Origin{{URL: "https://1.1.1.1", Local: true}}}, "not this machine"},
		{"negative bounds", web.Config{MaxBytes: -1}, "max_bytes"},
		{"more than fits", web.Config{MaxBytes: 1 << 40}, "max_bytes"},
		{"negative time", web.Config{Timeout: -time.Second}, "timeout"},
		{"no file", header("X-Key", key+"x"), "origins[0].headers.X-Key: open"},
		{"an empty file", header("X-Key", file(t, "\n")), "8 characters or more"},
		{"a short value", header("X-Key", file(t, "1234567")), "8 characters or more"},
		{"two lines", header("X-Key", file(t, apiKey+"\nX: y")), "one line"},
		{"a header of the protocol", header("host", key), "no header"},
		{"a cookie", header("Cookie", key), "no header"},
		{"no header's name", header("X Key", key), "no header"},
		{"a header in two spellings", web.Config{Origins: []web.Origin{{URL: "https://a.example", Headers: map[string]string{"X-Key": key, "x-key": key}}}}, "two spellings"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := web.New(tt.c)
			if err == nil || c != nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), apiKey) {
				t.Errorf("New: %v, want an error with %q and no key", err, tt.want)
			}
		})
	}
	_, err := web.New(web.Config{MaxBytes: -1, Timeout: -1, Origins: []web.Origin{{URL: "x"}, {URL: "y", Headers: map[string]string{"Host": key}}}})
	for _, want := range []string{"max_bytes", "timeout", "origins[0].url", "origins[1].url", "origins[1].headers.Host"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
}

// Whatever is allowed is an origin and nothing but that: the URL as it is read begins
// with it.
func FuzzAllows(f *testing.F) {
	for _, s := range []string{"https://api.example.com/a?b=c", "https://api.example.com:443", "https://api.example.com@evil", "https://api.example.com%2f@evil/", "HTTPS://api.example.com"} {
		f.Add(s)
	}
	c, err := web.New(web.Config{Origins: []web.Origin{{URL: "https://api.example.com"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if c.Allows(s) != nil {
			return
		}
		rest := strings.TrimPrefix(strings.TrimPrefix(s[len("https:"):], "//api.example.com"), ":443")
		if !strings.EqualFold(s[:6], "https:") || len(rest) == len(s)-6 || rest != "" && rest[0] != '/' && rest[0] != '?' {
			t.Errorf("%q is allowed", s)
		}
	})
}
