package chain_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"countersign/chain"
	"countersign/chain/codepin"
)

func TestAPinHoldsAsLongAsNothingChanges(t *testing.T) {
	for _, s := range specimens() {
		t.Run(s.name, func(t *testing.T) {
			f := newFake(t, s.world)
			e, err := chain.Verify(t.Context(), f.dial(), []codepin.Pin{s.pin}, s.selectors...)
			if err != nil {
				t.Fatal(err)
			}
			if e.BlockHash != hashOf(1) || e.BlockNumber != 1 || e.ChainID != chainID || len(e.Mismatches) > 0 {
				t.Errorf("evidence %+v, want of block 1 and no mismatch", e)
			}
			if f.requests != 2 {
				t.Errorf("%d requests, want 2: the block, then everything", f.requests)
			}
		})
	}
}

// What people copy from a block explorer is compared by its bytes.
func TestAddressesArePinnedInAnyCase(t *testing.T) {
	const lettered = "0xabcdefabcdefabcdefabcdefabcdefabcdefabcd"
	upper := func(address string) string { return "0x" + strings.ToUpper(address[2:]) }
	for _, name := range []string{"eip1967", "safe", "eip1967-beacon", "diamond"} {
		s := specimenOf(name)
		s.world[lettered] = account{code: targetCode}
		s.world = s.world.with(self, slotLogic, word("0x0")).with(self, slotZero, word(lettered))
		switch name {
		case "eip1967":
			s.world = s.world.with(self, slotLogic, word(lettered))
		case "eip1967-beacon":
			s.world[lettered] = account{code: beaconCode, calls: map[string]string{callBeacon: word(lettered)}}
			s.world = s.world.with(self, slotBeacon, word(lettered))
			s.pin.Beacon, s.pin.ImplementationCodeHash = upper(lettered), keccak(beaconCode)
		case "diamond":
			s.world = s.world.answering(self, loupe(mint), word(lettered))
			s.pin.Facets[mint] = codepin.Facet{Address: upper(lettered), CodeHash: keccak(targetCode)}
		}
		if s.pin.Implementation != "" {
			s.pin.Implementation = upper(lettered)
		}
		for _, address := range []string{self, upper(self), "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"} {
			s.pin.Address = address
			if _, err := chain.Verify(t.Context(), newFake(t, s.world).dial(), []codepin.Pin{s.pin}, s.selectors...); err != nil {
				t.Errorf("%s pinned as %s: %v", name, address, err)
			}
		}
	}
}

func TestEveryChangeIsAMismatch(t *testing.T) {
	of := specimenOf
	delegated := "ef0100" + upgraded[2:]
	for _, tt := range []struct {
		name  string
		s     specimen
		world func(world) world
		field string
		want  string
		got   string
	}{
		{"other code", of("no proxy"), func(w world) world { return w.coded(self, otherCode) }, "code_hash", keccak(plain), keccak(otherCode)},
		{"no code", of("no proxy"), func(w world) world { return w.coded(self, "") }, "code_hash", keccak(plain), "no code"},
		{"a delegation", of("no proxy"), func(w world) world { return w.coded(self, delegated) }, "code_hash", keccak(plain), "EIP-7702 delegation to " + upgraded},
		{"no code at a proxy", of("eip1967"), func(w world) world { return w.coded(self, "") }, "code_hash", keccak(plain), "no code"},
		{"the proxy's own code", of("eip1967"), func(w world) world { return w.coded(self, otherCode) }, "code_hash", keccak(plain), keccak(otherCode)},
		{"an upgrade", of("eip1967"), func(w world) world { return w.with(self, slotLogic, word(upgraded)) }, "implementation", target, upgraded},
		{"an emptied slot", of("eip1967"), func(w world) world { return w.with(self, slotLogic, word("0x0")) }, "implementation", target, zeroAddr},
		{"a destroyed implementation", of("eip1967"), func(w world) world { return w.coded(target, "") }, "implementation_code_hash", keccak(targetCode), "no code"},
		{"an implementation made anew", of("eip1967"), func(w world) world { return w.coded(target, otherCode) }, "implementation_code_hash", keccak(targetCode), keccak(otherCode)},
		{"an implementation with a key", of("eip1967"), func(w world) world { return w.coded(target, delegated) }, "implementation_code_hash", keccak(targetCode), "EIP-7702 delegation to " + upgraded},
		{"an upgrade by PROXIABLE", of("eip1822"), func(w world) world { return w.with(self, slotProxiable, word(upgraded)) }, "implementation", target, upgraded},
		{"an upgrade by ZeppelinOS", of("zeppelinos"), func(w world) world { return w.with(self, slotZeppelinOS, word(upgraded)) }, "implementation", target, upgraded},
		{"another singleton", of("safe"), func(w world) world { return w.with(self, slotZero, word(upgraded)) }, "implementation", target, upgraded},
		{"a minimal proxy of another", of("eip1167"), func(w world) world { return w.coded(self, clone(upgraded)) }, "implementation", target, upgraded},
		{"a minimal proxy no more", of("eip1167"), func(w world) world { return w.coded(self, plain) }, "proxy", "eip1167", "code that is no minimal proxy"},
		{"another beacon", of("eip1967-beacon"), func(w world) world { return w.with(self, slotBeacon, word(upgraded)) }, "beacon", beacon, upgraded},
		{"the beacon's code", of("eip1967-beacon"), func(w world) world { return w.coded(beacon, otherCode) }, "beacon_code_hash", keccak(beaconCode), keccak(otherCode)},
		{"no beacon", of("eip1967-beacon"), func(w world) world { return w.coded(beacon, "") }, "beacon_code_hash", keccak(beaconCode), "no code"},
		{
			"the beacon's word", of("eip1967-beacon"), func(w world) world { return w.answering(beacon, callBeacon, word(upgraded)) },
			"implementation", target, upgraded,
		},
		{"the code it names", of("eip1967-beacon"), func(w world) world { return w.coded(target, otherCode) }, "implementation_code_hash", keccak(targetCode), keccak(otherCode)},
		{
			"a slot that goes before the beacon", of("eip1967-beacon"), func(w world) world { return w.with(self, slotLogic, word(upgraded)) },
			"proxy", "eip1967-beacon", "eip1967 and eip1967-beacon",
		},
		{
			"a beacon behind a proxy", of("eip1967-beacon"), func(w world) world { return w.with(beacon, slotLogic, word(upgraded)) },
			"beacon", "no proxy, or one with a pin of its own", "eip1967",
		},
		{
			"a replaced facet", of("diamond"), func(w world) world { return w.answering(self, loupe(mint), word(upgraded)) },
			"facets." + mint + ".address", target, upgraded,
		},
		{
			"a removed facet", of("diamond"), func(w world) world { return w.answering(self, loupe(mint), word("0x0")) },
			"facets." + mint + ".address", target, zeroAddr,
		},
		{"a facet's code", of("diamond"), func(w world) world { return w.coded(target, otherCode) }, "facets." + mint + ".code_hash", keccak(targetCode), keccak(otherCode)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := &chain.Mismatch{Address: self, Field: tt.field, Want: tt.want, Got: tt.got}
			world := tt.world(tt.s.world)
			mismatch(t, world, tt.s, want)

			// Without hashes the rest of the pin still says so.
			if tt.s.pin.Proxy == "" || strings.HasSuffix(tt.field, "code_hash") {
				return
			}
			tt.s.pin.CodeHash, tt.s.pin.ImplementationCodeHash, tt.s.pin.BeaconCodeHash = "", "", ""
			mismatch(t, world, tt.s, want)
		})
	}
}

