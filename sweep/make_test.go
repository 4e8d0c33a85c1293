package sweep_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/sweep"
)

const (
	coin   = "0x00000000000000000000000000000000000000aa"
	second = "0x00000000000000000000000000000000000000bb"
	safe   = "0x0000000000000000000000000000000000000001" // the treasury's address
	pump   = "0x0000000000000000000000000000000000000002" // the station's
	price  = 10
	send   = 21_000
	fetch  = 60_000 // of a token
)

func n(v uint64) countersign.Amount { return countersign.NewAmount(v) }

func wallet(id, address string) countersign.Wallet {
	return countersign.Wallet{ID: id, Network: "EthereumSepolia", Address: address, Tags: []string{"vip", "deposit"}}
}

// holding is wallet number i with so much of the native asset and of the two tokens.
func holding(i int, native, first, other uint64) sweep.Holding {
	return sweep.Holding{Wallet: wallet(fmt.Sprintf("wa-%02d", i), fmt.Sprintf("0x%040x", 0x100+i)),
		Native: n(native), Tokens: []countersign.Amount{{}, n(first), n(other)}}
}

// A scene is a run and what it finds: the native asset and two tokens, gas at 10 wei.
type scene struct {
	run  sweep.Run
	snap sweep.Snapshot
}

func stage(wallets ...sweep.Holding) *scene {
	station := sweep.Holding{Wallet: wallet("st-1", pump), Native: n(100_000_000), Tokens: make([]countersign.Amount, 3)}
	return &scene{
		run: sweep.Run{Due: time.Date(2026, 11, 29, 17, 30, 0, 0, time.UTC), Order: sweep.Order{
			Sweep: "nightly", Network: "EthereumSepolia", Tag: "deposit", Treasury: "tr-1", MaxGasPrice: n(100),
			Assets: []sweep.Asset{{}, {Contract: coin}, {Contract: second}}, TopUp: &sweep.TopUp{Wallet: "st-1"},
		}},
		snap: sweep.Snapshot{
			Block: countersign.BlockRef{Number: 7, Hash: "0x07"}, Price: n(price), Gas: []uint64{send, fetch, fetch}, NativeGas: send,
			Treasury: wallet("tr-1", safe), Station: &station, Wallets: wallets,
		},
	}
}

// tell writes a plan in short: what moves and what stays, asset by asset.
func tell(p sweep.Plan) string {
	var b strings.Builder
	names := map[string]string{"": "native", coin: "coin", second: "second"}
	for _, m := range p.TopUps {
		fmt.Fprintf(&b, "%s gets %s; ", m.ToWallet, m.Amount)
	}
	for _, m := range p.Moves {
		fmt.Fprintf(&b, "%s sends %s %s; ", m.WalletID, m.Amount, names[m.Contract])
	}
	for _, s := range p.Skips {
		fmt.Fprintf(&b, "%s keeps %s %s: %s; ", s.WalletID, s.Amount, names[s.Contract], s.Reason)
	}
	return strings.TrimSuffix(b.String(), "; ")
}

