package sandbox

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"countersign/sandbox/evm"
	"countersign/sandbox/store"
)

// importBatch is how many kept blocks are read at a time.
const importBatch = 256

// startChain starts the directory's chain at the block where it stopped.
func startChain(cfg Config, db *store.DB, seed seedling) (*evm.Chain, error) {
	host, port, err := net.SplitHostPort(cfg.RPCListen)
	if err != nil {
		return nil, fmt.Errorf("address %q must be host:port: %w", cfg.RPCListen, err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("address %q needs a port number: %w", cfg.RPCListen, err)
	}
	return evm.Start(evm.Config{
		Dir: cfg.Data, Host: host, Port: number, Public: cfg.AllowPublic,
		Genesis: time.Unix(seed.Genesis, 0), Faucet: crypto.PubkeyToAddress(seed.faucet().PublicKey),
		Now: cfg.Now,
		Keep: func(number uint64, rlp []byte) error {
			return db.Update(func(tx *store.Tx) error { return tx.AppendBlock(number, rlp) })
		},
		Blocks: func(from uint64) (blocks [][]byte, err error) {
			err = db.View(func(tx *store.Tx) (err error) {
				blocks, err = tx.Blocks(from, importBatch)
				return err
			})
			return blocks, err
		},
	})
}

// awaitToken waits until the token is on the chain, which on the first start
// takes two blocks.
func (s *Server) awaitToken(ctx context.Context, seed seedling) error {
	for {
		code, err := s.chain.Client.CodeAt(ctx, common.HexToAddress(seed.TokenAddress), nil)
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
