package scan_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"countersign"
	"countersign/chain/chaintest"
	"countersign/chain/follow"
	"countersign/chain/rule"

	"github.com/ethereum/go-ethereum/common"
	"pgregory.net/rapid"
)

// text writes events to compare them.
func text(events []follow.Event) (out []string) {
	for _, e := range events {
		out = append(out, fmt.Sprintf("%d %s %s %d %s %s", e.Number, e.Block, e.Tx, e.Index, e.Rule, e.Data))
	}
	return out
}

// truth is what a rule of deposits must tell of the final blocks, counted by the chain itself.
func (w *world) truth() (deposits int) {
	for _, b := range w.chain.Blocks[1 : w.chain.Final()+1] {
		for _, tx := range b.Txs {
			if tx.Failed {
				continue
			}
			if tx.Value > 0 && slices.Contains(wallets, *tx.To) {
				deposits++
			}
			for _, l := range tx.Logs {
				if len(l.Topics) < 3 {
					continue
				}
				from, to := common.BytesToAddress(l.Topics[1][:]), common.BytesToAddress(l.Topics[2][:])
				nothing := len(l.Topics) == 3 && common.BytesToHash(l.Data).Big().Sign() == 0
				taken := slices.Contains(wallets, from) && !slices.Contains(wallets, tx.From) && !nothing
				if slices.Contains(wallets, to) || taken {
					deposits++
				}
			}
		}
	}
	return deposits
}

func TestRangesAndBlocksTellTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, rapid.Uint64().Draw(rt, "seed"), 1)
		for range 30 {
			w.grow()
		}
		s := w.source()
		var single []follow.Event
		for n := uint64(1); n <= w.chain.Final(); n++ {
			b, err := s.ByNumber(t.Context(), n)
			if err != nil {
				rt.Fatal(err)
			}
			events, err := s.Events(t.Context(), b)
			if err != nil {
				rt.Fatal(err)
			}
			single = append(single, events...)
			if err := w.Keep(t.Context(), follow.Cursor{Final: b}, occurred(events)); err != nil {
				rt.Fatal(err)
			}
		}
		w.told = nil
		cut := rapid.Uint64Range(1, w.chain.Final()-1).Draw(rt, "cut")
		ranged, err := s.Range(t.Context(), 1, cut)
		if err != nil {
			rt.Fatal(err)
		}
		w.told = occurred(ranged)
		rest, err := s.Range(t.Context(), cut+1, w.chain.Final())
		if err != nil {
			rt.Fatal(err)
		}
		if a, b := text(single), text(append(ranged, rest...)); !slices.Equal(a, b) {
			rt.Fatalf("by blocks:\n%s\nby ranges:\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
		}
		deposits := 0
		for _, e := range single {
			if e.Rule == "deposit" {
				deposits++
			}
		}
		if want := w.truth(); deposits != want {
			rt.Fatalf("%d deposits were found, %d happened", deposits, want)
		}
	})
}

func occurred(events []follow.Event) (out []follow.Occurrence) {
	for _, e := range events {
		out = append(out, follow.Occurrence{Event: e, State: follow.Confirmed})
	}
	return out
}

func TestWhatIsTold(t *testing.T) {
	w := newWorld(t, 1, 1)
	s := w.source()
	wallet := wallets[0]
	mint := append(append([]byte{0x40, 0xc1, 0x0f, 0x19}, common.BytesToHash(wallet[:]).Bytes()...), common.HexToHash("0x7").Bytes()...)
	tx := w.chain.Send(&chaintest.Tx{From: other, To: &token, Input: mint, Gas: 50000, Logs: []chaintest.Log{chaintest.TransferLog(token, common.Address{}, wallet, 7)}})
	w.waited = []string{tx.Hash.Hex()}
	b := w.chain.Mine(&chaintest.Tx{From: other, To: &wallet, Value: 5}, tx, &chaintest.Tx{From: other, To: &token, Input: mint[:5]},
		&chaintest.Tx{From: other, To: &fees, Value: 46}, // from 45 above the lower level
		&chaintest.Tx{From: token, To: &fees, Value: 52}) // and above the upper
	block, err := s.ByNumber(t.Context(), b.Number)
	if err != nil {
		t.Fatal(err)
	}
	events, err := s.Events(t.Context(), block)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		got = append(got, fmt.Sprintf("%s %d %s", e.Rule, e.Index, e.Data))
	}
	const a, o, c = "0x00000000000000000000000000000000000000a1", "0x00000000000000000000000000000000000000b2", "0x0000000000000000000000000000000000c0ffee"
	want := []string{
		`deposit 0 {"kind":"Native","from":"` + o + `","to":"` + a + `","amount":"5","log":-1}`,
		`function/mint 0 {"from":"` + o + `","to":"` + c + `","function":"mint(address,uint256)","value":"0","succeeded":true,"args":[{"name":"to","type":"address","value":"` + a + `"},{"name":"amount","type":"uint256","value":"7"}]}`,
		`transaction 0 {"succeeded":true}`,
		`deposit 1 {"kind":"Erc20","asset":"` + c + `","from":"0x0000000000000000000000000000000000000000","to":"` + a + `","amount":"7","log":0}`,
		`function/mint 0 {"from":"` + o + `","to":"` + c + `","function":"mint(address,uint256)","value":"0","succeeded":true,"refused":`,
		`balance/fees 0 {"side":"above","holder":"0x0000000000000000000000000000000000000fee","balance":"2199023255695","low":"2199023255552","high":"2199023255612"}`,
	}
	if len(got) != len(want) {
		t.Fatalf("%d events, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("event %d is\n%s, want\n%s", i, got[i], want[i])
		}
	}
}

