package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"countersign/chain"
	"countersign/examples/stablecoin"
	"countersign/ledger"
	"countersign/ledger/chart"
)

// The book that the stack runs, in millionths of a TUSD.
var (
	// Recipient may be minted to; Denied must not be.
	Recipient = "0x1111111111111111111111111111111111111111"
	Denied    = "0x9999999999999999999999999999999999999999"
)

// The limits of the stack's book: 5,000 TUSD per mint, 20,000 in 24 hours.
const (
	MaxPerMint = "5000000000"
	DailyMint  = "20000000000"
)

// What the stack's book lets pass of a sweep: wallets with DepositTag give to the treasury, and
// those with GasTag pay for gas, in wei at once and in 24 hours.
const (
	DepositTag = "deposit"
	GasTag     = "gas"
	MaxGas     = "10000000000000000"
	DailyGas   = "500000000000000000"
)

// writeBook writes the book's configuration with the token's code pinned, and where
// that is compared. On a laptop the chain stands still between transactions, so any
// age of its newest block will do.
func (s *Stack) writeBook(ctx context.Context) error {
	chainID, err := strconv.ParseUint(s.Platform.ChainID, 10, 64)
	if err != nil {
		return fmt.Errorf("the sandbox's chain ID: %w", err)
	}
	node, err := chain.Dial(ctx, s.Platform.RPCURL, chainID)
	if err != nil {
		return err
	}
	pin, err := chain.Observe(ctx, node, s.Platform.Token)
	if err != nil {
		return fmt.Errorf("pin the token's code: %w", err)
	}
	nodes, err := json.MarshalIndent(map[string]chain.Endpoint{
		s.Platform.Network: {URL: s.Platform.RPCURL, ChainID: chainID, Finality: s.NodeFinality},
	}, "", "  ")
	if err != nil {
		return err
	}
	if err := s.write("nodes.json", nodes); err != nil {
		return err
	}
	book, err := json.MarshalIndent(map[string]any{
		"network": s.Platform.Network, "token": s.Platform.Token, "symbol": "TUSD", "decimals": 6, "code": pin, "simulate": true,
		"max_per_mint": MaxPerMint, "daily_mint": DailyMint,
		"recipients": []string{Recipient}, "deny_list": []string{Denied},
		"sweep": map[string]any{
			"treasury": s.Platform.Treasury, "tag": DepositTag, "makers": []string{s.Accounts.Maker.UserID},
			"gas_tag": GasTag, "max_gas": MaxGas, "daily_gas": DailyGas,
		},
	}, "", "  ")
	if err != nil {
		return err
	}
	if _, err := stablecoin.New(book); err != nil {
		return err
	}
	return s.write("book.json", book)
}

// writeChart names what the sandbox has.
func (s *Stack) writeChart() error {
	names := chart.File{
		Wallets: []chart.Wallet{{ID: s.Platform.WalletID, Account: "treasury:hot"}},
		Assets: []chart.Asset{
			{Network: s.Platform.Network, Asset: ledger.Asset{Code: "ETH", Scale: 18}},
			{Network: s.Platform.Network, Contract: s.Platform.Token, Asset: ledger.Asset{Code: "TUSD", Scale: 6}},
		},
	}
	text, err := json.MarshalIndent(names, "", "  ")
	if err != nil {
		return err
	}
	return s.write("chart.json", text)
}
