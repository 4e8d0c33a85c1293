package simulation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"countersign"
	"countersign/chain/simulation"
)

func request(alter func(*simulation.Request)) simulation.Request {
	r := simulation.Request{Network: "Lab", Calls: []simulation.Call{{From: wallet, To: usdc, Data: []byte{1}}}}
	alter(&r)
	return r
}

func TestCheckRequest(t *testing.T) {
	const zero = "0x0000000000000000000000000000000000000000"
	for _, tt := range []struct {
		name  string
		alter func(*simulation.Request)
		says  string
	}{
		{"usable", func(*simulation.Request) {}, ""},
		{"the zero address may receive", func(r *simulation.Request) { r.Calls[0].To = zero }, ""},
		{"network is required", func(r *simulation.Request) { r.Network = "" }, "network: is empty"},
		{"a call is required", func(r *simulation.Request) { r.Calls = nil }, "calls: has 0 calls"},
		{"too many calls", func(r *simulation.Request) { r.Calls = make([]simulation.Call, 17) }, "calls: has 17 calls"},
		{"sender is required", func(r *simulation.Request) { r.Calls[0].From = "" }, "calls[0].from"},
		{"nobody sends", func(r *simulation.Request) { r.Calls[0].From = zero }, "calls[0].from: is the zero address"},
		{"creation", func(r *simulation.Request) { r.Calls[0].To = "" }, "calls[0].to: is empty: the creation"},
		{"mistyped recipient", func(r *simulation.Request) { r.Calls[0].To = strings.Replace(usdc, "A0", "a0", 1) }, "calls[0].to: not an EVM address"},
		{"too much data", func(r *simulation.Request) { r.Calls[0].Data = make([]byte, simulation.MaxData+1) }, "calls[0].data"},
		{"a block's number", func(r *simulation.Request) { r.Block = "0x10" }, "block"},
		{"a mistyped account", func(r *simulation.Request) { r.Accounts = []string{wallet, "bob"} }, "accounts[1]"},
		{"too many tokens", func(r *simulation.Request) { r.Tokens = make([]string, simulation.MaxNamed+1) }, "tokens: are 33"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := request(tt.alter).Check()
			if tt.says == "" && err != nil || tt.says != "" && (!errors.Is(err, simulation.ErrRequest) || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("Check = %v, want %q", err, tt.says)
			}
		})
	}
}

func TestRequestAsJSON(t *testing.T) {
	r := request(func(r *simulation.Request) { r.Calls[0].Value = n(5) })
	text, err := json.Marshal(r)
	want := `{"network":"Lab","calls":[{"from":"` + wallet + `","to":"` + usdc + `","value":"5","data":"0x01"}]}`
	if err != nil || string(text) != want {
		t.Fatalf("%s, %v", text, err)
	}
	var again simulation.Request
	if err := json.Unmarshal(text, &again); err != nil || again.Calls[0].Data.String() != "0x01" {
		t.Errorf("%+v, %v", again, err)
	}
	for _, bad := range []string{`"01"`, `"0x0"`, `"0xzz"`, `1`} {
		if err := json.Unmarshal([]byte(bad), &again.Calls[0].Data); err == nil {
			t.Errorf("data %s was taken", bad)
		}
	}
}

func TestReason(t *testing.T) {
	word := func(i int64) string { return fmt.Sprintf("%064x", i) }
	said := func(text string) string {
		pad := strings.Repeat("00", (32-len(text)%32)%32)
		return "08c379a0" + word(32) + word(int64(len(text))) + fmt.Sprintf("%x", text) + pad
	}
	for _, tt := range []struct{ name, data, want string }{
		{"nothing", "", "reverted without data"},
		{"less than a selector", "0102", "reverted with 0x0102"},
		{"words", said("closed"), `Error("closed")`},
		{"words that would break a line", said("a\nb\x1b"), `Error("a\nb\x1b")`},
		{"many words are cut", said(strings.Repeat("x", 300)), `Error("` + strings.Repeat("x", 200) + `…")`},
		{"a length past the end", "08c379a0" + word(32) + word(33) + word(0), "custom error 0x08c379a0"},
		{"a huge length", "08c379a0" + word(32) + strings.Repeat("f", 64) + word(0), "custom error 0x08c379a0"},
		{"an offset elsewhere", "08c379a0" + word(64) + word(0) + word(0), "custom error 0x08c379a0"},
		{"panic", "4e487b71" + word(0x11), "Panic(0x11): arithmetic overflow or underflow"},
		{"panic that is not known", "4e487b71" + word(0x99), "Panic(0x99)"},
		{"panic of another length", "4e487b71" + word(0x11) + "00", "custom error 0x4e487b71"},
		{"custom", "cafebabe" + word(1), "custom error 0xcafebabe"},
	} {
		data, ok := new(big.Int).SetString("1"+tt.data, 16)
		if !ok {
			t.Fatal(tt.data)
		}
		raw := data.FillBytes(make([]byte, (len(tt.data)+2)/2))[1:]
		if got := simulation.Reason(raw); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func FuzzReason(f *testing.F) {
	f.Add([]byte("\x08\xc3\x79\xa0"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got := simulation.Reason(data); got == "" || len(got) > 2000 || strings.ContainsAny(got, "\n\r\x00\x1b") {
			t.Errorf("%q", got)
		}
	})
}

func TestChange(t *testing.T) {
	for _, bad := range []string{"", "-", "-0", "+1", "01", "1.5", "--1", " 1", "-" + strings.Repeat("9", 78)} {
		if c, err := simulation.ParseChange(bad); !errors.Is(err, countersign.ErrAmount) {
			t.Errorf("ParseChange(%q) = %v, %v", bad, c, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		before, after := rapid.Uint64().Draw(t, "before"), rapid.Uint64().Draw(t, "after")
		c := simulation.ChangeOf(n(before), n(after))
		again, err := simulation.ParseChange(c.String())
		sum := new(big.Int).Add(n(before).Big(), c.Big())
		if err != nil || again.Cmp(c) != 0 || sum.Cmp(n(after).Big()) != 0 {
			t.Fatalf("%s from %d to %d is read as %s (%v)", c, before, after, again, err)
		}
	})
}
