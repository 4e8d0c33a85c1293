package scan_test

import (
	"bytes"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/chain/chaintest"
	"countersign/chain/client"
	"countersign/chain/network"
	"countersign/chain/rule"
	"countersign/chain/scan"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"
)

// What is read: blocks of token transfers, the first of each to a wallet.
const blocks, transfers = 1000, 20

// recorded answers every request as another node has answered it before, under the ID that is
// asked with: what is timed are the clients, and no node.
func recorded(b *testing.B, n *chaintest.Node) func(http.ResponseWriter, *http.Request) bool {
	known := map[string][]byte{}
	id := regexp.MustCompile(`"id":[0-9]+`)
	return func(w http.ResponseWriter, r *http.Request) bool {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			b.Error(err)
		}
		var ids [][]byte // in their order, where the recording has 1, 2, …
		question := string(id.ReplaceAllFunc(body, func(asked []byte) []byte {
			ids = append(ids, asked)
			return fmt.Appendf(nil, `"id":%d`, len(ids))
		}))
		if known[question] == nil {
			res, err := http.Post(n.URL, "application/json", strings.NewReader(question))
			if err != nil {
				b.Error(err)
				return true
			}
			defer res.Body.Close()
			if known[question], err = io.ReadAll(res.Body); err != nil {
				b.Error(err)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		text := known[question]
		for i, asked := range ids {
			text = bytes.Replace(text, fmt.Appendf(nil, `"id":%d,`, i+1), append(asked, ','), 1)
		}
		_, _ = w.Write(text) // the client may have hung up
		return true
	}
}

// BenchmarkBackfill reads a thousand blocks of twenty token transfers each, a deposit in every
// one, by a range, against go-ethereum's client asking the same node for the same logs. The ratio
// is that of blocks a second. The answers are recorded: a node's own time would stand on both sides
// and make the ratio look better.
func BenchmarkBackfill(b *testing.B) {
	c := chaintest.New(7, 0)
	for range blocks {
		var logs []chaintest.Log
		for i := range transfers {
			to := other
			if i == 0 {
				to = wallets[0]
			}
			logs = append(logs, chaintest.TransferLog(token, other, to, 1))
		}
		c.Mine(&chaintest.Tx{From: other, To: &token, Logs: logs})
	}
	node := c.Serve(b)
	node.Instead = recorded(b, c.Serve(b))
	k, err := client.New(map[string]network.Network{"Net": {URL: node.URL, ChainID: 7}}, nil)
	if err != nil {
		b.Fatal(err)
	}
	chain, err := k.Chain("Net")
	if err != nil {
		b.Fatal(err)
	}
	bare, err := ethclient.DialContext(b.Context(), node.URL)
	if err != nil {
		b.Fatal(err)
	}
	defer bare.Close()
	transfer := chaintest.TransferLog(token, other, other, 1).Topics[0]
	for _, bench := range []struct {
		name   string
		rules  rule.Rules
		filter ethereum.FilterQuery
		found  int
	}{
		{"deposits of one wallet", rule.Rules{Deposits: []rule.Deposit{{Name: "deposit", Addresses: func() []string { return []string{hex(wallets[0])} }}}},
			ethereum.FilterQuery{Topics: [][]common.Hash{{transfer}, nil, {common.BytesToHash(wallets[0][:])}}}, blocks},
		{"every transfer of a token", rule.Rules{Logs: []rule.Log{{Name: "event/transfer", Contract: hex(token), Event: "Transfer(address indexed from, address indexed to, uint256 amount)"}}},
			ethereum.FilterQuery{Addresses: []common.Address{token}, Topics: [][]common.Hash{{transfer}}}, blocks * transfers},
	} {
		b.Run(bench.name, func(b *testing.B) { backfill(b, chain, bare, bench.rules, bench.filter, bench.found) })
	}
}

// backfill times both ways in turn.
func backfill(b *testing.B, chain *client.Chain, bare *ethclient.Client, rules rule.Rules, filter ethereum.FilterQuery, found int) {
	set, err := rule.Compile(rules)
	if err != nil {
		b.Fatal(err)
	}
	s := &scan.Source{Chain: chain, Rules: set}
	filter.FromBlock, filter.ToBlock = big.NewInt(1), big.NewInt(blocks)
	for range 2 { // the first asks for the chain's ID besides, the second is as all that follow
		if _, err := s.Range(b.Context(), 1, blocks); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := bare.FilterLogs(b.Context(), filter); err != nil {
		b.Fatal(err)
	}
	var ours, theirs time.Duration
	wholly := func() {
		start := time.Now()
		events, err := s.Range(b.Context(), 1, blocks)
		ours += time.Since(start)
		if err != nil || len(events) != found {
			b.Fatalf("%d events, %v", len(events), err)
		}
	}
	barely := func() {
		start := time.Now()
		logs, err := bare.FilterLogs(b.Context(), filter)
		theirs += time.Since(start)
		if err != nil || len(logs) != found {
			b.Fatalf("%d logs, %v", len(logs), err)
		}
	}
	for n := 0; b.Loop(); n++ {
		if n%2 == 0 { // what one leaves to the collector the other pays for
			wholly()
			barely()
		} else {
			barely()
			wholly()
		}
	}
	b.ReportMetric(float64(theirs)/float64(ours), "×bare-blocks/s")
	b.ReportMetric(blocks*float64(b.N)/ours.Seconds(), "blocks/s")
}
