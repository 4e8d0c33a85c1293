package snapshot_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"countersign/custody/dfns/snapshot"
	"countersign/strictjson"

	"pgregory.net/rapid"
)

func of(t testing.TB, text string) string {
	t.Helper()
	s, err := snapshot.Of([]byte(text))
	if err != nil {
		t.Fatalf("Of(%s) = %v", text, err)
	}
	return s
}

// asked is an approval of a transfer as DFNS answers it (dfns.md §4.4), with members that we
// do not know.
const asked = `{"id":"ap-1","initiatorId":"us-maker","activity":{"kind":"Wallets:Sign","transferRequest":{"id":"xfr-1","walletId":"wa-1",
		"network":"EthereumSepolia","requester":{"userId":"us-maker"},"requestBody":{"kind":"Native","to":"0xab","amount":"7"},
		"metadata":{"asset":{"symbol":"USDC","decimals":6,"quotes":{"USD":"1.00"}}},"status":"Pending",
		"dateRequested":"2026-01-02T03:04:05.678Z","approvalId":"ap-1","externalId":"ext-1"}},"status":"Pending",
		"expirationDate":"2026-01-03T03:04:05.678Z","dateCreated":"2026-01-02T03:04:05.678Z","dateUpdated":"2026-01-02T03:04:06.000Z",
		"policyEvaluations":[{"policyId":"plc-1","triggered":true,"reason":"r","context":{"x":1}},{"policyId":"plc-2","triggered":false,"reason":""}],
		"decisions":[{"userId":"us-ana","date":"2026-01-02T03:04:06.000Z","reason":null,"value":"Approved"}],
		"unheardOf":{"n":12345678901234567890}}`

func TestSnapshotLeavesOut(t *testing.T) {
	want := of(t, asked)
	for _, tt := range []struct{ name, old, new string }{
		{"status", `"status":"Pending",
		"expirationDate"`, `"status":"Approved","expirationDate"`},
		{"dateUpdated", `"dateUpdated":"2026-01-02T03:04:06.000Z"`, `"dateUpdated":"2027-01-02T03:04:06.000Z","dateResolved":"2027-01-02T03:04:06.000Z"`},
		{"a vote", `"decisions":[`, `"decisions":[{"userId":"us-new"},`},
		{"the transfer's status", `"status":"Pending",
		"dateRequested"`, `"status":"Executing","datePolicyResolved":"2027-01-02T03:04:06.000Z","dateRequested"`},
		{"the price of the day", `"quotes":{"USD":"1.00"}`, `"quotes":{"USD":"0.99"}`},
		{"spaces", `,`, " ,\n "},
		{"an escape of the same letter", `us-maker`, `us-m\u0061ker`},
	} {
		changed := strings.Replace(asked, tt.old, tt.new, 1)
		if changed == asked {
			t.Fatalf("%s: nothing changed", tt.name)
		}
		if got := of(t, changed); got != want {
			t.Errorf("%s changed the snapshot", tt.name)
		}
	}
}

func TestSnapshotHolds(t *testing.T) {
	want := of(t, asked)
	for _, tt := range []struct{ name, old, new string }{
		{"amount", `"amount":"7"`, `"amount":"8"`},
		{"recipient", `"to":"0xab"`, `"to":"0xaB"`},
		{"a member more", `"amount":"7"`, `"amount":"7","offer":true`},
		{"type of a value", `"amount":"7"`, `"amount":7`},
		{"policies", `"plc-2"`, `"plc-3"`},
		{"the last digit of a large number", `12345678901234567890`, `12345678901234567891`},
		{"how a number is written", `"x":1`, `"x":1.0`},
		{"decimals of the asset", `"decimals":6`, `"decimals":18`},
		{"expiry", `"expirationDate":"2026-01-03`, `"expirationDate":"2026-01-04`},
		{"the kind of activity", `Wallets:Sign`, `Wallets:Sing`},
		{"status of something else", `"unheardOf":{`, `"unheardOf":{"status":"x",`},
	} {
		changed := strings.Replace(asked, tt.old, tt.new, 1)
		if changed == asked {
			t.Fatalf("%s: nothing changed", tt.name)
		}
		if got := of(t, changed); got == want {
			t.Errorf("%s did not change the snapshot", tt.name)
		}
	}
	if _, err := snapshot.Of([]byte(`{"id":"ap-1","ID":"ap-2"}`)); !errors.Is(err, strictjson.ErrRefused) {
		t.Errorf("Snapshot of two readings = %v, want ErrRefused", err)
	}
	if _, err := snapshot.Of([]byte(`[]`)); err == nil {
		t.Error("Snapshot of a list = nil error")
	}
}