func TestABalanceCrossesALevelOnce(t *testing.T) {
	th := rule.Threshold{Holder: "0xAA", Low: countersign.NewAmount(10), High: countersign.NewAmount(20)}
	var side rule.Side
	var told []string
	for _, n := range []uint64{15, 12, 10, 5, 15, 19, 9, 20, 30, 15, 11, 10} {
		d, crossed := th.Cross(side, countersign.NewAmount(n))
		if side = d.Side; crossed {
			told = append(told, fmt.Sprintf("%s at %d", side, n))
		}
	}
	if got := strings.Join(told, ", "); got != "below at 10, above at 20, below at 10" {
		t.Errorf("told: %s", got)
	}
}

func TestARangeThatIsTooMuch(t *testing.T) {
	for _, tt := range []struct {
		code    int
		message string
		want    bool
	}{
		{-32000, "query returned more than 20000 results", true},
		{-32005, "query returned more than 10000 results. Try with this block range [0x1, 0x2].", true},
		{-32602, "range 1000000 exceeds limit of 10000", true},
		{-32602, "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range", true},
		{-32614, "eth_getLogs is limited to a 10,000 range", true},
		{-32000, "query exceeds max results 20000, retry with the range 1-2", true},
		{-32000, "query returns too many logs, narrow your filter: 20000", true},
		{-32020, "backend response too large", true},
		{-32602, "block range extends beyond current head block", false},
		{-32000, "unknown block", false},
		{-32603, "internal error", false},
	} {
		w := newWorld(t, 3, 1)
		for range 20 {
			w.grow()
		}
		w.nodes[0].Tamper = func(m string, _ []json.RawMessage, result any) (any, error) {
			if m == "eth_getLogs" {
				return nil, &chaintest.Refusal{Code: tt.code, Message: tt.message}
			}
			return result, nil
		}
		_, err := w.source().Range(t.Context(), 1, 5)
		if err == nil || errors.Is(err, follow.ErrTooMany) != tt.want || !errors.Is(err, countersign.ErrUnsure) {
			t.Errorf("Range refused with %d %q = %v", tt.code, tt.message, err)
		}
	}
}

func TestANodeThatIsTooSlowForARange(t *testing.T) {
	w := newWorld(t, 3, 1)
	for range 20 {
		w.grow()
	}
	w.net.Timeout = "50ms"
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	w.nodes[0].Instead = func(http.ResponseWriter, *http.Request) bool { <-release; return true }
	if _, err := w.source().Range(t.Context(), 1, 5); !errors.Is(err, follow.ErrTooMany) {
		t.Errorf("Range = %v, want ErrTooMany", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.source().Range(ctx, 1, 5); err == nil || errors.Is(err, follow.ErrTooMany) {
		t.Errorf("Range of no time = %v", err)
	}
}

func TestNodesThatDoNotAgreeStopEverything(t *testing.T) {
	for _, tt := range []struct {
		name   string
		tamper func(m string, _ []json.RawMessage, result any) (any, error)
	}{
		{"about the final block", func(_ string, _ []json.RawMessage, result any) (any, error) {
			if b, ok := result.(map[string]any); ok && b["number"] == "0x8" {
				b["hash"] = "0x" + strings.Repeat("ab", 32)
			}
			return result, nil
		}},
		{"about logs", func(m string, _ []json.RawMessage, result any) (any, error) {
			if m == "eth_getLogs" {
				return []any{}, nil
			}
			return result, nil
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, 5, 2)
			wallet := wallets[0]
			for range 20 {
				w.chain.Mine(&chaintest.Tx{From: other, To: &token, Logs: []chaintest.Log{chaintest.TransferLog(token, other, wallet, 1)}})
			}
			w.nodes[1].Tamper = tt.tamper
			f := &follow.Follower{Source: w.source(), Keeper: w, Start: 1}
			if err := f.Step(t.Context()); !errors.Is(err, countersign.ErrUnsure) {
				t.Errorf("Step = %v, want ErrUnsure", err)
			}
			if len(w.told) > 0 {
				t.Errorf("%d events were told", len(w.told))
			}
			w.nodes[1].Tamper = nil
			if err := f.Step(t.Context()); err != nil || len(w.told) == 0 {
				t.Errorf("Step after they agree = %v, %d events", err, len(w.told))
			}
		})
	}
}
