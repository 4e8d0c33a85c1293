package sweep_test

import (
	"math/big"

	"countersign"
	"countersign/sweep"

	"pgregory.net/rapid"
)

// amount draws small ones and large ones, often such that bounds meet: around fees and floors.
func amount(t *rapid.T, name string) countersign.Amount {
	around := rapid.SampledFrom([]uint64{0, 1, 21_000, 210_000, 400_000, 600_000, 810_000, 1_200_000, 5_000_000, 1 << 62}).Draw(t, name)
	return n(around + rapid.Uint64Range(0, 3).Draw(t, name+" and"))
}

// scenes draws orders and what they find: one to three assets in any order, floors, dust,
// bounds, with and without top-ups, wallets that are the treasury, the station or twins.
func scenes(t *rapid.T) *scene {
	s := stage()
	o := &s.run.Order
	o.Assets = rapid.Permutation([]sweep.Asset{{}, {Contract: coin}, {Contract: second}}).Draw(t, "assets")[:rapid.IntRange(1, 3).Draw(t, "how many")]
	s.snap.Gas = nil
	for i := range o.Assets {
		a := &o.Assets[i]
		a.Floor, a.Dust = amount(t, "floor"), amount(t, "dust")
		if a.MaxFeeBPS = rapid.SampledFrom([]int64{0, 1, 100, 2659, 10_000}).Draw(t, "bps"); a.Contract != "" && a.MaxFeeBPS > 0 {
			a.Worth = &sweep.Worth{Amount: n(rapid.Uint64Range(1, 1000).Draw(t, "worth")), Wei: n(rapid.Uint64Range(1, 1_000_000).Draw(t, "wei"))}
		}
		s.snap.Gas = append(s.snap.Gas, rapid.SampledFrom([]uint64{21_000, 60_000, 90_001}).Draw(t, "gas"))
	}
	s.snap.Price = n(rapid.Uint64Range(1, 30).Draw(t, "price"))
	o.MaxGasPrice = n(rapid.SampledFrom([]uint64{30, 30, 30, 15}).Draw(t, "max gas price"))
	if o.TopUp, s.snap.Station.Native = (&sweep.TopUp{Wallet: "st-1", Floor: amount(t, "station's floor")}), amount(t, "station"); rapid.Bool().Draw(t, "no top-ups") {
		o.TopUp, s.snap.Station = nil, nil
	}
	for i := range rapid.IntRange(0, 12).Draw(t, "wallets") {
		h := sweep.Holding{Wallet: holding(i, 0, 0, 0).Wallet, Native: amount(t, "native")}
		for k, a := range o.Assets {
			h.Tokens = append(h.Tokens, countersign.Amount{})
			if a.Contract != "" {
				h.Tokens[k] = amount(t, "token")
			}
			if rapid.IntRange(0, 15).Draw(t, "fault") == 0 {
				h.Fault = map[int]string{k: "no answer"}
			}
		}
		switch rapid.IntRange(0, 30).Draw(t, "who") {
		case 0:
			h.Wallet.Address = safe
		case 1:
			h.Wallet.Address = pump
		case 2:
			h.Wallet.Address = holding(1, 0, 0, 0).Wallet.Address
		}
		s.snap.Wallets = append(s.snap.Wallets, h)
	}
	return s
}

// holds are balances by address and asset, as the chain has them.
type holds map[[2]string]*big.Int

func (h holds) of(address, contract string) *big.Int {
	k := [2]string{address, contract}
	if h[k] == nil {
		h[k] = new(big.Int)
	}
	return h[k]
}

// begin is what the snapshot says; wallets with one address hold one balance.
func (s *scene) begin() holds {
	h := holds{}
	put := func(one sweep.Holding) {
		h.of(one.Wallet.Address, "").Set(one.Native.Big())
		for i, a := range s.run.Order.Assets {
			if a.Contract != "" && i < len(one.Tokens) {
				h.of(one.Wallet.Address, a.Contract).Set(one.Tokens[i].Big())
			}
		}
	}
	for i := range s.snap.Wallets { // of twins, the first is swept: its balance is the address's
		put(s.snap.Wallets[len(s.snap.Wallets)-1-i])
	}
	if s.snap.Station != nil {
		put(*s.snap.Station)
	}
	return h
}

// play makes a plan's moves, each at a fee, and fails where a sender has not what it sends.
func play(t *rapid.T, h holds, p sweep.Plan, moves []sweep.Move, feeOf func(sweep.Move) *big.Int) (fees *big.Int) {
	fees = new(big.Int)
	for _, m := range moves {
		paid := feeOf(m)
		fees.Add(fees, paid)
		h.of(m.From, "").Sub(h.of(m.From, ""), paid)
		h.of(m.From, m.Contract).Sub(h.of(m.From, m.Contract), m.Amount.Big())
		h.of(m.To, m.Contract).Add(h.of(m.To, m.Contract), m.Amount.Big())
		for _, left := range []*big.Int{h.of(m.From, ""), h.of(m.From, m.Contract)} {
			if left.Sign() < 0 {
				t.Fatalf("%s sends %s wei more than it holds: %s", m.WalletID, left, tell(p))
			}
		}
	}
	return fees
}

func sum(h holds, contract string) *big.Int {
	all := new(big.Int)
	for k, v := range h {
		if k[1] == contract {
			all.Add(all, v)
		}
	}
	return all
}
