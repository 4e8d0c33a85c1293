// Package oracle asks the sanctions oracle that Chainalysis keeps on EVM chains: a
// contract whose isSanctioned(address) returns a bool.
//
// An EVM address is the same 20 bytes on every EVM chain, so one oracle on one network is
// asked for all of them. Whatever is not a clean answer is unknown, and above all no
// return at all: that is what an address without a contract returns, as on the wrong
// network. The publisher does not promise how soon a designation shows, so the oracle
// goes beside a list and does not replace one.
package oracle

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"

	"countersign/eip55"
	"countersign/screening"
)

// A Caller calls contracts. chain.Nodes is the real one: it makes sure that the node
// serves the right chain and that there is code at the address.
type Caller interface {
	// CallContract returns what the contract at an address returned. An error means that
	// nothing is known.
	CallContract(ctx context.Context, network, to string, data []byte) ([]byte, error)
}

// contracts are the oracle's addresses by network, in DFNS's names, as Chainalysis
// documents them (go.chainalysis.com/chainalysis-oracle-docs.html).
var contracts = map[string]string{
	"Ethereum": common, "Polygon": common, "Bsc": common, "AvalancheC": common, "Optimism": common,
	"ArbitrumOne": common, "Celo": common, "FantomOpera": common,
	"Base": "0x3A91A31cB3dC49b4db9Ce721F50a9D076c8D739B",
}

const common = "0x40C57923924B5c5c5455c48D93317139ADDaC8fb"

// isSanctioned is the selector of isSanctioned(address).
var isSanctioned = []byte{0xdf, 0x59, 0x2f, 0x7d}

// A Config says which oracle is asked.
type Config struct {
	// Name tells the source apart. Required.
	Name string
	// Caller reaches the network. Required.
	Caller Caller
	// Network is where the oracle is asked, in the custodian's name. Required.
	Network string
	// Contract is the oracle's address. Empty means the one that is documented for the
	// network; it is required for other networks.
	Contract string
	// OthersNotCovered says that addresses which are not of EVM chains are another
	// source's business. Otherwise they are unknown.
	OthersNotCovered bool
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
}

// A Source is the oracle as a [screening.Source].
type Source struct{ config Config }

// New checks a configuration, and reports all mistakes in it. It calls nothing.
func New(c Config) (*Source, error) {
	var errs []error
	if c.Name == "" {
		errs = append(errs, errors.New("name: is required"))
	}
	if c.Caller == nil {
		errs = append(errs, errors.New("caller: is required"))
	}
	if c.Network == "" {
		errs = append(errs, errors.New("network: is required"))
	}
	if c.Contract == "" {
		c.Contract = contracts[c.Network]
	}
	if c.Contract == "" {
		errs = append(errs, fmt.Errorf("contract: is required, none is known on network %.40q", c.Network))
	} else if _, err := eip55.Parse(c.Contract); err != nil {
		errs = append(errs, fmt.Errorf("contract: %w", err))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Source{c}, nil
}

// Name is that of the configuration.
func (s *Source) Name() string { return s.config.Name }

// Screen calls the oracle once for each address, a few at a time. Its error is always
// nil: what could not be learnt of an address is unknown, and says why.
func (s *Source) Screen(ctx context.Context, queries []screening.Query) ([]screening.Finding, error) {
	answers := map[string]screening.Finding{}
	for _, q := range queries {
		if screening.EVM(q.Address) {
			answers[strings.ToLower(q.Address)] = screening.Finding{}
		}
	}
	s.askAll(ctx, answers)
	findings := make([]screening.Finding, len(queries))
	for i, q := range queries {
		f, asked := answers[strings.ToLower(q.Address)]
		switch {
		case asked:
		case s.config.OthersNotCovered:
			f = screening.Finding{Verdict: screening.NotCovered, Detail: "the oracle knows EVM addresses only"}
		default:
			f = screening.Finding{Verdict: screening.Unknown, Detail: "the oracle knows EVM addresses only: name a source that covers others"}
		}
		f.Source, f.Network, f.Address, f.Checked = s.config.Name, q.Network, q.Address, s.config.Now()
		findings[i] = f
	}
	return findings, nil
}

// askAll fills in the answers.
func (s *Source) askAll(ctx context.Context, answers map[string]screening.Finding) {
	const atOnce = 4
	var wg sync.WaitGroup
	var mu sync.Mutex
	room := make(chan struct{}, atOnce)
	addresses := make([]string, 0, len(answers))
	for address := range answers {
		addresses = append(addresses, address)
	}
	for _, address := range addresses {
		room <- struct{}{}
		wg.Go(func() {
			defer func() { <-room }()
			f := s.ask(ctx, address)
			mu.Lock()
			defer mu.Unlock()
			answers[address] = f
		})
	}
	wg.Wait()
}

// ask calls the oracle for one address, in lower case. A caller that panics is caught
// here, because nobody above could: this runs in a goroutine of its own.
func (s *Source) ask(ctx context.Context, address string) (f screening.Finding) {
	defer func() {
		if recover() != nil {
			f = unknown("the call panicked")
		}
	}()
	raw, err := hex.DecodeString(address[2:])
	if err != nil {
		return unknown(err.Error())
	}
	data := append(append(isSanctioned[:4:4], make([]byte, 12)...), raw...)
	returned, err := s.config.Caller.CallContract(ctx, s.config.Network, s.config.Contract, data)
	if err != nil {
		return unknown(err.Error())
	}
	word := new(big.Int).SetBytes(returned)
	switch {
	case len(returned) != 32 || !word.IsUint64() || word.Uint64() > 1:
		return unknown(fmt.Sprintf("the oracle returned %d bytes that are no bool: is it the right contract?", len(returned)))
	case word.Uint64() == 1:
		return screening.Finding{
			Verdict: screening.Hit, Category: "sanctions", Entry: s.config.Contract,
			Detail: "isSanctioned is true on " + s.config.Network,
		}
	}
	return screening.Finding{Verdict: screening.Clear, Entry: s.config.Contract}
}

func unknown(why string) screening.Finding {
	return screening.Finding{Verdict: screening.Unknown, Detail: why}
}
