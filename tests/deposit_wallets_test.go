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
}

// walletOf is one of our wallets.
type walletOf struct{ ID, Address string }

// newDeposits starts a site with so many empty wallets, and one that has what gas costs.
func newDeposits(t *testing.T, n int, change ...func(*options)) *deposits {
	t.Helper()
	reconciles := func(o *options) { o.ReconcileEvery = 2 * time.Second } // which also begins the books of wallets
	d := &deposits{site: newSite(t, append([]func(*options){reconciles}, change...)...)}
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
	pay(d.station.Address, "50000000000000000000", "")
	paid := map[string]int64{}
	total := int64(0)
	for i, w := range d.wallets {
		if i%3 != 2 {
			pay(w.Address, "1000000000000000007", "")
		}
		if i%3 != 0 {
			paid[w.Address] = int64(1_000_000 + i)
			total += paid[w.Address]
		}
	}
	var outside struct {
		Outside struct{ Address string }
	}
	d.sendTokens(outside.Outside.Address, total, paid, pay)
}

// sendTokens mints what the wallets get: anybody may.
func (d *deposits) sendTokens(_ string, _ int64, paid map[string]int64, _ func(to, amount, contract string)) {
	out := d.purse.outsider()
	for address, n := range paid {
		out.calls(d.stack.Platform.Token, mint, address, uint64(n)) //nolint:gosec // a small amount
	}
}
