package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"countersign/sandbox/chains"
	"countersign/sandbox/custody"
	"countersign/sandbox/network"
	"countersign/sandbox/settle"
)

// startChains brings the default network's chain to the block where it stopped,
// and answers JSON-RPC for it and for the others, which start at first use.
func (s *Server) startChains(cfg Config, seed seedling, vault *custody.Custody) error {
	s.chains = &chains.Chains{DB: s.db, Networks: s.nets, Dir: cfg.Data,
		Genesis: time.Unix(seed.Genesis, 0), Faucet: common.HexToAddress(seed.faucetAddress()), Now: cfg.Now,
		Finality: cfg.Finality, BlockTime: cfg.BlockTime, Screen: vault.Screen}
	if _, err := s.chains.Chain(network.Default); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cfg.RPCListen)
	if err != nil {
		return fmt.Errorf("listening for JSON-RPC: %w", err)
	}
	s.at.RPCListen = listener.Addr().String()
	s.RPCURL = "http://" + reachable(listener.Addr().String())
	s.rpc = s.serve(listener, s.chains.Handler(cfg.AllowPublic))
	return nil
}

// Chains are the chains of the EVM networks, to make them misbehave.
func (s *Server) Chains() *chains.Chains { return s.chains }

// Settler signs and sends what is executing, and can be paused.
func (s *Server) Settler() *settle.Settler { return s.settler }

// networkNames are those of the EVM networks that run, separated by spaces.
func (s *Server) networkNames() string {
	var names []string
	for _, n := range s.nets.All() {
		if n.Family == network.EVM {
			names = append(names, n.Name)
		}
	}
	return strings.Join(names, " ")
}

// rpcURLs is a JSON object of where the chain of each of the networks answers.
func rpcURLs(base, names string) string {
	urls := map[string]string{}
	for _, name := range strings.Fields(names) {
		urls[name] = base + "/" + name
	}
	text, _ := json.Marshal(urls) // of strings, which cannot fail
	return string(text)
}

// awaitToken waits until the token is on the chain, which on the first start
// takes two blocks.
func (s *Server) awaitToken(ctx context.Context, seed seedling) error {
	chain, err := s.chains.Chain(network.Default)
	if err != nil {
		return err
	}
	for {
		code, err := chain.Client.CodeAt(ctx, common.HexToAddress(seed.TokenAddress), nil)
		if err != nil {
			return fmt.Errorf("looking for the token: %w", err)
		}
		if len(code) > 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the token: %w", ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}
