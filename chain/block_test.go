package chain_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"countersign/chain"
	"countersign/chain/codepin"
)

// The head moves on after the first request: what is read is the block that was
// named, before the upgrade and after it.
func TestAllReadsAreOfOneBlock(t *testing.T) {
	s := specimenOf("eip1967")
	after := s.world.with(self, slotLogic, word(upgraded))
	f := newFake(t, s.world)
	n := f.dial()
	f.before = func(request int) {
		if request == 1 {
			f.worlds = append(f.worlds, after)
		}
	}
	if e, err := chain.Verify(t.Context(), n, []codepin.Pin{s.pin}); err != nil || e.BlockNumber != 1 {
		t.Errorf("before the upgrade: %v at block %d, want none at 1", err, e.BlockNumber)
	}
	if e, err := chain.Verify(t.Context(), n, []codepin.Pin{s.pin}); !errors.Is(err, codepin.ErrChanged) || e.BlockNumber != 2 {
		t.Errorf("after the upgrade: %v at block %d, want ErrChanged at 2", err, e.BlockNumber)
	}
}

func TestABlockThatLeavesTheChainIsUnknown(t *testing.T) {
	for verb, read := range reads {
		s := specimenOf("eip1967")
		f := newFake(t, s.world)
		n := f.dial()
		f.before = func(request int) {
			if request == 1 {
				f.worlds[1] = nil
			}
		}
		if err := read(t.Context(), n, s); !errors.Is(err, codepin.ErrUnknown) || !strings.Contains(err.Error(), "not currently canonical") {
			t.Errorf("%s: error %v, want ErrUnknown and the node's word", verb, err)
		}
	}
}

// What changed is told beside what is unknown.
func TestAnErrorCanSayBoth(t *testing.T) {
	s := specimenOf("eip1967-beacon")
	f := newFake(t, s.world.coded(self, otherCode).answering(beacon, callBeacon, "0x"))
	e, err := chain.Verify(t.Context(), f.dial(), []codepin.Pin{s.pin})
	if !errors.Is(err, codepin.ErrChanged) || !errors.Is(err, codepin.ErrUnknown) || len(e.Mismatches) != 1 {
		t.Errorf("error %v with mismatches %s", err, lines(e.Mismatches))
	}
	for _, r := range e.Reads {
		if r.Kind == "call" {
			t.Errorf("evidence holds the answer that was refused: %+v", r)
		}
	}
}

// A node that refuses every read is told of in a few lines.
func TestAnErrorIsShort(t *testing.T) {
	var pins []codepin.Pin
	for i := range 100 {
		pins = append(pins, codepin.Pin{Address: fmt.Sprintf("0x%040x", i+1), CodeHash: keccak(plain)})
	}
	f := newFake(t, world{})
	n := f.dial()
	f.tamper = func(_ int, method string, r map[string]any) []any {
		if method == "eth_getCode" {
			delete(r, "result")
			r["error"] = map[string]any{"code": -32005, "message": strings.Repeat("limit exceeded ", 1000)}
		}
		return []any{r}
	}
	_, err := chain.Verify(t.Context(), n, pins)
	if !errors.Is(err, codepin.ErrUnknown) || !strings.Contains(err.Error(), "95 more reads") || len(err.Error()) > 4000 {
		t.Errorf("error of %d bytes, want at most 4000: %.300v", len(err.Error()), err)
	}
}

// Evidence is JSON even where nothing was read.
func TestEvidenceOfNothing(t *testing.T) {
	e, err := chain.Verify(t.Context(), nil, []codepin.Pin{specimenOf("no proxy").pin})
	if !errors.Is(err, codepin.ErrUnknown) {
		t.Errorf("without a node: %v", err)
	}
	if _, err := json.Marshal(e); err != nil {
		t.Error(err)
	}
}