// mismatch demands that a mismatch is found, and nothing unknown.
func mismatch(t *testing.T, w world, s specimen, want *chain.Mismatch) {
	t.Helper()
	e, err := chain.Verify(t.Context(), newFake(t, w).dial(), []codepin.Pin{s.pin}, s.selectors...)
	if !errors.Is(err, codepin.ErrChanged) || errors.Is(err, codepin.ErrUnknown) {
		t.Fatalf("Verify = %v, want ErrChanged alone", err)
	}
	if !strings.Contains(err.Error(), want.Field) || !strings.Contains(err.Error(), want.Got) {
		t.Errorf("error %q does not say %q and %q", err, want.Field, want.Got)
	}
	for _, m := range e.Mismatches {
		if reflect.DeepEqual(m, want) {
			return
		}
	}
	t.Errorf("mismatches %s, want %+v", lines(e.Mismatches), want)
}

func lines(ms []*chain.Mismatch) string {
	var b strings.Builder
	for _, m := range ms {
		fmt.Fprintf(&b, "\n%+v", *m)
	}
	return b.String()
}

// Code without a hash is not compared, but there must be some.
func TestWithoutAHashThereMustBeCode(t *testing.T) {
	s := specimenOf("eip1967")
	s.pin.CodeHash, s.pin.ImplementationCodeHash = "", ""
	mismatch(t, s.world.coded(self, ""), s, &chain.Mismatch{Address: self, Field: "code_hash", Want: "code", Got: "no code"})
	mismatch(t, s.world.coded(target, ""), s, &chain.Mismatch{Address: self, Field: "implementation_code_hash", Want: "code", Got: "no code"})
	if _, err := chain.Verify(t.Context(), newFake(t, s.world.coded(target, otherCode)).dial(), []codepin.Pin{s.pin}); err != nil {
		t.Errorf("unpinned code was compared: %v", err)
	}
}

// Who pins the code of a proxy as if it were all has pinned nothing.
func TestAProxyIsNotPinnedByItsOwnCode(t *testing.T) {
	for _, s := range specimens() {
		if s.pin.Proxy == "" {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			s.pin = codepin.Pin{Address: self, CodeHash: s.pin.CodeHash}
			s.selectors = nil
			mismatch(t, s.world, s, &chain.Mismatch{Address: self, Field: "proxy", Want: "no proxy", Got: s.name})
		})
	}
}

