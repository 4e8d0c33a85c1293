package web_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"countersign/sources/web"
)

// resolver asks a name server of this test for everything: answer gives the address for
// the nth look-up.
func resolver(t *testing.T, answer func(n int) string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	var looked atomic.Int64
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.Authoritative, m.RecursionAvailable, m.Additionals = true, true, true, nil
			if q.Type == dnsmessage.TypeA { // once per look-up; the other question is for AAAA
				ip := netip.MustParseAddr(answer(int(looked.Add(1))))
				h := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: dnsmessage.TypeA}
				m.Answers = []dnsmessage.Resource{{Header: h, Body: &dnsmessage.AResource{A: ip.As4()}}}
			}
			out, err := m.Pack()
			if err != nil {
				return
			}
			conn.WriteTo(out, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func portOf(t *testing.T, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

// Whatever a rule is made to build of a URL, nobody but the origins is connected to.
func TestURLsThatAreNotAsked(t *testing.T) {
	address, connected := server(t, func(http.ResponseWriter, *http.Request) {})
	port := portOf(t, address)
	c := client(t, web.Config{Origins: []web.Origin{{URL: "https://api.example.com"}, {URL: "http://127.0.0.1:1", Local: true}}})
	for name, text := range map[string]string{
		"metadata":                     "http://169.254.169.254/latest/meta-data/",
		"this machine, another port":   address,
		"this machine by name":         "http://localhost:" + port,
		"a mapped address":             "http://[::ffff:10.0.0.1]/",
		"a mapped loopback":            "http://[::ffff:127.0.0.1]:" + port,
		"decimal":                      "http://2130706433:" + port,
		"octal":                        "http://0177.0.0.1:" + port,
		"hexadecimal":                  "http://0x7f000001:" + port,
		"hexadecimal, dotted":          "http://0x7f.0.0.1:" + port,
		"short":                        "http://127.1:" + port,
		"zero":                         "http://0:" + port,
		"unspecified":                  "http://0.0.0.0:" + port,
		"full-width digits":            "http://１２７.0.0.1:" + port,
		"a circled letter":             "http://ⓛocalhost:" + port,
		"a trailing dot":               "https://api.example.com./",
		"upper case":                   "https://API.example.com/",
		"an internationalised name":    "https://xn--pi-6ia.example.com/",
		"the origin as user":           "https://api.example.com@127.0.0.1:" + port,
		"the origin as user, escaped":  "https://api.example.com%40127.0.0.1:" + port,
		"a user at the origin":         "https://u:p@api.example.com/",
		"a backslash":                  `https://api.example.com\@127.0.0.1:` + port,
		"the origin as a label":        "https://api.example.com.127.0.0.1.nip.io:" + port,
		"the origin as a path":         "http://127.0.0.1:" + port + "/https://api.example.com",
		"the origin in a fragment":     "http://127.0.0.1:" + port + "#https://api.example.com",
		"a fragment at the origin":     "https://api.example.com/#",
		"another scheme of the origin": "http://api.example.com/",
		"another port of the origin":   "https://api.example.com:8443/",
		"a port of no meaning":         "https://api.example.com:00443/",
		"a port that is missing":       "https://api.example.com:/",
		"a file":                       "file:///etc/passwd",
		"no scheme":                    "//api.example.com/",
		"opaque":                       "https:api.example.com",
		"a new line":                   "https://api.example.com/\r\nHost: x",
		"a zone":                       "http://[fe80::1%25lo]:" + port,
		"nothing":                      "",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := c.Do(t.Context(), web.Request{URL: text}); !errors.Is(err, web.ErrRefused) {
				t.Errorf("Do(%q): %v, want ErrRefused", text, err)
			}
			if err := c.Allows(text); !errors.Is(err, web.ErrRefused) {
				t.Errorf("Allows(%q): %v, want ErrRefused", text, err)
			}
		})
	}
	if err := c.Allows("https://api.example.com:443/v1?a=b"); err != nil {
		t.Errorf("the origin with its port: %v", err)
	}
	if n := connected.Load(); n != 0 {
		t.Errorf("%d connections, want 0", n)
	}
}

func TestQuestionsThatAreNotAsked(t *testing.T) {
	c := client(t, web.Config{Origins: []web.Origin{{URL: "https://api.example.com"}}})
	for name, r := range map[string]web.Request{
		"another method":      {Method: "DELETE"},
		"a body on GET":       {Body: []byte("x"), ContentType: "text/plain"},
		"a type on GET":       {ContentType: "text/plain"},
		"a body of no type":   {Method: "POST", Body: []byte("x")},
		"a type that is none": {Method: "POST", Body: []byte("x"), ContentType: "a\r\nb: c"},
		"a URL too long":      {URL: "https://api.example.com/" + strings.Repeat("a", 9000)},
	} {
		if r.URL == "" {
			r.URL = "https://api.example.com"
		}
		if _, err := c.Do(t.Context(), r); !errors.Is(err, web.ErrRefused) {
			t.Errorf("%s: %v, want ErrRefused", name, err)
		}
	}
}

