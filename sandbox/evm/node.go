package evm

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"path/filepath"

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

// assemble makes the node, not yet started, with nothing but block 0.
func assemble(cfg Config) (*Chain, error) {
	nodeConf := node.DefaultConfig
	nodeConf.DataDir, nodeConf.IPCPath = "", ""
	nodeConf.KeyStoreDir = filepath.Join(cfg.Dir, "keystore")
	nodeConf.P2P = p2p.Config{NoDiscovery: true, NoDial: true}
	stack, err := node.New(&nodeConf)
	if err != nil {
		return nil, fmt.Errorf("making node: %w", err)
	}
	backend, err := eth.New(stack, ethConfig(cfg))
	if err != nil {
		return nil, fmt.Errorf("making chain: %w", err)
	}
	system := filters.NewFilterSystem(backend.APIBackend, filters.Config{})
	apis := append(backend.APIs(),
		rpc.API{Namespace: "eth", Service: filters.NewFilterAPI(system)}, rpc.API{Namespace: "web3", Service: web3{}})
	server, err := serve(apis, []string{"eth", "net", "web3"})
	if err != nil {
		return nil, errors.Join(err, stack.Close())
	}
	return &Chain{cfg: cfg, node: stack, eth: backend, rpc: server, retry: make(chan struct{}, 1)}, nil
}

func ethConfig(cfg Config) *ethconfig.Config {
	conf := ethconfig.Defaults
	conf.NetworkId = cfg.ChainID
	conf.SyncMode = ethconfig.FullSync
	conf.NoPruning, conf.StateScheme = true, rawdb.HashScheme // old states stay readable
	conf.TxPool.NoLocals = true
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
