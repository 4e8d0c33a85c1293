package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/audit/booked"
	"countersign/custody/dfns"
	"countersign/custody/dfns/holder"
	"countersign/ledger"
	"countersign/ledger/chart"
	"countersign/sweep"
)

// deposits are wallets of ours that customers pay into, at a site.
type deposits struct {
	*site
	purse   *purse
	people  *dfns.Client // an administrator
	names   chart.Chart
	station walletOf // pays for gas
	wallets []walletOf
	// asked counts what people have asked the platform for.
	asked int
}

// walletOf is one of our wallets.
type walletOf struct{ ID, Address string }

// newDeposits starts a site with so many empty wallets, and one that has what gas costs.
func newDeposits(t *testing.T, n int) *deposits {
	t.Helper()
	d := &deposits{site: newSite(t, func(o *options) {
		o.Unfunded, o.ReconcileEvery = true, 2*time.Second // which also begins the books of wallets
	})}
	d.purse = newPurse(d.site)
	var err error
	if d.people, err = d.stack.Platform.Client(); err != nil {
		t.Fatal(err)
	}
	if d.names, err = chart.Load(filepath.Join(d.stack.Dir, "chart.json")); err != nil {
		t.Fatal(err)
	}
	d.station = d.wallet("gas")
	for range n {
		d.wallets = append(d.wallets, d.wallet("deposit"))
	}
	return d
}

func (d *deposits) wallet(tag string) (w walletOf) {
	d.t.Helper()
	body := map[string]any{"network": d.stack.Platform.Network, "tags": []string{tag}}
	if err := d.people.Do(d.t.Context(), http.MethodPost, "/wallets", body, &w); err != nil {
		d.t.Fatal(err)
	}
	return w
}

// fund pays into all wallets: the native asset into the first of every three, tokens too into the
// second, tokens alone into the third.
func (d *deposits) fund() {
	d.t.Helper()
	p := d.stack.Platform
	pay := func(to, amount, contract string) {
		body := map[string]string{"network": p.Network, "to": to, "amount": amount}
		if contract != "" {
			body["contract"] = contract
		}
		d.control("/deposits", body, nil)
	}
	d.mintOutside()
	pay(d.station.Address, "50000000000000000000", "")
	for i, w := range d.wallets {
		if i%3 != 2 {
			pay(w.Address, "1000000000000000007", "")
		}
		if i%3 != 0 {
			pay(w.Address, fmt.Sprint(1_000_000+i), p.Token)
		}
	}
}

// funded waits until everything that was paid in is on the chain.
func (d *deposits) funded() {
	d.t.Helper()
	d.eventually("all deposits", func(ctx context.Context) error {
		for i, w := range d.wallets {
			native, err := d.purse.onChain(ctx, w.Address, "")
			if err != nil {
				return err
			}
			tokens, err := d.purse.onChain(ctx, w.Address, d.stack.Platform.Token)
			if err != nil {
				return err
			}
			if i%3 != 2 && native.Sign() == 0 || i%3 != 0 && tokens.Sign() == 0 {
				return fmt.Errorf("wallet %d has %s wei and %s tokens", i, native, tokens)
			}
		}
		return nil
	})
}

// mintOutside has the treasury mint what the deposits are paid with, and a person approve it.
func (d *deposits) mintOutside() {
	d.t.Helper()
	var state struct{ OutsideAccount string }
	if err := d.look("/state", &state); err != nil {
		d.t.Fatal(err)
	}
	const tusd = 10_000
	r, err := d.Mint(d.t.Context(), state.OutsideAccount, tusd)
	if err == nil {
		err = d.ApproveAsAlice(d.t.Context(), r)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.asked++
	waitFor(d.t, "tokens outside", func(ctx context.Context) error {
		n, err := d.purse.onChain(ctx, state.OutsideAccount, d.stack.Platform.Token)
		if err == nil && n.Cmp(big.NewInt(tusd*1_000_000)) < 0 {
			err = fmt.Errorf("there are %s", n)
		}
		return err
	})
}

// look asks the control API for something.
func (d *deposits) look(path string, answer any) error {
	req, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, d.stack.Platform.ControlURL+path, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", path, res.Status)
	}
	return json.NewDecoder(res.Body).Decode(answer)
}

// all are the wallets with the two that the sweep knows by name.
func (d *deposits) all() []walletOf {
	return append([]walletOf{{d.stack.Platform.WalletID, d.stack.Platform.Treasury}, d.station}, d.wallets...)
}

