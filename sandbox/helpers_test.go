package sandbox_test

import (
	"context"
	"fmt"
	"math/big"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"

	"countersign/sandbox"
)

// world is a running sandbox with its three humans.
type world struct {
	t                 *testing.T
	dir               string
	server            *sandbox.Server
	admin, alice, bob client
	env               sandbox.Env
	clock             *atomic.Int64 // nanoseconds that the sandbox's clock is ahead
}

// newWorld starts a sandbox on free ports; scale divides its delays.
func newWorld(t *testing.T, scale float64) *world {
	t.Helper()
	return newWorldWith(t, sandbox.Config{TimeScale: scale})
}

// newWorldWith is newWorld with more of the configuration given.
func newWorldWith(t *testing.T, cfg sandbox.Config) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), clock: new(atomic.Int64)}
	cfg.Listen, cfg.RPCListen, cfg.Data = "127.0.0.1:0", "127.0.0.1:0", w.dir
	cfg.Now = func() time.Time { return time.Now().Add(time.Duration(w.clock.Load())) }
	cfg.ControlListen = "127.0.0.1:0"
	server, err := sandbox.Start(context.Background(), cfg)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() {
		if err := w.server.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	w.server = server
	w.admin, w.alice, w.bob = as(t, w.dir, "admin"), as(t, w.dir, "alice"), as(t, w.dir, "bob")
	if w.env, err = sandbox.ReadEnv(w.dir, "admin"); err != nil {
		t.Fatalf("ReadEnv: %v", err)
	}
	return w
}

// entity is what the tests read of a transfer or transaction.
type entity struct {
	ID, WalletID, Status, Reason, TxHash, ApprovalID, ExternalID, Fee, ReplacementID string
}

// approval is what the tests read of one.
type approval struct {
	ID, Status  string
	InitiatorID string
	Activity    struct {
		Kind                                string
		TransferRequest, TransactionRequest *entity
	}
	Decisions []struct{ UserID, Value string }
}

// list is a page.
type list[T any] struct {
	Items         []T
	NextPageToken string
}

// policy makes a policy that asks for approval by the groups.
func (w *world) policy(timeout int, groups ...map[string]any) string {
	w.t.Helper()
	action := map[string]any{"kind": "RequestApproval", "approvalGroups": groups}
	if timeout > 0 {
		action["autoRejectTimeout"] = timeout
	}
	return w.policyWith(action, nil)
}

func (w *world) policyWith(action, filters map[string]any) string {
	w.t.Helper()
	body := map[string]any{"name": "p", "activityKind": "Wallets:Sign",
		"rule": map[string]any{"kind": "AlwaysTrigger"}, "action": action}
	if filters != nil {
		body["filters"] = filters
	}
	return into[struct{ ID string }](w.t, w.admin.post("/v2/policies", body), 200).ID
}

// group is an approval group of the users with a quorum.
func group(quorum int, users ...string) map[string]any {
	g := map[string]any{"quorum": quorum, "approvers": map[string]any{}}
	if len(users) > 0 {
		g["approvers"] = map[string]any{"userId": map[string]any{"in": users}}
	}
	return g
}

// with sets a member of a group.
func with(g map[string]any, key string) map[string]any { g[key] = true; return g }

// pay asks for a native transfer out of the treasury.
func (w *world) pay(c client, wei string) entity {
	w.t.Helper()
	return into[entity](w.t, c.post(w.path("transfers"), map[string]string{
		"kind": "Native", "to": recipient, "amount": wei}), 200)
}

// path is a path below the treasury.
func (w *world) path(parts ...string) string {
	return "/wallets/" + w.admin.walletID + "/" + strings.Join(parts, "/")
}

// vote decides on an approval.
func (w *world) vote(c client, id, value string) answer {
	w.t.Helper()
	return c.post("/v2/policy-approvals/"+id+"/decisions", map[string]string{"value": value})
}

// reach waits until a transfer or transaction has the status.
func (w *world) reach(object, id, status string) entity {
	w.t.Helper()
	var e entity
	eventually(w.t, fmt.Sprintf("%s %s is %s", object, id, status), func() bool {
		e = into[entity](w.t, w.admin.get(w.path(object, id)), 200)
		return e.Status == status
	})
	return e
}

const recipient = "0x00000000000000000000000000000000DeaDBeef"

// dial connects to the chain over JSON-RPC.
func (w *world) dial() *ethclient.Client {
	w.t.Helper()
	chain, err := ethclient.Dial(w.env.RPCURL)
	if err != nil {
		w.t.Fatalf("dialling chain: %v", err)
	}
	w.t.Cleanup(chain.Close)
	return chain
}

// wei is the ETH balance of an address.
func (w *world) wei(address string) *big.Int {
	w.t.Helper()
	balance, err := w.dial().BalanceAt(context.Background(), common.HexToAddress(address), nil)
	if err != nil {
		w.t.Fatalf("BalanceAt: %v", err)
	}
	return balance
}

// units is the TUSD balance of an address, by eth_call.
func (w *world) units(address string) *big.Int {
	w.t.Helper()
	token := common.HexToAddress(w.env.TokenAddress)
	out, err := w.dial().CallContract(context.Background(), ethereum.CallMsg{To: &token,
		Data: common.FromHex("0x70a08231" + word(address))}, nil)
	if err != nil {
		w.t.Fatalf("balanceOf: %v", err)
	}
	return new(big.Int).SetBytes(out)
}

// word pads hex digits to 32 bytes.
func word(hex string) string {
	return fmt.Sprintf("%064s", strings.TrimPrefix(strings.ToLower(hex), "0x"))
}

// mintData is the call data of mint(address,uint256).
func mintData(to string, units int64) string {
	return "0x40c10f19" + word(to) + word(fmt.Sprintf("%x", units))
}

// restart closes the sandbox and starts it again on its directory.
func (w *world) restart(cfg sandbox.Config) {
	w.t.Helper()
	if err := w.server.Close(); err != nil {
		w.t.Fatalf("Close: %v", err)
	}
	cfg.Listen, cfg.RPCListen, cfg.Data = "127.0.0.1:0", "127.0.0.1:0", w.dir
	var err error
	if w.server, err = sandbox.Start(context.Background(), cfg); err != nil {
		w.t.Fatalf("Start: %v", err)
	}
	w.admin, w.alice, w.bob = as(w.t, w.dir, "admin"), as(w.t, w.dir, "alice"), as(w.t, w.dir, "bob")
	if w.env, err = sandbox.ReadEnv(w.dir, "admin"); err != nil {
		w.t.Fatalf("ReadEnv: %v", err)
	}
}
