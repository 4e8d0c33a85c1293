package sweep_test

import (
	"fmt"
	"math/big"
	"reflect"
	"testing"

	"countersign/sweep"

	"pgregory.net/rapid"
)

func TestNoWalletFallsBelowItsFloorWhateverMovesCost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scenes(t)
		p, err := sweep.Make(s.run, s.snap)
		if err != nil {
			t.Fatal(err)
		}
		for name, feeOf := range map[string]func(sweep.Move) *big.Int{
			"the most": func(m sweep.Move) *big.Int { return m.MaxFee.Big() },
			"less": func(m sweep.Move) *big.Int {
				return new(big.Int).SetUint64(rapid.Uint64Range(0, m.Gas*30).Filter(func(v uint64) bool { return n(v).Cmp(m.MaxFee) <= 0 }).Draw(t, "fee"))
			},
		} {
			before, after := s.begin(), s.begin()
			// Top-ups have ended before the first move; moves end in any order.
			fees := play(t, after, p, p.TopUps, feeOf)
			moves := p.Moves
			if len(moves) > 0 {
				moves = rapid.Permutation(moves).Draw(t, "order of moves")
			}
			fees.Add(fees, play(t, after, p, moves, feeOf))
			for _, a := range s.run.Order.Assets {
				for _, m := range p.All() {
					floor := a.Floor
					if m.Purpose == sweep.GasTopUp {
						floor = s.run.Order.TopUp.Floor
					}
					if m.Contract != a.Contract && !(a.Contract == "" && m.Contract != "") {
						continue
					}
					if left := after.of(m.From, a.Contract); left.Cmp(floor.Big()) < 0 {
						t.Fatalf("fees are %s: %s is left with %s of %q, the floor is %s: %s", name, m.WalletID, left, a.Contract, floor, tell(p))
					}
				}
				if a.Contract != "" && sum(before, a.Contract).Cmp(sum(after, a.Contract)) != 0 {
					t.Fatalf("%s of %s before, %s after", sum(before, a.Contract), a.Contract, sum(after, a.Contract))
				}
			}
			if in, out := sum(before, ""), new(big.Int).Add(sum(after, ""), fees); in.Cmp(out) != 0 {
				t.Fatalf("%s wei before, %s after with %s of fees", in, out, fees)
			}
		}
	})
}

func TestASendOfAllLeavesExactlyTheFloor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scenes(t)
		p, err := sweep.Make(s.run, s.snap)
		if err != nil {
			t.Fatal(err)
		}
		after := s.begin()
		play(t, after, p, p.All(), func(m sweep.Move) *big.Int { return m.MaxFee.Big() })
		for _, m := range p.Moves {
			for _, a := range s.run.Order.Assets {
				if left := after.of(m.From, a.Contract); a.Contract == m.Contract && left.Cmp(a.Floor.Big()) != 0 {
					t.Fatalf("%s is left with %s of %q, the floor is %s: %s", m.WalletID, left, a.Contract, a.Floor, tell(p))
				}
			}
		}
	})
}

func TestFeesAreBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scenes(t)
		p, err := sweep.Make(s.run, s.snap)
		if err != nil {
			t.Fatal(err)
		}
		gas := map[string]uint64{}
		assets := map[string]sweep.Asset{}
		for i, a := range s.run.Order.Assets {
			gas[a.Contract], assets[a.Contract] = s.snap.Gas[i], a
		}
		owed, free := map[string]*big.Rat{}, map[string]bool{} // of topped up wallets: what their moves may cost together
		paid := map[string]*big.Int{}
		for _, m := range p.Moves {
			a := assets[m.Contract]
			if m.Gas != gas[m.Contract] || m.MaxFee.Big().Cmp(new(big.Int).Mul(new(big.Int).SetUint64(m.Gas), p.Price.Big())) != 0 || p.Price.Cmp(s.run.Order.MaxGasPrice) > 0 {
				t.Fatalf("%+v at %s", m, p.Price)
			}
			if m.Amount.IsZero() || m.Amount.Cmp(a.Dust) < 0 {
				t.Fatalf("%s is less than the dust bound of %s", m.Amount, a.Dust)
			}
			if paid[m.WalletID] == nil {
				paid[m.WalletID], owed[m.WalletID] = new(big.Int), new(big.Rat)
			}
			paid[m.WalletID].Add(paid[m.WalletID], m.MaxFee.Big())
			if a.MaxFeeBPS == 0 {
				free[m.WalletID] = true
				continue
			}
			bound := new(big.Rat).SetFrac(new(big.Int).Mul(m.Amount.Big(), big.NewInt(a.MaxFeeBPS)), big.NewInt(10_000))
			if a.Worth != nil {
				bound.Mul(bound, new(big.Rat).SetFrac(a.Worth.Wei.Big(), a.Worth.Amount.Big()))
			}
			owed[m.WalletID].Add(owed[m.WalletID], bound)
			if new(big.Rat).SetInt(m.MaxFee.Big()).Cmp(bound) > 0 {
				t.Fatalf("%s moves %s at %s, allowed are %s", m.WalletID, m.Amount, m.MaxFee, bound.FloatString(3))
			}
		}
		for _, m := range p.TopUps {
			all := new(big.Rat).SetInt(new(big.Int).Add(paid[m.ToWallet], m.MaxFee.Big()))
			if !free[m.ToWallet] && all.Cmp(owed[m.ToWallet]) > 0 {
				t.Fatalf("%s is topped up: its moves cost %s, allowed are %s", m.ToWallet, all.FloatString(0), owed[m.ToWallet].FloatString(3))
			}
		}
	})
}

func TestNothingGoesInACircleAndNothingIsForgotten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scenes(t)
		p, err := sweep.Make(s.run, s.snap)
		if err != nil {
			t.Fatal(err)
		}
		ends, ids, addresses := map[string]int{}, map[string]bool{}, map[string]bool{}
		for _, m := range p.All() {
			if ids[m.ExternalID] {
				t.Fatalf("two moves have the ID %s", m.ExternalID)
			}
			ids[m.ExternalID] = true
			if err := p.Instruction(m).Check(); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range p.Moves {
			ends[m.WalletID+" "+m.Contract]++
			addresses[m.From] = true
			if m.To != safe || m.ToWallet != "tr-1" || m.From == safe || m.From == pump && s.snap.Station != nil || m.Purpose != sweep.ToTreasury {
				t.Fatalf("%+v", m)
			}
		}
		for _, m := range p.TopUps {
			if m.WalletID != "st-1" || m.From != pump || !addresses[m.To] || m.Contract != "" || m.Amount.IsZero() {
				t.Fatalf("%+v tops up who sends nothing, or not by the station: %s", m, tell(p))
			}
		}
		for _, k := range p.Skips {
			if ends[k.WalletID+" "+k.Contract]++; k.Reason == "" {
				t.Fatalf("%+v", k)
			}
		}
		for _, h := range s.snap.Wallets {
			for _, a := range s.run.Order.Assets {
				if ends[h.Wallet.ID+" "+a.Contract] != 1 {
					t.Fatalf("%q of %s has %d ends", a.Contract, h.Wallet.ID, ends[h.Wallet.ID+" "+a.Contract])
				}
			}
		}
		if got, want := len(p.Moves)+len(p.Skips), len(s.snap.Wallets)*len(s.run.Order.Assets); got != want {
			t.Fatalf("%d ends, want %d", got, want)
		}
		if p.Deferred != "" && len(p.All()) > 0 {
			t.Fatal("a plan that is put off moves something")
		}
	})
}

func TestAPlanDependsOnNothingButWhatIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scenes(t)
		p, err := sweep.Make(s.run, s.snap)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.snap.Wallets) > 0 {
			s.snap.Wallets = rapid.Permutation(s.snap.Wallets).Draw(t, "order of wallets")
		}
		again, err := sweep.Make(s.run, s.snap)
		if err != nil || !reflect.DeepEqual(again, p) {
			t.Fatalf("%v\n%s\n%s", err, tell(p), tell(again))
		}
		s.run.Due = s.run.Due.AddDate(0, 0, 1)
		next, err := sweep.Make(s.run, s.snap)
		if err != nil || tell(next) != tell(p) {
			t.Fatalf("%v\n%s\n%s", err, tell(p), tell(next))
		}
		for i, m := range next.All() {
			if m.ExternalID == p.All()[i].ExternalID {
				t.Fatalf("%s is of two runs: %s", m.ExternalID, fmt.Sprint(m))
			}
		}
	})
}