// native is what all wallets have of the native asset.
func (d *deposits) native() *big.Int {
	d.t.Helper()
	sum := new(big.Int)
	for _, w := range d.all() {
		n, err := d.purse.onChain(d.t.Context(), w.Address, "")
		if err != nil {
			d.t.Fatal(err)
		}
		sum.Add(sum, n)
	}
	return sum
}

// known waits until the books have all that has happened, and nothing is held in them any more: a
// wallet with a settlement that has not ended is not swept.
func (d *deposits) known() {
	d.t.Helper()
	d.eventually("settlements of what people have asked for", func(context.Context) error {
		if n := d.count(booked.SettlementSettled); n < d.asked {
			return fmt.Errorf("%d of %d have settled", n, d.asked)
		}
		return nil
	})
	d.eventually("the books of all wallets", d.agree)
}

// agree holds the books of all wallets against the chain and the platform, to the last unit.
func (d *deposits) agree(ctx context.Context) error {
	network, token := d.stack.Platform.Network, strings.ToLower(d.stack.Platform.Token)
	custodian := holder.Holder{Custodian: dfns.Custodian{Client: d.people}}
	for _, w := range d.all() {
		holdings, err := custodian.Holdings(ctx, w.ID)
		if err != nil {
			return err
		}
		said := map[string]*big.Int{"": {}, token: {}}
		for _, h := range holdings {
			said[strings.ToLower(h.Asset)] = h.Balance.Big()
		}
		for contract, platform := range said {
			want, err := d.purse.onChain(ctx, w.Address, contract)
			if err != nil {
				return err
			}
			total, err := d.Trail.Books().Total(ctx, ledger.Key{Account: d.names.Wallet(network, w.ID), Asset: d.names.Asset(network, contract)}, time.Time{})
			if err != nil {
				return err
			}
			if total.Balance().Cmp(want) != 0 || total.Free().Cmp(want) != 0 || platform.Cmp(want) != 0 || !total.HeldIn.IsZero() {
				return fmt.Errorf("%q of %s: the books have %s, %s free, %s to come; the chain has %s, the platform says %s",
					contract, w.ID, total.Balance(), total.Free(), total.HeldIn, want, platform)
			}
		}
	}
	return nil
}

// empty holds what is left in the wallets against the order: the floor where no token was moved,
// and there besides what the plan kept ready for the fee and was not needed; of tokens nothing.
func (d *deposits) empty() {
	d.t.Helper()
	most := big.NewInt(10_000_000_000_000_000) // a hundredth of what was paid in
	for i, w := range d.wallets {
		native, err := d.purse.onChain(d.t.Context(), w.Address, "")
		if err != nil {
			d.t.Fatal(err)
		}
		tokens, err := d.purse.onChain(d.t.Context(), w.Address, d.stack.Platform.Token)
		if err != nil {
			d.t.Fatal(err)
		}
		exact := i%3 == 0
		if tokens.Sign() != 0 || exact && native.Cmp(big.NewInt(floor)) != 0 || native.Cmp(big.NewInt(floor)) < 0 || native.Cmp(most) > 0 {
			d.t.Errorf("wallet %d has %s wei and %s tokens left", i, native, tokens)
		}
	}
}

// once holds the platform's requests against the plan: each move was asked for once, and nothing
// else by a sweep.
func (d *deposits) once(plan sweep.Plan) {
	d.t.Helper()
	asked := map[string]int{}
	for _, w := range d.all() {
		for _, kind := range []string{"transfers", "transactions"} {
			for raw, err := range d.people.List(d.t.Context(), "/wallets/"+w.ID+"/"+kind, url.Values{"limit": {"100"}}) {
				var e struct{ ExternalID, Status string }
				if err == nil {
					err = json.Unmarshal(raw, &e)
				}
				if err != nil {
					d.t.Fatal(err)
				}
				if strings.HasPrefix(e.ExternalID, "sweep-") {
					asked[e.ExternalID]++
				}
			}
		}
	}
	for _, m := range plan.All() {
		if asked[m.ExternalID] != 1 {
			d.t.Errorf("%s of %s was asked for %d times", m.ExternalID, m.WalletID, asked[m.ExternalID])
		}
		delete(asked, m.ExternalID)
	}
	if len(asked) > 0 {
		d.t.Errorf("nobody has planned %v", asked)
	}
	want := len(d.wallets)*4/3 + len(d.wallets)/3 // two wallets of three move one asset, one both, one needs gas
	if n := len(plan.All()); n < want-2 || n > want+2 {
		d.t.Errorf("the plan has %d moves for %d wallets, want about %d", n, len(d.wallets), want)
	}
}