// A contract with two slots is pinned twice, and both count.
func TestAnAddressCanBePinnedAsTwoKinds(t *testing.T) {
	s := specimenOf("eip1967")
	w := s.world.with(self, slotZeppelinOS, word(target))
	old := s.pin
	old.Proxy, old.Address = codepin.ZeppelinOS, "0x"+strings.ToUpper(self[2:])
	pins := []codepin.Pin{s.pin, old}
	if _, err := chain.Verify(t.Context(), newFake(t, w).dial(), pins); err != nil {
		t.Errorf("both pinned: %v", err)
	}
	mismatch(t, w, s, &chain.Mismatch{Address: self, Field: "proxy", Want: "eip1967", Got: "eip1967 and zeppelinos"})
	e, err := chain.Verify(t.Context(), newFake(t, w.with(self, slotZeppelinOS, word(upgraded))).dial(), pins)
	if !errors.Is(err, codepin.ErrChanged) || len(e.Mismatches) != 1 || e.Mismatches[0].Got != upgraded {
		t.Errorf("the second changed: %v %s", err, lines(e.Mismatches))
	}
}

// A beacon that is a proxy is pinned by a pin of its own.
func TestABeaconCanHaveAPinOfItsOwn(t *testing.T) {
	s := specimenOf("eip1967-beacon")
	w := s.world.with(beacon, slotLogic, word(upgraded))
	own := codepin.Pin{Address: beacon, Proxy: codepin.EIP1967, Implementation: upgraded}
	if _, err := chain.Verify(t.Context(), newFake(t, w).dial(), []codepin.Pin{s.pin, own}); err != nil {
		t.Error(err)
	}
}

func TestManyPinsAreVerifiedAtOneBlock(t *testing.T) {
	w, pins := world{}, []codepin.Pin(nil)
	for i := range 40 {
		address, impl := fmt.Sprintf("0x%040x", 0xa000+i), fmt.Sprintf("0x%040x", 0xb000+i)
		w[address] = account{code: plain, slots: map[string]string{slotLogic: word(impl)}}
		w[impl] = account{code: targetCode}
		pins = append(pins, codepin.Pin{Address: address, Proxy: codepin.EIP1967, Implementation: impl})
	}
	f := newFake(t, w)
	n := f.dial()
	f.before = func(request int) {
		if request > 0 {
			f.worlds = append(f.worlds, world{}) // the head moves on
		}
	}
	e, err := chain.Verify(t.Context(), n, pins)
	if err != nil || e.BlockNumber != 1 || len(e.Reads) != 40*6 || f.requests < 5 {
		t.Errorf("Verify = %v at block %d with %d reads in %d requests, want none at 1 with 240", err, e.BlockNumber, len(e.Reads), f.requests)
	}

	w[fmt.Sprintf("0x%040x", 0xb000+39)] = account{}
	if e, err := chain.Verify(t.Context(), newFake(t, w).dial(), pins); !errors.Is(err, codepin.ErrChanged) || len(e.Mismatches) != 1 {
		t.Errorf("the last one lost its code: %v %s", err, lines(e.Mismatches))
	}
}

func TestEvidenceForTheRecord(t *testing.T) {
	s := specimenOf("eip1167")
	w := s.world.coded(target, otherCode)
	e, err := chain.Verify(t.Context(), newFake(t, w).dial(), []codepin.Pin{s.pin})
	if err == nil {
		t.Fatal("verified")
	}
	got, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	zero := `","value":"` + word("0x0") + `"}`
	storage := `{"address":"` + self + `","kind":"storage","key":"`
	want := `{"chain_id":424242,"block_number":1,"block_hash":"` + hashOf(1) + `","block_time":"2023-11-14T22:13:32Z","reads":[` +
		`{"address":"` + self + `","kind":"code","value":"` + keccak(clone(target)) + `"},` +
		storage + slotLogic + zero + "," + storage + slotBeacon + zero + "," + storage + slotProxiable + zero + "," + storage + slotZeppelinOS + zero + "," +
		`{"address":"` + target + `","kind":"code","value":"` + keccak(otherCode) + `"}],` +
		`"mismatches":[{"address":"` + self + `","field":"implementation_code_hash","want":"` + keccak(targetCode) + `","got":"` + keccak(otherCode) + `"}]}`
	if string(got) != want {
		t.Errorf("evidence\n%s\nwant\n%s", got, want)
	}
}

func TestFresh(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	e := chain.Evidence{BlockHash: hashOf(1), BlockNumber: 1, BlockTime: at}
	for _, tt := range []struct {
		name  string
		e     chain.Evidence
		now   time.Time
		fresh bool
	}{
		{"just made", e, at, true},
		{"as old as allowed", e, at.Add(time.Minute), true},
		{"older", e, at.Add(time.Minute + time.Second), false},
		{"a clock ahead of ours", e, at.Add(-time.Hour), true},
		{"nothing read", chain.Evidence{}, at, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.e.Fresh(tt.now, time.Minute); (err == nil) != tt.fresh || err != nil && !errors.Is(err, codepin.ErrUnknown) {
				t.Errorf("Fresh = %v, want fresh=%t", err, tt.fresh)
			}
		})
	}
}