func TestWhatBecomesOfAWallet(t *testing.T) {
	bounded := func(bps int64) func(*scene) {
		return func(s *scene) {
			s.run.Order.Assets[1].MaxFeeBPS, s.run.Order.Assets[1].Worth = bps, &sweep.Worth{Amount: n(1), Wei: n(1000)}
			s.run.Order.Assets[0].MaxFeeBPS = bps
		}
	}
	for _, tt := range []struct {
		name   string
		holds  sweep.Holding
		change func(*scene)
		want   string
	}{
		{"the native asset goes, all but what the move costs", holding(1, 1_000_000, 0, 0), nil,
			"wa-01 sends 790000 native; wa-01 keeps 0 coin: nothing; wa-01 keeps 0 second: nothing"},
		{"and but the floor", holding(1, 1_000_000, 0, 0), func(s *scene) { s.run.Order.Assets[0].Floor = n(500_000) },
			"wa-01 sends 290000 native; wa-01 keeps 0 coin: nothing; wa-01 keeps 0 second: nothing"},
		{"one wei more than the fee is one wei", holding(1, 210_001, 0, 0), nil,
			"wa-01 sends 1 native; wa-01 keeps 0 coin: nothing; wa-01 keeps 0 second: nothing"},
		{"the fee alone is not enough", holding(1, 210_000, 0, 0), nil,
			"wa-01 keeps 210000 native: no_gas; wa-01 keeps 0 coin: nothing; wa-01 keeps 0 second: nothing"},
		{"the floor alone is nothing", holding(1, 500_000, 0, 0), func(s *scene) { s.run.Order.Assets[0].Floor = n(500_000) },
			"wa-01 keeps 500000 native: nothing; wa-01 keeps 0 coin: nothing; wa-01 keeps 0 second: nothing"},
		{"what moves is dust once the fee is off", holding(1, 1_000_000, 0, 0), func(s *scene) { s.run.Order.Assets[0].Dust = n(790_001) },
			"wa-01 keeps 1000000 native: dust; wa-01 keeps 0 coin: nothing; wa-01 keeps 0 second: nothing"},
		{"exactly the dust bound moves", holding(1, 1_000_000, 0, 0), func(s *scene) { s.run.Order.Assets[0].Dust = n(790_000) },
			"wa-01 sends 790000 native; wa-01 keeps 0 coin: nothing; wa-01 keeps 0 second: nothing"},
		{"tokens are paid for before the rest goes", holding(1, 2_000_000, 7, 8), nil,
			"wa-01 sends 590000 native; wa-01 sends 7 coin; wa-01 sends 8 second"},
		{"a token keeps its floor", holding(1, 2_000_000, 7, 8), func(s *scene) { s.run.Order.Assets[1].Floor, s.run.Order.Assets[2].Floor = n(2), n(8) },
			"wa-01 sends 1190000 native; wa-01 sends 5 coin; wa-01 keeps 8 second: nothing"},
		{"a token's dust is above its floor", holding(1, 1_000_000, 7, 0), func(s *scene) { s.run.Order.Assets[1].Floor, s.run.Order.Assets[1].Dust = n(2), n(6) },
			"wa-01 sends 790000 native; wa-01 keeps 7 coin: dust; wa-01 keeps 0 second: nothing"},
		{"no gas: both tokens by one top-up", holding(1, 0, 7, 8), nil,
			"wa-01 gets 1200000; wa-01 sends 7 coin; wa-01 sends 8 second; wa-01 keeps 0 native: nothing"},
		{"gas for one: what lacks for the other", holding(1, 700_000, 7, 8), nil,
			"wa-01 gets 500000; wa-01 sends 7 coin; wa-01 sends 8 second; wa-01 keeps 700000 native: no_gas"},
		{"a top-up takes all that is above the floor", holding(1, 1_000_000, 7, 8), nil,
			"wa-01 gets 200000; wa-01 sends 7 coin; wa-01 sends 8 second; wa-01 keeps 1000000 native: no_gas"},
		{"the floor pays for nothing, and is topped up too", holding(1, 700_000, 7, 0), func(s *scene) { s.run.Order.Assets[0].Floor = n(1_000_000) },
			"wa-01 gets 900000; wa-01 sends 7 coin; wa-01 keeps 700000 native: nothing; wa-01 keeps 0 second: nothing"},
		{"no top-ups: the first token that can pay", holding(1, 700_000, 7, 8), func(s *scene) { s.run.Order.TopUp, s.snap.Station = nil, nil },
			"wa-01 sends 7 coin; wa-01 keeps 700000 native: no_gas; wa-01 keeps 8 second: no_gas"},
		{"the station keeps its floor", holding(1, 0, 7, 0), func(s *scene) { s.run.Order.TopUp.Floor = n(100_000_000 - 810_000 + 1) },
			"wa-01 keeps 0 native: nothing; wa-01 keeps 7 coin: station_low; wa-01 keeps 0 second: nothing"},
		{"and gives all above it", holding(1, 0, 7, 0), func(s *scene) { s.run.Order.TopUp.Floor = n(100_000_000 - 810_000) },
			"wa-01 gets 600000; wa-01 sends 7 coin; wa-01 keeps 0 native: nothing; wa-01 keeps 0 second: nothing"},
		{"a token worth its fee", holding(1, 600_000, 60_000, 0), bounded(100),
			"wa-01 sends 60000 coin; wa-01 keeps 600000 native: no_gas; wa-01 keeps 0 second: nothing"},
		{"a token not worth its fee", holding(1, 600_000, 59_999, 0), bounded(100),
			"wa-01 keeps 600000 native: fee_too_high; wa-01 keeps 59999 coin: fee_too_high; wa-01 keeps 0 second: nothing"},
		{"worth its fee, but not the top-up's too", holding(1, 0, 80_999, 0), bounded(100),
			"wa-01 keeps 0 native: nothing; wa-01 keeps 80999 coin: fee_too_high; wa-01 keeps 0 second: nothing"},
		{"worth both fees", holding(1, 0, 81_000, 0), bounded(100),
			"wa-01 gets 600000; wa-01 sends 81000 coin; wa-01 keeps 0 native: nothing; wa-01 keeps 0 second: nothing"},
		{"a wei too little", holding(1, 600_000, 599_999, 0), func(s *scene) {
			s.run.Order.Assets[1].MaxFeeBPS, s.run.Order.Assets[1].Worth = 10_000, &sweep.Worth{Amount: n(3), Wei: n(3)}
		}, "wa-01 sends 390000 native; wa-01 keeps 599999 coin: fee_too_high; wa-01 keeps 0 second: nothing"},
		{"to the wei", holding(1, 600_000, 600_000, 0), func(s *scene) {
			s.run.Order.Assets[1].MaxFeeBPS, s.run.Order.Assets[1].Worth = 10_000, &sweep.Worth{Amount: n(3), Wei: n(3)}
		}, "wa-01 sends 600000 coin; wa-01 keeps 600000 native: no_gas; wa-01 keeps 0 second: nothing"},
		{"native not worth its fee", holding(1, 1_000_000, 0, 0), bounded(2658), // 210000 of 790000 is 26.58…%
			"wa-01 keeps 1000000 native: fee_too_high; wa-01 keeps 0 coin: nothing; wa-01 keeps 0 second: nothing"},
		{"native worth its fee", holding(1, 1_000_000, 0, 0), bounded(2659),
			"wa-01 sends 790000 native; wa-01 keeps 0 coin: nothing; wa-01 keeps 0 second: nothing"},
		{"what could not be read stays", holding(1, 2_000_000, 0, 8), func(s *scene) { s.snap.Wallets[0].Fault = map[int]string{1: "no token"} },
			"wa-01 sends 1190000 native; wa-01 sends 8 second; wa-01 keeps 0 coin: unreadable"},
		{"and pays for gas where it may not leave", holding(1, 2_000_000, 7, 0), func(s *scene) { s.snap.Wallets[0].Fault = map[int]string{0: "would be refused"} },
			"wa-01 sends 7 coin; wa-01 keeps 2000000 native: unreadable; wa-01 keeps 0 second: nothing"},
		{"no address", holding(1, 2_000_000, 7, 8), func(s *scene) { s.snap.Wallets[0].Wallet.Address = "" },
			"wa-01 keeps 2000000 native: unreadable; wa-01 keeps 7 coin: unreadable; wa-01 keeps 8 second: unreadable"},
		{"the treasury itself", holding(1, 2_000_000, 7, 8), func(s *scene) { s.snap.Wallets[0].Wallet = wallet("tr-1", safe) },
			"tr-1 keeps 2000000 native: is_treasury; tr-1 keeps 7 coin: is_treasury; tr-1 keeps 8 second: is_treasury"},
		{"another wallet at its address", holding(1, 2_000_000, 7, 8), func(s *scene) {
			s.snap.Treasury.Address = "0x00000000000000000000000000000000000000fe"
			s.snap.Wallets[0].Wallet.Address = "0x00000000000000000000000000000000000000FE"
		}, "wa-01 keeps 2000000 native: is_treasury; wa-01 keeps 7 coin: is_treasury; wa-01 keeps 8 second: is_treasury"},
		{"the station", holding(1, 2_000_000, 7, 8), func(s *scene) { s.snap.Wallets[0].Wallet.Address = pump },
			"wa-01 keeps 2000000 native: is_station; wa-01 keeps 7 coin: is_station; wa-01 keeps 8 second: is_station"},
		{"gas costs too much", holding(1, 2_000_000, 7, 0), func(s *scene) { s.run.Order.MaxGasPrice = n(price - 1) },
			"wa-01 keeps 2000000 native: gas_price; wa-01 keeps 7 coin: gas_price; wa-01 keeps 0 second: nothing"},
		{"gas costs as much as it may", holding(1, 1_000_000, 0, 0), func(s *scene) { s.run.Order.MaxGasPrice = n(price) },
			"wa-01 sends 790000 native; wa-01 keeps 0 coin: nothing; wa-01 keeps 0 second: nothing"},
		{"an order of tokens alone leaves the rest", holding(1, 2_000_000, 7, 8), func(s *scene) {
			s.run.Order.Assets, s.snap.Gas = s.run.Order.Assets[1:], s.snap.Gas[1:]
			s.snap.Wallets[0].Tokens = s.snap.Wallets[0].Tokens[1:]
		}, "wa-01 sends 7 coin; wa-01 sends 8 second"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := stage(tt.holds)
			if tt.change != nil {
				tt.change(s)
			}
			p, err := sweep.Make(s.run, s.snap)
			if err != nil {
				t.Fatal(err)
			}
			if got := tell(p); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if deferred := s.run.Order.MaxGasPrice.Cmp(s.snap.Price) < 0; deferred != (p.Deferred == sweep.GasPrice) || deferred && len(p.All()) > 0 {
				t.Errorf("deferred: %q, with %d moves", p.Deferred, len(p.All()))
			}
		})
	}
}

