package tests

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"countersign/chain"
	"countersign/chain/codepin"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

func (e *evm) ok(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

func (e *evm) account() common.Address { return crypto.PubkeyToAddress(e.key.PublicKey) }

// mine signs a transaction and waits until it is in a block.
func (e *evm) mine(tx types.TxData) *types.Receipt {
	e.t.Helper()
	signed, err := types.SignNewTx(e.key, types.LatestSignerForChainID(e.id), tx)
	e.ok(err)
	e.ok(e.client.SendTransaction(e.t.Context(), signed))
	e.nonce++
	var receipt *types.Receipt
	waitFor(e.t, "receipt", func(ctx context.Context) (err error) {
		receipt, err = e.client.TransactionReceipt(ctx, signed.Hash())
		return err
	})
	if receipt.Status != types.ReceiptStatusSuccessful {
		e.t.Fatalf("transaction %s reverted", signed.Hash())
	}
	return receipt
}

// call is an ordinary transaction; to nil makes a contract.
func (e *evm) call(to *common.Address, data []byte) *types.Receipt {
	e.t.Helper()
	return e.mine(&types.DynamicFeeTx{
		ChainID: e.id, Nonce: e.nonce, GasTipCap: big.NewInt(1e9), GasFeeCap: big.NewInt(10e9), Gas: 1_000_000, To: to, Data: data,
	})
}

// deploy makes a contract with the given code and returns its address.
func (e *evm) deploy(code string) string {
	e.t.Helper()
	// PUSH2 length, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN
	creation := fmt.Sprintf("61%04x80600a5f395ff3", len(code)/2) + code
	return strings.ToLower(e.call(nil, common.FromHex(creation)).ContractAddress.Hex())
}

// set stores an address in a slot of a contract made of settable code.
func (e *evm) set(contract, slot, address string) {
	e.t.Helper()
	to := common.HexToAddress(contract)
	e.call(&to, common.FromHex(slot[2:]+strings.Repeat("0", 24)+address[2:]))
}

// runs returns what a contract answers to an arbitrary call, where other code may be
// put at some addresses for this call.
func (e *evm) runs(contract string, code map[string]string) (out string) {
	e.t.Helper()
	overrides := map[string]any{}
	for address, c := range code {
		overrides[address] = map[string]string{"code": "0x" + c}
	}
	e.ok(e.client.Client().CallContext(e.t.Context(), &out, "eth_call", map[string]string{"to": contract, "data": "0xdeadbeef"}, "latest", overrides))
	return out
}

// settable is code that takes 64 bytes of call data as a slot and its new value, and
// runs rest for anything else. Something may stand before it.
func settable(before, rest string) string {
	setter := (len(before) + len(rest)) / 2 // CALLDATASIZE, PUSH1 64, EQ, PUSH2 setter, JUMPI
	return before + fmt.Sprintf("3660401461%04x57", setter+8) + rest +
		"5b6020355f355500" // JUMPDEST, SSTORE(calldata[0], calldata[32]), STOP
}

// delegating is code that runs the code whose address is on the stack, in its own
// storage, and returns what that returns.
const delegating = "365f5f37" + // CALLDATACOPY(0, 0, size)
	"5f5f365f845af450" + // DELEGATECALL(gas, address, 0, size, 0, 0)
	"3d5f5f3e3d5ff3" // return all of it

// proxyOf is a proxy that has its implementation in a slot.
func proxyOf(slot string) string { return settable("7f"+slot[2:]+"54", delegating) }

// safeProxy begins as a Safe's does: it loads slot 0 and masks it.
var safeProxy = settable("608060405273ffffffffffffffffffffffffffffffffffffffff60005416", delegating)

// answering is code that returns slot 0 to every call: a beacon, or a loupe.
const answering = "5f545f5260205ff3"

// constant is code that returns one number.
func constant(n byte) string { return fmt.Sprintf("60%02x5f5260205ff3", n) }

// The slots of EIP-1967, EIP-1822 and ZeppelinOS, and the first of all.
var (
	logicSlot  = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"
	beaconSlot = "0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50"
	proxiable  = crypto.Keccak256Hash([]byte("PROXIABLE")).Hex()
	zeppelinOS = crypto.Keccak256Hash([]byte("org.zeppelinos.proxy.implementation")).Hex()
	slot0      = "0x" + strings.Repeat("0", 64)
)

// TestPinsOnARealChain upgrades proxies of each kind on the sandbox's EVM, and has
// a pin notice.
func TestPinsOnARealChain(t *testing.T) {
	e := newEVM(t)
	first, second := e.deploy(constant(1)), e.deploy(constant(2))
	const mint = "0x40c10f19"
	for _, tt := range []struct {
		kind       codepin.ProxyKind
		code, slot string // the slot says what runs
		field      string // of the mismatch
		selectors  []string
	}{
		{codepin.EIP1967, proxyOf(logicSlot), logicSlot, "implementation", nil},
		{codepin.EIP1822, proxyOf(proxiable), proxiable, "implementation", nil},
		{codepin.ZeppelinOS, proxyOf(zeppelinOS), zeppelinOS, "implementation", nil},
		{codepin.Safe, safeProxy, slot0, "implementation", nil},
		{codepin.Diamond, settable("", answering), slot0, "facets." + mint + ".address", []string{mint}},
	} {
		e.run(t, string(tt.kind), func() {
			proxy := e.deploy(tt.code)
			e.set(proxy, tt.slot, first)
			pin := e.observes(proxy, tt.kind, tt.selectors...)
			if got := e.runs(proxy, nil); tt.kind != codepin.Diamond && got != numbered(1) {
				e.t.Fatalf("the proxy does not run what its slot holds: %s", got)
			}
			e.set(proxy, tt.slot, second)
			e.changed(pin, tt.field, first, second, tt.selectors...)
			e.set(proxy, tt.slot, first)
			e.holds(pin, tt.selectors...)
		})
	}
	e.run(t, "eip1967-beacon", func() { e.beacons(first, second) })
	e.run(t, "eip1167", func() { e.clones(first) })
	e.run(t, "delegated account", func() { e.delegation(first) })
}

// run is a subtest, on the same chain.
func (e *evm) run(t *testing.T, name string, f func()) {
	t.Run(name, func(t *testing.T) {
		e.t = t
		f()
	})
}

// beacons changes what a beacon says, and then the beacon.
func (e *evm) beacons(first, second string) {
	beacon, other, proxy := e.deploy(settable("", answering)), e.deploy(settable("", answering)), e.deploy(proxyOf(beaconSlot))
	e.set(beacon, slot0, first)
	e.set(other, slot0, first)
	e.set(proxy, beaconSlot, beacon)
	pin := e.observes(proxy, codepin.EIP1967Beacon)
	e.set(beacon, slot0, second)
	e.changed(pin, "implementation", first, second)
	e.set(beacon, slot0, first)
	e.set(proxy, beaconSlot, other)
	e.changed(pin, "beacon", beacon, other)
}

// clones runs the forms of EIP-1167, with arguments behind the code and without, of
// ERC-7511 and of 0age.
func (e *evm) clones(first string) {
	standard := "363d3d373d3d3d363d73" + first[2:] + "5af43d82803e903d91602b57fd5bf3"
	for _, form := range []string{
		standard, standard + "5bc0ffee",
		"365f5f375f5f365f73" + first[2:] + "5af43d5f5f3e5f3d91602a57fd5bf3", "3d3d3d3d363d3d37363d73" + first[2:] + "5af43d3d93803e602a57fd5bf3",
	} {
		proxy := e.deploy(form)
		pin := e.observes(proxy, codepin.EIP1167)
		if got := e.runs(proxy, nil); got != numbered(1) || pin.Implementation != first {
			e.t.Errorf("%s runs %s, observed as %s", form, got, pin.Implementation)
		}
	}
	// No contract of ours can be had at a vanity address, so one is put there.
	const vanity, proxy = "0x0000000022222222222222222222222222222222", "0x3333333333333333333333333333333333333333"
	code := map[string]string{vanity: constant(7), proxy: "363d3d373d3d3d363d6f" + vanity[10:] + "5af43d82803e903d91602757fd5bf3"}
	if got := e.runs(proxy, code); got != numbered(7) {
		e.t.Errorf("the short form runs %s", got)
	}
}

// delegation gives our account the code of a contract (EIP-7702). The authorisation is
// for any chain, and counts after the transaction's own nonce.
func (e *evm) delegation(first string) {
	auth, err := types.SignSetCode(e.key, types.SetCodeAuthorization{Address: common.HexToAddress(first), Nonce: e.nonce + 1})
	e.ok(err)
	n := common.U2560.Clone // the numbers' package is no dependency of ours
	e.mine(&types.SetCodeTx{
		ChainID: n().SetUint64(e.id.Uint64()), Nonce: e.nonce, GasTipCap: n().SetUint64(1e9), GasFeeCap: n().SetUint64(10e9), Gas: 1_000_000,
		To: e.account(), AuthList: []types.SetCodeAuthorization{auth},
	})
	e.nonce++
	_, err = chain.Observe(e.t.Context(), e.node, e.account().Hex())
	if !errors.Is(err, codepin.ErrPin) || !strings.Contains(err.Error(), "EIP-7702 delegation to "+first) {
		e.t.Errorf("Observe = %v, want ErrPin and the delegation", err)
	}
	hash := crypto.Keccak256Hash(common.FromHex(constant(1))).Hex()
	e.changed(codepin.Pin{Address: e.account().Hex(), CodeHash: hash}, "code_hash", hash, "EIP-7702 delegation to "+first)
}

func numbered(n byte) string { return fmt.Sprintf("0x%064x", n) }

// observes demands that a contract is of a kind, and that its pin holds.
func (e *evm) observes(address string, kind codepin.ProxyKind, selectors ...string) codepin.Pin {
	e.t.Helper()
	pin, err := chain.Observe(e.t.Context(), e.node, address, selectors...)
	if err != nil || pin.Proxy != kind {
		e.t.Fatalf("observed %+v, %v, want %s", pin, err, kind)
	}
	e.holds(pin, selectors...)
	return pin
}

func (e *evm) holds(pin codepin.Pin, selectors ...string) {
	e.t.Helper()
	if evidence, err := chain.Verify(e.t.Context(), e.node, []codepin.Pin{pin}, selectors...); err != nil || evidence.BlockHash == "" {
		e.t.Fatalf("Verify = %v at %q, want none", err, evidence.BlockHash)
	}
}

func (e *evm) changed(pin codepin.Pin, field, want, got string, selectors ...string) {
	e.t.Helper()
	evidence, err := chain.Verify(e.t.Context(), e.node, []codepin.Pin{pin}, selectors...)
	found := slices.ContainsFunc(evidence.Mismatches, func(m *chain.Mismatch) bool { return m.Field == field && m.Want == want && m.Got == got })
	if !errors.Is(err, codepin.ErrChanged) || errors.Is(err, codepin.ErrUnknown) || !found {
		e.t.Errorf("Verify = %v, want ErrChanged alone: %s from %s to %s", err, field, want, got)
	}
}
