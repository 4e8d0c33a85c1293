package tests

import (
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"countersign/chain"
	"countersign/cmd/countersign/stack"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"
)

// An evm is the sandbox's chain, with an account that can pay on it.
type evm struct {
	t      *testing.T
	client *ethclient.Client
	node   *chain.Node
	id     *big.Int
	key    *ecdsa.PrivateKey
	nonce  uint64
}

// newEVM starts the sandbox alone, and has its treasury fund an account of ours.
func newEVM(t *testing.T) *evm {
	t.Helper()
	e, sandbox, dir := &evm{t: t}, program(t, "sandbox"), t.TempDir()
	cmd := exec.Command(sandbox, "serve", "--data", dir, "--listen", "127.0.0.1:0", "--rpc-listen", "127.0.0.1:0")
	log, err := os.Create(filepath.Join(dir, "sandbox.log"))
	e.ok(err)
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	e.ok(cmd.Start())
	t.Cleanup(func() {
		if t.Failed() {
			showLogs(t, dir)
		}
	})
	t.Cleanup((&process{t: t, name: "sandbox", cmd: cmd}).kill)
	var platform stack.Platform
	waitFor(t, "sandbox", func(ctx context.Context) error {
		out, err := exec.CommandContext(ctx, sandbox, "env", "--data", dir, "--json").Output()
		if err != nil {
			return err
		}
		return json.Unmarshal(out, &platform)
	})
	id, err := strconv.ParseUint(platform.ChainID, 10, 64)
	e.ok(err)
	e.id = new(big.Int).SetUint64(id)
	e.key, err = crypto.GenerateKey()
	e.ok(err)
	e.node, err = chain.Dial(t.Context(), platform.RPCURL, id)
	e.ok(err)
	e.client, err = ethclient.DialContext(t.Context(), platform.RPCURL)
	e.ok(err)
	t.Cleanup(e.client.Close)
	treasury, err := platform.Client()
	e.ok(err)
	_, err = treasury.CreateTransfer(t.Context(), platform.WalletID, map[string]string{
		"kind": "Native", "to": e.account().Hex(), "amount": "1000000000000000000", "externalId": "fund-the-pin-test",
	})
	e.ok(err)
	waitFor(t, "funds", func(ctx context.Context) error {
		wei, err := e.client.BalanceAt(ctx, e.account(), nil)
		if err == nil && wei.Sign() == 0 {
			err = errors.New("none yet")
		}
		return err
	})
	return e
}