// Changing any one value that counts changes the snapshot; writing the keys in
// another order does not.
func TestSnapshotProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := value(t, 3).Draw(t, "approval")
		for {
			if _, ok := v.(map[string]any); ok {
				break
			}
			v = map[string]any{"activity": map[string]any{"transferRequest": v, "kind": "k"}, "id": "ap-1"}
		}
		text := write(v, nil)
		want, err := snapshot.Of([]byte(text))
		if err != nil {
			t.Fatalf("Of(%s) = %v", text, err)
		}
		order := rand.New(rand.NewSource(rapid.Int64().Draw(t, "order")))
		if got, _ := snapshot.Of([]byte(write(v, order))); got != want {
			t.Fatalf("the order of keys counts in %s", text)
		}
		n := leaves(v)
		if n == 0 {
			return
		}
		at := rapid.IntRange(0, n-1).Draw(t, "leaf")
		changed := write(change(v, &at), nil)
		if got, _ := snapshot.Of([]byte(changed)); got == want {
			t.Fatalf("%s\nand %s\nhave one snapshot", text, changed)
		}
	})
}

// value draws JSON values without the members that are left out.
func value(t *rapid.T, depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.Map(rapid.String(), func(s string) any { return strings.ToValidUTF8(s, "?") }),
		rapid.Map(rapid.Int64(), func(n int64) any { return json.Number(fmt.Sprint(n)) }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Just[any](nil),
	}
	if depth > 0 {
		inner := rapid.Deferred(func() *rapid.Generator[any] { return value(t, depth-1) })
		kinds = append(kinds,
			rapid.Map(rapid.SliceOfN(inner, 0, 4), func(l []any) any { return l }),
			rapid.Map(rapid.MapOfN(rapid.StringMatching(`[a-m]{1,6}`), inner, 1, 5), func(m map[string]any) any { return m }))
	}
	return rapid.OneOf(kinds...)
}

func leaves(v any) (n int) {
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			n += leaves(e)
		}
	case []any:
		for _, e := range v {
			n += leaves(e)
		}
	default:
		return 1
	}
	return n
}

// change returns v with leaf number *at changed.
func change(v any, at *int) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for _, k := range sorted(v) {
			m[k] = change(v[k], at)
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i := range v {
			l[i] = change(v[i], at)
		}
		return l
	}
	*at--
	if *at != -1 {
		return v
	}
	switch v := v.(type) {
	case string:
		return v + "x"
	case json.Number:
		return v + ".5"
	case bool:
		return !v
	}
	return "null"
}

// write spells v, its keys sorted or shuffled.
func write(v any, order *rand.Rand) string {
	var b bytes.Buffer
	switch v := v.(type) {
	case map[string]any:
		keys := sorted(v)
		if order != nil {
			order.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		}
		b.WriteString("{")
		for i, k := range keys {
			if i > 0 {
				b.WriteString(",")
			}
			b.WriteString(write(k, order) + ":" + write(v[k], order))
		}
		b.WriteString("}")
	case []any:
		b.WriteString("[")
		for i := range v {
			if i > 0 {
				b.WriteString(",")
			}
			b.WriteString(write(v[i], order))
		}
		b.WriteString("]")
	default:
		text, _ := json.Marshal(v)
		b.Write(text)
	}
	return b.String()
}

func sorted(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
