package ingress_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"countersign/ingress"
)

// golden is the vector of dfns.md §3.3, computed there in Node, Python and Go.
const (
	golden    = `{"id":"whe-00000-00000-0000000000000000","kind":"policy.approval.pending","date":"2026-01-02T03:04:05.678Z","deliveryAttempt":1,"timestampSent":1767323045,"data":{"approval":{"id":"ap-00000-00000-0000000000000000","note":"café / <b>&` + "\u2028" + `"}}}`
	goldenSig = "sha256=78ccb5d305055fcc2cacfd197c02f6502e75db1f434d8147b0371c60cdab49f8"
)

func TestVerifyGoldenVector(t *testing.T) {
	v := ingress.Verifier{Secrets: secrets(t, secret)}
	if len(golden) != 241 {
		t.Fatalf("the vector has %d bytes, want 241", len(golden))
	}
	if _, err := v.Verify([]byte(golden), header(goldenSig), now); err != nil {
		t.Errorf("Verify = %v, want nil", err)
	}
	for name, wrong := range map[string]string{
		"re-serialised by Go":     "sha256=cf3d7376cee3889801f6ab143a0152dbb374ed767e9105396e251fd39b37ed08",
		"re-serialised by Python": "sha256=e3573ff115c1d28891255650f5dfe67e6373737ca12fb97968b7e0cee545388d",
	} {
		if _, err := v.Verify([]byte(golden), header(wrong), now); !errors.Is(err, ingress.ErrForged) {
			t.Errorf("%s: Verify = %v, want ErrForged", name, err)
		}
	}
}

func TestVerifyRefusesEveryFlippedBit(t *testing.T) {
	v := ingress.Verifier{Secrets: secrets(t, secret)}
	flip := func(s string, bit int) string {
		b := []byte(s)
		b[bit/8] ^= 1 << (bit % 8)
		return string(b)
	}
	for bit := range len(golden) * 8 {
		if _, err := v.Verify([]byte(flip(golden, bit)), header(goldenSig), now); err == nil {
			t.Fatalf("accepted with bit %d of the body flipped", bit)
		}
	}
	for bit := range len(goldenSig) * 8 {
		if _, err := v.Verify([]byte(golden), header(flip(goldenSig, bit)), now); err == nil {
			t.Fatalf("accepted with bit %d of the signature flipped: %q", bit, flip(goldenSig, bit))
		}
	}
	for n := range len(golden) {
		if _, err := v.Verify([]byte(golden[:n]), header(goldenSig), now); err == nil {
			t.Fatalf("accepted cut to %d bytes", n)
		}
	}
}

func TestVerifyWithoutSecrets(t *testing.T) {
	if _, err := (ingress.Verifier{}).Verify([]byte(golden), header(sign("", golden)), now); !errors.Is(err, ingress.ErrForged) {
		t.Errorf("the zero Verifier = %v, want ErrForged", err)
	}
	zero := ingress.Verifier{Secrets: []ingress.Secret{{}}}
	if _, err := zero.Verify([]byte(golden), header(sign("", golden)), now); !errors.Is(err, ingress.ErrForged) {
		t.Errorf("a zero Secret = %v, want ErrForged", err)
	}
}

func TestRotation(t *testing.T) {
	at := func(s string) time.Time {
		tm, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return tm
	}
	const older, newer = "whs-old-old-old-old", "whs-new-new-new-new"
	v := ingress.Verifier{Secrets: secrets(t,
		"# rotated on the second",
		older+" not-after=2026-11-09T00:00:00Z",
		"",
		newer+" not-before=2026-11-02T00:00:00Z # from the dashboard",
	)}
	for _, tt := range []struct {
		secret, at string
		ok         bool
	}{
		{older, "2026-11-01T00:00:00Z", true},
		{newer, "2026-11-01T23:59:59Z", false},
		{newer, "2026-11-02T00:00:00Z", true},
		{older, "2026-11-05T00:00:00Z", true},
		{newer, "2026-11-05T00:00:00Z", true},
		{older, "2026-11-09T00:00:00Z", true},
		{older, "2026-11-09T00:00:01Z", false},
		{newer, "2036-11-09T00:00:01Z", true},
	} {
		number := 0
		if tt.ok {
			number = map[string]int{older: 1, newer: 2}[tt.secret]
		}
		got, err := v.Verify([]byte(golden), header(sign(tt.secret, golden)), at(tt.at))
		if (err == nil) != tt.ok || got != number {
			t.Errorf("%s at %s: Verify = %d, %v, want %d, ok=%t", tt.secret, tt.at, got, err, number, tt.ok)
		}
	}
}

func TestParseSecretsRefuses(t *testing.T) {
	const good = "whs-0123456789abcdef"
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", "no webhook secret"},
		{"only comments", "# none yet\n\n", "no webhook secret"},
		{"short secret", good + "\nwhs-123456789ab\n", "line 2: secret of 15 characters, at least 16"},
		{"unknown word", good + " until=2026-11-09T00:00:00Z", "line 1: word 2 is neither not-before"},
		{"second secret on the line", good + " " + good, "line 1: word 2 is neither"},
		{"no time", good + " not-after=tomorrow", "line 1: not-after is not a time"},
		{"never valid", good + " not-before=2026-11-09T00:00:00Z not-after=2026-11-02T00:00:00Z", "not-after is before not-before"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ingress.ParseSecrets(strings.NewReader(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ParseSecrets = %v, want …%s…", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "123456789") {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

func TestSecretsHide(t *testing.T) {
	s := secrets(t, secret)
	held := struct {
		V ingress.Verifier
		s []ingress.Secret
	}{ingress.Verifier{Secrets: s}, s}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{s[0], &s[0], s, held} {
			if text := fmt.Sprintf(format, v); strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
				t.Errorf("Sprintf(%q) = %s", format, text)
			}
		}
	}
}

func TestFresh(t *testing.T) {
	for _, tt := range []struct {
		off time.Duration
		ok  bool
	}{
		{0, true}, {299 * time.Second, true}, {-299 * time.Second, true},
		{300 * time.Second, false}, {-300 * time.Second, false},
		{301 * time.Second, false}, {-301 * time.Second, false}, {24 * time.Hour, false},
	} {
		if err := (ingress.Verifier{}).Fresh(now.Add(tt.off), now); (err == nil) != tt.ok {
			t.Errorf("Fresh, %s off = %v, want ok=%t", tt.off, err, tt.ok)
		}
	}
	if err := (ingress.Verifier{Tolerance: time.Second}).Fresh(now.Add(2*time.Second), now); !errors.Is(err, ingress.ErrStale) {
		t.Errorf("Fresh beyond a tolerance of our own = %v, want ErrStale", err)
	}
}

func header(sig string) http.Header {
	h := http.Header{}
	h.Set(ingress.SignatureHeader, sig)
	return h
}
