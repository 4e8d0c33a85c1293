package evm

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"strconv"

	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/eth"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/eth/filters"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rpc"
)

// faucetWei is what the faucet starts with: a billion ETH.
var faucetWei = new(big.Int).Mul(big.NewInt(1e9), big.NewInt(1e18))

// cacheMB is the memory, in megabytes, that the database and the state's cache may each
// take: the least that go-ethereum takes anyway. All the rest is on the disk.
const cacheMB = 16

// open makes the node, not yet started, and brings it to the newest block that was kept.
// What it has on the disk follows from those blocks; so when it is damaged, or begins with
// another block 0, it is thrown away and made again.
func open(cfg Config) (*Chain, error) {
	c, err := resume(cfg)
	if err == nil {
		return c, nil
	}
	slog.Warn("making the chain's files again", "directory", cfg.dir(), "reason", err)
	if err := os.RemoveAll(cfg.dir()); err != nil {
		return nil, fmt.Errorf("removing a damaged chain: %w", err)
	}
	return resume(cfg)
}

func resume(cfg Config) (*Chain, error) {
	c, err := assemble(cfg)
	if err != nil {
		return nil, err
	}
	if err := c.replay(); err != nil {
		return nil, errors.Join(err, c.node.Close())
	}
	return c, nil
}

// dir is where the chain's own files are.
func (cfg Config) dir() string {
	return filepath.Join(cfg.Dir, "chain", strconv.FormatUint(cfg.ChainID, 10))
}

func assemble(cfg Config) (*Chain, error) {
	nodeConf := node.DefaultConfig
	nodeConf.Name, nodeConf.DataDir, nodeConf.IPCPath = "node", cfg.dir(), ""
	nodeConf.P2P = p2p.Config{NoDiscovery: true, NoDial: true}
	stack, err := node.New(&nodeConf)
	if err != nil {
		return nil, fmt.Errorf("making node: %w", err)
	}
	backend, err := eth.New(stack, ethConfig(cfg))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making chain: %w", err), stack.Close())
	}
	system := filters.NewFilterSystem(backend.APIBackend, filters.Config{})
	c := &Chain{cfg: cfg, node: stack, eth: backend, retry: make(chan struct{}, 1)}
	apis := append(backend.APIs(),
		rpc.API{Namespace: "eth", Service: filters.NewFilterAPI(system)}, rpc.API{Namespace: "web3", Service: web3{}})
	pooled, err := c.pooled(apis)
	if err == nil {
		// The last of two methods of one name counts.
		c.rpc, err = serve(append(apis, rpc.API{Namespace: "eth", Service: pooled}), []string{"eth", "net", "web3"})
	}
	if err != nil {
		return nil, errors.Join(err, stack.Close())
	}
	return c, nil
}

func ethConfig(cfg Config) *ethconfig.Config {
	conf := ethconfig.Defaults
	conf.NetworkId = cfg.ChainID
	conf.SyncMode = ethconfig.FullSync
	// Old states stay readable, each written to the disk with its block: none has to be
	// computed again after a kill.
	conf.NoPruning, conf.StateScheme = true, rawdb.HashScheme
	conf.DatabaseCache, conf.TrieCleanCache, conf.TrieDirtyCache, conf.SnapshotCache = cacheMB, cacheMB, 0, 0
	conf.TransactionHistory = 0 // of the whole chain
	conf.TxPool.NoLocals, conf.TxPool.Journal = true, ""
	conf.LogNoHistory = true // search logs without an index, as simulated.Backend does
	alloc := core.SystemContractAllocs()
	maps.Copy(alloc, types.GenesisAlloc{cfg.Faucet: {Balance: faucetWei}})
	conf.Genesis = &core.Genesis{
		Config:     chainConfig(cfg.ChainID),
		Timestamp:  uint64(cfg.Genesis.Unix()),
		GasLimit:   conf.Miner.GasCeil,
		BaseFee:    big.NewInt(params.InitialBaseFee),
		Difficulty: new(big.Int),
		Alloc:      alloc,
	}
	return &conf
}

// chainConfig is every fork that is live on mainnet. go-ethereum's own dev
// configuration also turns on unreleased ones, which change what gas costs.
func chainConfig(id uint64) *params.ChainConfig {
	conf := *params.AllDevChainProtocolChanges
	conf.ChainID = new(big.Int).SetUint64(id)
	conf.AmsterdamTime, conf.BogotaTime = nil, nil
	return &conf
}
