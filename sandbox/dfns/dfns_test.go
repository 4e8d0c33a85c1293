package dfns_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/sandbox/dfns"
)

// The golden vector was computed in Node, Python and Go from DFNS's samples: a
// body whose note holds é, <, >, & and U+2028, under a known secret.
func TestCompactSignsAsJSONStringifyDoes(t *testing.T) {
	type approval struct {
		ID   string `json:"id"`
		Note string `json:"note"`
	}
	body, err := dfns.Compact(struct {
		ID              string              `json:"id"`
		Kind            string              `json:"kind"`
		Date            string              `json:"date"`
		DeliveryAttempt int                 `json:"deliveryAttempt"`
		TimestampSent   int64               `json:"timestampSent"`
		Data            map[string]approval `json:"data"`
	}{"whe-00000-00000-0000000000000000", "policy.approval.pending", "2026-01-02T03:04:05.678Z", 1, 1767323045,
		map[string]approval{"approval": {"ap-00000-00000-0000000000000000", "café / <b>&\u2028"}}})
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte("whs-Fij3kMCRZLCAzOqnpLzVQUEKe9Rw5V8s"))
	mac.Write(body)
	const want = "78ccb5d305055fcc2cacfd197c02f6502e75db1f434d8147b0371c60cdab49f8"
	if got := hex.EncodeToString(mac.Sum(nil)); got != want || len(body) != 241 {
		t.Errorf("HMAC of %d bytes = %s, want %s of 241\n%s", len(body), got, want, body)
	}
}

func TestIDsHaveTheDocumentedForm(t *testing.T) {
	form := regexp.MustCompile(`^whe-[a-z0-9]{5}-[a-z0-9]{5}-[a-z0-9]{14,16}$`)
	seen := map[string]bool{}
	for range 1000 {
		id := dfns.NewID("whe")
		if !form.MatchString(id) || seen[id] {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
}

func TestTimeIsUTCWithMilliseconds(t *testing.T) {
	at := dfns.At(time.Date(2026, 1, 2, 3, 4, 5, 600_900_000, time.FixedZone("x", 3600)))
	text, err := at.MarshalJSON()
	if err != nil || string(text) != `"2026-01-02T02:04:05.600Z"` {
		t.Errorf("%s, %v", text, err)
	}
	var back dfns.Time
	if err := back.UnmarshalJSON(text); err != nil || !back.Equal(at.Time) {
		t.Errorf("read back %v, %v", back, err)
	}
}

func TestDecodeIsStrict(t *testing.T) {
	var v struct {
		A string `json:"a"`
		L []struct {
			X *int `json:"x"`
		} `json:"l"`
		Any any `json:"any"`
	}
	for body, ok := range map[string]bool{
		`{"a":"x"}`: true, ``: true, ` `: true, `{}`: true,
		`{"b":1}`: false, `{"a":"x"}{}`: false, `{"a":`: false, `[]`: false, `{"a":"x"} x`: false,
		`{"A":"x"}`: false, `{"a":"x","a":"x"}`: false, `{"l":[{"x":1},{"x":2}]}`: true, `{"l":[{"X":1}]}`: false,
		`{"l":[{"x":1,"x":1}]}`: false, `{"any":{"B":[1,{"c":{}}]}}`: true, `{"any":{"b":1,"b":2}}`: false,
		`{"any":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`: false,
	} {
		if err := dfns.Decode([]byte(body), &v); (err == nil) != ok {
			t.Errorf("Decode(%q) = %v", body, err)
		}
	}
	one, _ := dfns.Canonical([]byte(`{"b":1.0, "a":[{"d":1,"c":2}]}`))
	two, _ := dfns.Canonical([]byte(`{"a":[{"c":2,"d":1}],"b":1.0}`))
	if one != two || one == "" {
		t.Errorf("%s and %s differ", one, two)
	}
}
