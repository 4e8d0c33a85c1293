package sandbox_test

import (
	"context"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"pgregory.net/rapid"

	"countersign/sandbox/control"
)

// money is what the model knows of the wallet's.
type money struct {
	address, key string
	outside      string   // who makes deposits
	watched      bool     // deposits are screened
	before       *big.Int // what the recipient had
	got          *big.Int // what the wallet was given so far, by the faucet and by deposits
	amounts      map[string]int64
	replaced     map[string]replacement // by the transfer whose place was taken
}

// replacement is a transaction, and what it was made to do.
type replacement struct{ id, how string }

// open makes the wallet, on a chain that may stand still for it, perhaps under a policy.
func (m *model) open(r *rapid.T) {
	p := into[purse](m.w.t, m.w.admin.post("/wallets", walletBody), 200)
	outside := into[control.State](m.w.t, m.w.control("GET", "/state", ""), 200).OutsideAccount.Hex()
	m.wallet = p.ID
	m.money = money{address: p.Address, key: p.SigningKey.ID, outside: outside, before: m.wei(recipient),
		amounts: map[string]int64{}, replaced: map[string]replacement{}}
	eventually(m.w.t, "the faucet has paid", func() bool {
		m.got = m.wei(m.address)
		return m.got.Sign() > 0
	})
	m.know("clean")
	if rapid.Bool().Draw(r, "held") {
		m.hold(r)
	}
	if rapid.Bool().Draw(r, "governed") {
		m.govern(rapid.IntRange(1, 2).Draw(r, "quorum"))
	}
}

func (m *model) wei(address string) *big.Int {
	balance, err := m.w.chain().Client.BalanceAt(context.Background(), common.HexToAddress(address), nil)
	if err != nil {
		m.w.t.Fatalf("BalanceAt: %v", err)
	}
	return balance
}

// hold keeps whatever the wallet sends from being mined.
func (m *model) hold(*rapid.T) { m.w.chain().HoldFrom(common.HexToAddress(m.address)) }

// deposit has a stranger pay the wallet.
func (m *model) deposit(r *rapid.T) {
	amount := rapid.Int64Range(1, 1_000_000).Draw(r, "amount")
	m.got = new(big.Int).Add(m.got, big.NewInt(amount))
	into[control.Paid](m.w.t, m.w.control("POST", "/deposits", fmt.Sprintf(`{"network":"EthereumSepolia","to":%q,"amount":"%d"}`, m.address, amount)), 200)
}

// replace cancels a transfer or speeds it up, one that can be when there is one.
func (m *model) replace(r *rapid.T) {
	all := m.transfers()
	if sent := slices.DeleteFunc(slices.Clone(all), func(e entity) bool { return e.Status != "Broadcasted" || e.ReplacementID != "" }); len(sent) > 0 {
		all = sent
	}
	if len(all) == 0 {
		r.Skip("nothing to replace")
	}
	e := all[rapid.IntRange(0, len(all)-1).Draw(r, "which")]
	how := rapid.SampledFrom([]string{"cancel", "speed-up"}).Draw(r, "how")
	a := rapid.SampledFrom(m.people).Draw(r, "who").post("/wallets/"+m.wallet+"/transfers/"+e.ID+"/"+how, map[string]any{})
	if a.Status == 422 { // it may have been mined meanwhile
		return
	}
	if e.ReplacementID != "" || e.Status != "Broadcasted" && e.Status != "Executing" {
		m.Fatalf("%s of %+v: %d %s", how, e, a.Status, a.Body)
	}
	m.replaced[e.ID] = replacement{into[entity](m.w.t, a, 200).ID, how}
}

// checkMoney bounds what was paid and what is left while anything is under way.
func (m *model) checkMoney(all []entity, paid, held *big.Int) {
	most := new(big.Int).Set(m.before)
	for _, e := range all {
		if e.Status != "Pending" && e.Status != "Rejected" {
			most.Add(most, big.NewInt(m.amounts[e.ID]))
		}
	}
	if paid.Cmp(most) > 0 {
		m.Fatalf("the recipient has %s, and %s at most may have been paid", paid, most)
	}
	if held.Cmp(m.got) > 0 {
		m.Fatalf("the wallet has %s of %s", held, m.got)
	}
}

// settle has everything end that is under way, and holds the balances against it: of a
// transfer and what took its place one took effect, and a cancellation costs its fee only.
func (m *model) settle() {
	m.w.chain().Release()
	paid, cost := new(big.Int), new(big.Int)
	for _, e := range m.transfers() {
		if e.Status == "Pending" || e.Status == "Rejected" {
			continue
		}
		e = m.ended("transfers", e)
		moves := e.Status == "Confirmed"
		if by, is := m.replaced[e.ID]; is {
			other := m.ended("transactions", entity{ID: by.id, WalletID: m.wallet})
			if moves == (other.Status == "Confirmed") {
				m.Fatalf("%s is %s and its %s %s", e.ID, e.Status, by.how, other.Status)
			}
			moves = moves || by.how == "speed-up"
			cost.Add(cost, fee(other))
		} else if !moves {
			m.Fatalf("%s is %s: %s", e.ID, e.Status, e.Reason)
		}
		if cost.Add(cost, fee(e)); moves {
			paid.Add(paid, big.NewInt(m.amounts[e.ID]))
		}
	}
	left := new(big.Int).Sub(m.got, cost)
	left.Sub(left, paid)
	eventually(m.w.t, fmt.Sprintf("of %s the wallet has %s, after paying %s and fees of %s", m.got, left, paid, cost),
		func() bool { return m.wei(m.address).Cmp(left) == 0 })
	if got := new(big.Int).Sub(m.wei(recipient), m.before); got.Cmp(paid) != 0 {
		m.Fatalf("the recipient was paid %s, want %s", got, paid)
	}
	m.check()
}

// ended waits for the end of a request.
func (m *model) ended(object string, e entity) entity {
	eventually(m.w.t, e.ID+" ends", func() bool {
		e = into[entity](m.w.t, m.w.admin.get("/wallets/"+m.wallet+"/"+object+"/"+e.ID), 200)
		return e.Status == "Confirmed" || e.Status == "Failed"
	})
	return e
}

// fee is what a request cost; one that was not mined cost nothing.
func fee(e entity) *big.Int {
	f, _ := new(big.Int).SetString("0"+e.Fee, 10)
	return f
}