// The name of an origin leads elsewhere than to the Internet, now or at the next look:
// the address is judged when the connection is made.
func TestNamesThatLeadElsewhere(t *testing.T) {
	address, connected := server(t, func(http.ResponseWriter, *http.Request) {})
	named := "https://api.test:" + portOf(t, address)
	leads := []string{"127.0.0.1", "0.0.0.0", "127.255.0.1", "10.0.0.1", "169.254.169.254", "100.100.100.200", "192.168.1.1", "224.0.0.1"}
	c := client(t, web.Config{Origins: []web.Origin{{URL: named}}, Resolver: resolver(t, func(n int) string { return leads[n-1] })})
	for _, ip := range leads {
		if _, err := c.Do(t.Context(), web.Request{URL: named}); err == nil || !strings.Contains(err.Error(), "not of the Internet") {
			t.Errorf("%s: %v, want it refused", ip, err)
		}
	}
	if n := connected.Load(); n != 0 {
		t.Errorf("%d connections, want 0", n)
	}
}

// Rebinding: the first look-up is right, the second leads into the network.
func TestANameThatChangesItsMind(t *testing.T) {
	address, connected := server(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
	named := "http://api.test:" + portOf(t, address)
	cfg := local(named)
	cfg.Resolver = resolver(t, func(n int) string { return []string{"127.0.0.1", "10.0.0.1"}[n-1] })
	c := client(t, cfg)
	if _, err := c.Do(t.Context(), web.Request{URL: named}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(t.Context(), web.Request{URL: named}); err == nil || !strings.Contains(err.Error(), "not this machine") {
		t.Errorf("second look-up: %v, want it refused", err)
	}
	if n := connected.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// A redirect is not followed, not even to another origin of the configuration.
func TestARedirectIsNotFollowed(t *testing.T) {
	target, connected := server(t, func(http.ResponseWriter, *http.Request) {})
	for _, status := range []int{301, 302, 303, 307, 308} {
		url, _ := server(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, status) })
		c := client(t, local(url, target))
		if _, err := c.Do(t.Context(), web.Request{URL: url}); err == nil {
			t.Errorf("%d is an answer", status)
		}
		a, err := c.Do(t.Context(), web.Request{URL: url, Statuses: []int{status}})
		if err != nil || a.Status != status {
			t.Errorf("%d accepted: %+v, %v", status, a, err)
		}
	}
	if n := connected.Load(); n != 0 {
		t.Errorf("%d connections, want 0", n)
	}
}

func TestAddressesOfTheInternet(t *testing.T) {
	for text, public := range map[string]bool{
		"1.1.1.1": true, "93.184.216.34": true, "2606:4700:4700::1111": true, "2a00:1450:4001::1": true, "172.32.0.1": true, "100.128.0.1": true,
		"0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "100.64.0.1": false, "127.0.0.1": false, "169.254.169.254": false, "172.16.0.1": false,
		"172.31.255.255": false, "192.0.0.192": false, "192.0.2.1": false, "192.88.99.1": false, "192.168.0.1": false, "198.19.0.1": false,
		"198.51.100.1": false, "203.0.113.1": false, "224.0.0.1": false, "239.1.1.1": false, "240.0.0.1": false, "255.255.255.255": false, "168.63.129.16": false,
		"::": false, "::1": false, "::7f00:1": false, "::ffff:10.0.0.1": false, "::ffff:1.1.1.1": false, "64:ff9b::a00:1": false, "64:ff9b:1::a00:1": false,
		"100::1": false, "2001::1": false, "2001:0:4136:e378:8000:63bf:3fff:fdd2": false, "2001:20::1": false, "2001:db8::1": false, "2002:a00:1::": false,
		"3fff::1": false, "5f00::1": false, "fc00::1": false, "fd00:ec2::254": false, "fe80::1": false, "fec0::1": false, "ff02::1": false, "2606:4700::1%eth0": false,
	} {
		if err := web.Public(netip.MustParseAddr(text)); (err == nil) != public {
			t.Errorf("Public(%s) = %v, want public: %t", text, err, public)
		}
	}
	if web.Public(netip.Addr{}) == nil {
		t.Error("no address is public")
	}
}