func TestTwoWalletsWithOneAddressAreSweptOnce(t *testing.T) {
	a, b := holding(2, 1_000_000, 0, 0), holding(1, 1_000_000, 0, 0)
	b.Wallet.Address = strings.ToUpper(a.Wallet.Address[2:])
	b.Wallet.Address = "0x" + b.Wallet.Address
	s := stage(a, b)
	p, err := sweep.Make(s.run, s.snap)
	if err != nil || len(p.Moves) != 1 || p.Moves[0].WalletID != "wa-01" || p.Skips[2].Reason != sweep.SameAddress {
		t.Errorf("%s, %v", tell(p), err)
	}
}

func TestTotalsAddUp(t *testing.T) {
	s := stage(holding(1, 0, 5, 6), holding(2, 0, 7, 0), holding(3, 1_000_000, 0, 0))
	p, err := sweep.Make(s.run, s.snap)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range p.Totals {
		got = append(got, fmt.Sprintf("%s %s %d %s %s", x.Purpose, x.Contract, x.Moves, x.Amount, x.MaxFee))
	}
	if want := []string{"gas_top_up  2 1800000 420000", "to_treasury  1 790000 210000", "to_treasury " + coin + " 2 12 1200000", "to_treasury " + second + " 1 6 600000"}; strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestASnapshotThatDoesNotFitIsRefused(t *testing.T) {
	for field, spoil := range map[string]func(*scene){
		"due":           func(s *scene) { s.run.Due = s.run.Due.Add(time.Millisecond) },
		"due:":          func(s *scene) { s.run.Due = time.Time{} },
		"tag":           func(s *scene) { s.run.Order.Tag = "" },
		"block.hash":    func(s *scene) { s.snap.Block = countersign.BlockRef{} },
		"price":         func(s *scene) { s.snap.Price = countersign.Amount{} },
		"gas: 2 limits": func(s *scene) { s.snap.Gas = s.snap.Gas[1:] },
		"gas[1]":        func(s *scene) { s.snap.Gas[1] = 0 },
		"gas[2]": func(s *scene) {
			s.snap.Price, s.snap.Gas[2] = countersign.MustAmount("1"+strings.Repeat("0", 72)), 1<<60
		},
		"native_gas":             func(s *scene) { s.snap.NativeGas = 0 },
		"treasury.id":            func(s *scene) { s.snap.Treasury.ID = "tr-2" },
		"treasury.network":       func(s *scene) { s.snap.Treasury.Network = "Base" },
		"treasury.address":       func(s *scene) { s.snap.Treasury.Address = "GABC" },
		"station:":               func(s *scene) { s.snap.Station = nil },
		"station: ":              func(s *scene) { s.run.Order.TopUp = nil },
		"station.wallet.id":      func(s *scene) { s.snap.Station.Wallet.ID = "st-2" },
		"station.wallet.network": func(s *scene) { s.snap.Station.Wallet.Network = "Base" },
		"station.wallet.address": func(s *scene) { s.snap.Station.Wallet.Address = safe },
		"wallets[1].network":     func(s *scene) { s.snap.Wallets[1].Wallet.Network = "Base" },
		"wallets[1].tags":        func(s *scene) { s.snap.Wallets[1].Wallet.Tags = []string{"vip"} },
		"wallets[1].id":          func(s *scene) { s.snap.Wallets[1].Wallet.ID = "wa-01" },
		"wallets[0].id":          func(s *scene) { s.snap.Wallets[0].Wallet.ID = "a/b" },
		"wallets[1].tokens":      func(s *scene) { s.snap.Wallets[1].Tokens = nil },
		`total of "` + coin + `"`: func(s *scene) {
			for i := range s.snap.Wallets {
				s.snap.Wallets[i].Tokens[1] = countersign.MustAmount("1" + strings.Repeat("0", 77))
			}
			s.snap.Wallets[1].Tokens[1] = countersign.MustAmount("11" + strings.Repeat("0", 76))
		},
	} {
		s := stage(holding(1, 1_000_000, 0, 0), holding(2, 1_000_000, 0, 0))
		spoil(s)
		if p, err := sweep.Make(s.run, s.snap); !(errors.Is(err, countersign.ErrInvalid) || errors.Is(err, countersign.ErrID)) || !strings.Contains(err.Error(), field) || len(p.All()) > 0 {
			t.Errorf("%s: %v", field, err)
		}
	}
}
