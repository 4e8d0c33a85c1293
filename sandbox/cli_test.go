package sandbox_test

import (
	"context"
	"encoding/json"
	"math/big"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"

	"countersign/sandbox"
)

// run runs the real program to its end.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	return string(out), err
}

func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	if out, err := run(t, "env", "--data", dir); err == nil || !strings.Contains(out, "never served") {
		t.Errorf("env of a directory never served: %v %s", err, out)
	}
	for _, flag := range []string{"--listen", "--rpc-listen", "--control-listen"} {
		if out, err := run(t, "serve", "--data", dir, flag, "0.0.0.0:0"); err == nil || !strings.Contains(out, "--allow-public") {
			t.Errorf("%s 0.0.0.0: %v %s", flag, err, out)
		}
	}
	if out, err := run(t, "serve", "--help"); err != nil || !strings.Contains(out, "development only") {
		t.Errorf("help: %v %s", err, out)
	}
	if out, err := run(t, "version"); err != nil || !strings.HasPrefix(out, "sandbox ") {
		t.Errorf("version: %v %s", err, out)
	}
	p := launch(t, dir)
	<-p.ready
	if out, err := run(t, "serve", "--data", dir); err == nil || !strings.Contains(out, "another process serves") {
		t.Errorf("second server: %v %s", err, out)
	}
	text, err := run(t, "env", "--data", dir, "--as", "alice", "--json")
	var e map[string]string
	if err != nil || json.Unmarshal([]byte(text), &e) != nil {
		t.Fatalf("env: %v %s", err, text)
	}
	for _, key := range []string{"DFNS_BASE_URL", "DFNS_AUTH_TOKEN", "DFNS_CRED_ID", "DFNS_PRIVATE_KEY", "DFNS_ORG_ID",
		"DFNS_USER_ID", "DFNS_WALLET_ID", "SANDBOX_TREASURY_ADDRESS", "SANDBOX_NETWORK", "SANDBOX_CHAIN_ID",
		"SANDBOX_RPC_URL", "SANDBOX_TOKEN_ADDRESS"} {
		if e[key] == "" {
			t.Errorf("env lacks %s", key)
		}
	}
	shell, err := exec.Command("sh", "-c", `eval "$1"; printf %s "$DFNS_PRIVATE_KEY"`, "sh", must(run(t, "env", "--data", dir, "--as", "alice"))).Output()
	if err != nil || string(shell) != e["DFNS_PRIVATE_KEY"] {
		t.Errorf("the shell reads another key: %v %q", err, shell)
	}
	if out, err := run(t, "env", "--data", dir, "--as", "mallory"); err == nil {
		t.Errorf("env of a stranger: %s", out)
	}
	if err := p.kill(syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	if out, err := run(t, "env", "--data", dir, "--json"); err != nil {
		t.Errorf("env after the server: %v %s", err, out)
	}
}

func must(out string, err error) string {
	if err != nil {
		panic(err)
	}
	return out
}

func TestRestartKeepsEverything(t *testing.T) {
	dir := t.TempDir()
	start := func() *sandbox.Server {
		s, err := sandbox.Start(context.Background(), sandbox.Config{Data: dir, Listen: "127.0.0.1:0", RPCListen: "127.0.0.1:0"})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := start()
	before, _ := sandbox.ReadEnv(dir, "bob")
	hash := stranger(t, dir)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := start()
	defer second.Close()
	after, _ := sandbox.ReadEnv(dir, "bob")
	before.BaseURL, before.RPCURL, before.RPCURLs = after.BaseURL, after.RPCURL, after.RPCURLs // ports were chosen anew
	if before != after {
		t.Errorf("env changed:\n%+v\n%+v", before, after)
	}
	into[list[entity]](t, as(t, dir, "bob").get("/wallets"), 200)
	chain, _ := ethclient.Dial(second.RPCURL)
	defer chain.Close()
	if r, err := chain.TransactionReceipt(context.Background(), hash); err != nil || r.Status != 1 {
		t.Errorf("the stranger's transaction: %+v %v", r, err)
	}
	for _, tag := range []int64{-3, -4} { // finalized, safe
		if _, err := chain.HeaderByNumber(context.Background(), big.NewInt(tag)); err != nil {
			t.Errorf("tag %d: %v", tag, err)
		}
	}
	if resp, err := http.Get(second.URL + "/healthz"); err != nil || resp.StatusCode != 200 {
		t.Errorf("healthz: %v %v", resp, err)
	}
}

// stranger gets ETH from the treasury and spends some by eth_sendRawTransaction.
func stranger(t *testing.T, dir string) common.Hash {
	t.Helper()
	key, _ := crypto.GenerateKey()
	address := crypto.PubkeyToAddress(key.PublicKey)
	c := as(t, dir, "admin")
	e := into[entity](t, c.post("/wallets/"+c.walletID+"/transfers",
		map[string]string{"kind": "Native", "to": address.Hex(), "amount": "1000000000000000000"}), 200)
	eventually(t, "the stranger is paid", func() bool {
		return into[entity](t, c.get("/wallets/"+c.walletID+"/transfers/"+e.ID), 200).Status == "Confirmed"
	})
	env, _ := sandbox.ReadEnv(dir, "admin")
	chain, err := ethclient.Dial(env.RPCURL)
	if err != nil {
		t.Fatal(err)
	}
	defer chain.Close()
	id, err := chain.ChainID(context.Background())
	if err != nil || id.Int64() != 11155111 {
		t.Fatalf("chain id %v, %v", id, err)
	}
	to := common.HexToAddress(recipient)
	tx := types.MustSignNewTx(key, types.LatestSignerForChainID(id), &types.DynamicFeeTx{ChainID: id, To: &to,
		Value: big.NewInt(3), Gas: 21000, GasFeeCap: big.NewInt(1e11), GasTipCap: big.NewInt(1e9)})
	if err := chain.SendTransaction(context.Background(), tx); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stranger's transaction is mined", func() bool {
		_, err := chain.TransactionReceipt(context.Background(), tx.Hash())
		return err == nil
	})
	return tx.Hash()
}
