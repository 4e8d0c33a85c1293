package evm

import (
	"fmt"
	"net/http"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/rpc"
)

// serve makes the JSON-RPC server of the APIs in the namespaces of modules.
func serve(apis []rpc.API, modules []string) (*rpc.Server, error) {
	server := rpc.NewServer()
	server.SetBatchLimits(node.DefaultConfig.BatchRequestLimit, node.DefaultConfig.BatchResponseMaxSize)
	if err := node.RegisterApis(apis, modules, server); err != nil {
		return nil, fmt.Errorf("registering JSON-RPC methods: %w", err)
	}
	return server, nil
}

// ServeHTTP answers JSON-RPC. Whom it answers is for the caller to check.
func (c *Chain) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.rpc.ServeHTTP(w, r) }

// web3 is the namespace of that name, which go-ethereum gives only to a node
// that listens itself.
type web3 struct{}

// ClientVersion names the sandbox.
func (web3) ClientVersion() string { return "countersign-sandbox/go-ethereum" }

// Sha3 is Keccak-256.
func (web3) Sha3(input hexutil.Bytes) hexutil.Bytes { return crypto.Keccak256(input) }
