package words_test

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"countersign/calldata/calltree"

	"github.com/ethereum/go-ethereum/common"
)

type (
	facet struct {
		Name0 common.Address
		Name1 uint8
		Name2 [][4]byte
	}
	inner struct {
		Name0 common.Address
		Name1 []byte
	}
	tried struct {
		Name0 common.Address
		Name1 bool
		Name2 []byte
	}
	paid struct {
		Name0 common.Address
		Name1 bool
		Name2 *big.Int
		Name3 []byte
	}
	execution struct {
		Name0 common.Address
		Name1 *big.Int
		Name2 []byte
	}
	oldOp struct {
		Name0                             common.Address
		Name1                             *big.Int
		Name2, Name3                      []byte
		Name4, Name5, Name6, Name7, Name8 *big.Int
		Name9, Name10                     []byte
	}
	newOp struct {
		Name0        common.Address
		Name1        *big.Int
		Name2, Name3 []byte
		Name4        [32]byte
		Name5        *big.Int
		Name6        [32]byte
		Name7, Name8 []byte
	}
	oldOps struct {
		Name0 []oldOp
		Name1 common.Address
		Name2 []byte
	}
	newOps struct {
		Name0 []newOp
		Name1 common.Address
		Name2 []byte
	}
	request struct {
		Name0, Name1 common.Address
		Name2, Name3 *big.Int
		Name4        *big.Int
		Name5, Name6 []byte
	}
)

// record is one of MultiSend's, packed.
func record(operation byte, to common.Address, data []byte) []byte {
	out := append([]byte{operation}, to[:]...)
	out = append(out, make([]byte, 32)...)
	out = append(out, big.NewInt(int64(len(data))).FillBytes(make([]byte, 32))...)
	return append(out, data...)
}

// wrapped is a call of every wrapper that the tree knows, with the line that is said
// of it.
func wrapped(t testing.TB) []golden {
	x := []byte{1, 2, 3, 4}
	zero, ten, end := n(0), n(10), n(1893456000)
	old := oldOp{treasury, n(0), []byte{}, x, ten, ten, ten, ten, ten, []byte{}, []byte{}}
	op := newOp{treasury, n(0), append(bob.Bytes(), x...), x, [32]byte{}, ten, [32]byte{}, []byte{}, []byte{}}
	many, values, datas := []common.Address{alice, bob}, []*big.Int{n(0), n(1)}, [][]byte{x, x}
	asked := request{alice, bob, n(0), ten, ten, x, x}
	safe := func(operation uint8, gasPrice int64, token, receiver common.Address) made {
		return call(t, "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)", bob, n(0), x, operation, n(0), n(21000), n(gasPrice), token, receiver, []byte{})
	}
	const r, s = "0x27b1…1c26", "0x1111…1111 (Treasury)"
	return []golden{
		{"aggregate", "", raw, call(t, "aggregate((address,bytes)[])", []inner{{alice, x}, {bob, x}, {bob, x}}), "batch of 3 calls, through " + r},
		{"blockAndAggregate", "", raw, call(t, "blockAndAggregate((address,bytes)[])", []inner{{alice, x}}), "batch of 1 call, through " + r},
		{"tryAggregate", "", raw, call(t, "tryAggregate(bool,(address,bytes)[])", false, []inner{{alice, x}}), "batch of 1 call, through " + r + ", any of which may fail alone"},
		{"tryBlockAndAggregate", "", raw, call(t, "tryBlockAndAggregate(bool,(address,bytes)[])", true, []inner{{alice, x}}), "batch of 1 call, through " + r},
		{"aggregate3", "", raw, call(t, "aggregate3((address,bool,bytes)[])", []tried{{alice, true, x}, {bob, false, x}}), "batch of 2 calls, through " + r + ", 1 of which may fail alone"},
		{"aggregate3Value", "5", raw, call(t, "aggregate3Value((address,bool,uint256,bytes)[])", []paid{{alice, false, n(5), x}}), "batch of 1 call, through " + r + ", sending 0.000000000000000005 ETH along"},
		{"multicall of others", "", raw, call(t, "multicall(address[],bytes[])", many, datas), "batch of 2 calls, through " + r},
		{"multicall", "5", raw, call(t, "multicall(bytes[])", datas), "batch of 2 calls, through " + r + ", sending 0.000000000000000005 ETH along"},
		{"multicall with a deadline", "", raw, call(t, "multicall(uint256,bytes[])", end, datas), "batch of 2 calls, through " + r + " until 2030-01-01 00:00:00 UTC"},
		{"multicall behind a block", "", raw, call(t, "multicall(bytes32,bytes[])", [32]byte{31: 1}, datas), "batch of 2 calls, through " + r + ", only behind block 0x" + strings.Repeat("0", 63) + "1"},
		{"multiSend", "", raw, call(t, "multiSend(bytes)", slices.Concat(record(0, alice, x), record(1, bob, x), record(0, bob, nil))), "batch of 3 calls, 1 of them by delegatecall, through " + r},

		{"Safe", "", treasury, safe(0, 0, nobody, nobody), "Safe " + s + " executes 1 call"},
		{"Safe by delegatecall", "", treasury, safe(1, 0, nobody, nobody), "Safe " + s + " executes 1 call by delegatecall"},
		{"Safe that pays for gas", "", treasury, safe(0, 7, nobody, nobody), "Safe " + s + " executes 1 call, then pays the sender for the gas used and 21000 more, 7 wei for each"},
		{"Safe that pays for gas in a token", "", treasury, safe(0, 7, tusd, bob), "Safe " + s + " executes 1 call, then pays 0xb0b0…0002 for the gas used and 21000 more, 7 units of 0x5aAe…eAed (TUSD token) for each"},
		{"module", "", treasury, call(t, "execTransactionFromModule(address,uint256,bytes,uint8)", bob, zero, x, uint8(1)), s + " executes 1 call by delegatecall for a module"},
		{"module with data", "", treasury, call(t, "execTransactionFromModuleReturnData(address,uint256,bytes,uint8)", bob, zero, x, uint8(0)), s + " executes 1 call for a module"},
		{"4337 module", "", treasury, call(t, "executeUserOp(address,uint256,bytes,uint8)", bob, zero, x, uint8(0)), s + " executes 1 call for a user operation"},
		{"4337 module with errors", "", treasury, call(t, "executeUserOpWithErrorString(address,uint256,bytes,uint8)", bob, zero, x, uint8(0)), s + " executes 1 call for a user operation"},
		{"setup", "", treasury, call(t, "setup(address[],uint256,address,bytes,address,address,uint256,address)", many, n(2), nobody, []byte{}, nobody, nobody, zero, nobody), "set up " + s + " as a Safe with threshold 2 of 2 owners: 0xa11c…0001, 0xb0b0…0002"},
		{"setup with everything", "", treasury, call(t, "setup(address[],uint256,address,bytes,address,address,uint256,address)", many[:1], n(1), bob, x, bob, tusd, n(5_000_000), alice),
			"set up " + s + " as a Safe with threshold 1 of 1 owner, 1 call by delegatecall, fallback handler 0xb0b0…0002, paying 5.00 TUSD to 0xa11c…0001: 0xa11c…0001"},
		{"createProxy", "", raw, call(t, "createProxy(address,bytes)", bob, []byte{}), "create a proxy with the code of 0xb0b0…0002, through " + r + ", not set up"},
		{"createProxyWithNonce", "", raw, call(t, "createProxyWithNonce(address,bytes,uint256)", bob, x, n(1)), "create a proxy with the code of 0xb0b0…0002, through " + r + ", set up by 1 call by delegatecall"},
		{"createChainSpecificProxyWithNonce", "", raw, call(t, "createChainSpecificProxyWithNonce(address,bytes,uint256)", bob, x, n(1)), "create a proxy with the code of 0xb0b0…0002, through " + r + ", set up by 1 call by delegatecall"},
		{"performCreate", "", raw, call(t, "performCreate(uint256,bytes)", n(5), x), r + " creates a contract"},
		{"performCreate2", "", raw, call(t, "performCreate2(uint256,bytes,bytes32)", n(5), x, [32]byte{}), r + " creates a contract"},
		{"role of version 1", "", raw, call(t, "execTransactionWithRole(address,uint256,bytes,uint8,uint16,bool)", bob, zero, x, uint8(1), uint16(3), false), r + " has the account behind it execute 1 call by delegatecall in role 3, which may fail alone"},
		{"role of version 2", "", raw, call(t, "execTransactionWithRole(address,uint256,bytes,uint8,bytes32,bool)", bob, zero, x, uint8(0), [32]byte{31: 3}, true), r + " has the account behind it execute 1 call in role 0x" + strings.Repeat("0", 63) + "3"},
		{"role of version 1 with data", "", raw, call(t, "execTransactionWithRoleReturnData(address,uint256,bytes,uint8,uint16,bool)", bob, zero, x, uint8(0), uint16(3), true), r + " has the account behind it execute 1 call in role 3"},
		{"role of version 2 with data", "", raw, call(t, "execTransactionWithRoleReturnData(address,uint256,bytes,uint8,bytes32,bool)", bob, zero, x, uint8(0), [32]byte{31: 3}, true), r + " has the account behind it execute 1 call in role 0x" + strings.Repeat("0", 63) + "3"},

		{"handleOps of version 0.6", "", raw, call(t, "handleOps((address,uint256,bytes,bytes,uint256,uint256,uint256,uint256,uint256,bytes,bytes)[],address)", []oldOp{old, old}, bob), "handle 2 user operations with 2 calls at " + r + ", gas paid to 0xb0b0…0002"},
		{"handleOps", "", raw, call(t, "handleOps((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address)", []newOp{op}, bob), "handle 1 user operation with 2 calls at " + r + ", gas paid to 0xb0b0…0002"},
		{"handleAggregatedOps of version 0.6", "", raw, call(t, "handleAggregatedOps(((address,uint256,bytes,bytes,uint256,uint256,uint256,uint256,uint256,bytes,bytes)[],address,bytes)[],address)", []oldOps{{[]oldOp{old, old}, alice, x}, {[]oldOp{old}, alice, x}}, bob), "handle 3 user operations with 3 calls at " + r + ", gas paid to 0xb0b0…0002"},
		{"handleAggregatedOps", "", raw, call(t, "handleAggregatedOps(((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address,bytes)[],address)", []newOps{{[]newOp{op}, alice, x}}, bob), "handle 1 user operation with 2 calls at " + r + ", gas paid to 0xb0b0…0002"},
		{"executeUserOp", "", raw, call(t, "executeUserOp((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes),bytes32)", op, [32]byte{}), r + " executes 1 call for a user operation"},

		{"account", "", raw, call(t, "execute(address,uint256,bytes)", bob, n(1), x), r + " executes 1 call"},
		{"account with an operation", "", raw, call(t, "execute(address,uint256,bytes,uint8)", bob, zero, x, uint8(1)), r + " executes 1 call by delegatecall"},
		{"account's batch", "", raw, call(t, "executeBatch(address[],bytes[])", many, datas), r + " executes 2 calls"},
		{"account's batch with values", "", raw, call(t, "executeBatch(address[],uint256[],bytes[])", many, values, datas), r + " executes 2 calls"},
		{"account's batch of tuples", "", raw, call(t, "executeBatch((address,uint256,bytes)[])", []execution{{bob, zero, x}}), r + " executes 1 call"},
		{"7579", "", raw, call(t, "execute(bytes32,bytes)", [32]byte{0xff}, append(bob.Bytes(), x...)), r + " executes 1 call by delegatecall"},
		{"7579 that may fail", "", raw, call(t, "execute(bytes32,bytes)", [32]byte{0xfe, 1}, append(bob.Bytes(), x...)), r + " executes 1 call by staticcall, any of which may fail alone"},
		{"7579 for a module", "", raw, call(t, "executeFromExecutor(bytes32,bytes)", [32]byte{}, slices.Concat(bob.Bytes(), make([]byte, 32), x)), r + " executes 1 call for a module"},
		{"redeemDelegations", "", raw, call(t, "redeemDelegations(bytes[],bytes32[],bytes[])", [][]byte{x}, [][32]byte{{}}, [][]byte{slices.Concat(bob.Bytes(), make([]byte, 32), x)}), "redeem 1 delegation at " + r + ": 1 call in the names of accounts that the call data does not show"},

		{"schedule", "", raw, call(t, "schedule(address,uint256,bytes,bytes32,bytes32,uint256)", bob, zero, x, [32]byte{}, [32]byte{1}, n(172800)), "schedule 1 call at " + r + " with a delay of 172800 seconds"},
		{"scheduleBatch", "", raw, call(t, "scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)", many, values, datas, [32]byte{31: 1}, [32]byte{1}, zero), "schedule 2 calls at " + r + " with a delay of 0 seconds, after operation 0x" + strings.Repeat("0", 63) + "1"},
		{"timelock", "", raw, call(t, "execute(address,uint256,bytes,bytes32,bytes32)", bob, zero, x, [32]byte{}, [32]byte{}), r + " executes 1 call"},
		{"timelock's batch", "", raw, call(t, "executeBatch(address[],uint256[],bytes[],bytes32,bytes32)", many, values, datas, [32]byte{}, [32]byte{}), r + " executes 2 calls"},
		{"propose", "", raw, call(t, "propose(address[],uint256[],bytes[],string)", many, values, datas, "Pay \u202ebob"), "propose 2 calls to " + r + `: "Pay \u202ebob"`},
		{"propose with signatures", "", raw, call(t, "propose(address[],uint256[],string[],bytes[],string)", many, values, []string{"a()", ""}, datas, strings.Repeat("x", 100)), "propose 2 calls to " + r + `: "` + strings.Repeat("x", 59) + `…"`},
		{"queue", "", raw, call(t, "queue(address[],uint256[],bytes[],bytes32)", many, values, datas, [32]byte{}), "queue 2 calls at " + r},
		{"governor", "", raw, call(t, "execute(address[],uint256[],bytes[],bytes32)", many, values, datas, [32]byte{}), r + " executes 2 calls"},
		{"relay", "", raw, call(t, "relay(address,uint256,bytes)", bob, zero, x), r + " executes 1 call"},
		{"queueTransaction", "", raw, call(t, "queueTransaction(address,uint256,string,bytes,uint256)", bob, zero, "a()", x, end), "queue 1 call at " + r + " for 2030-01-01 00:00:00 UTC"},
		{"executeTransaction", "", raw, call(t, "executeTransaction(address,uint256,string,bytes,uint256)", bob, zero, "", x, end), r + " executes 1 call, queued for 2030-01-01 00:00:00 UTC"},
		{"submitTransaction", "", raw, call(t, "submitTransaction(address,uint256,bytes)", bob, zero, x), "submit 1 call to the owners of " + r},
		{"sendTxToL1", eth, raw, call(t, "sendTxToL1(address,bytes)", bob, []byte{}), "send 1 call to the parent chain, through " + r + ", sending 1.00 ETH along"},

		{"upgradeTo", "", tusd, call(t, "upgradeTo(address)", bob), "upgrade 0x5aAe…eAed (TUSD token) to the code of 0xb0b0…0002"},
		{"upgradeToAndCall", "", tusd, call(t, "upgradeToAndCall(address,bytes)", bob, []byte{}), "upgrade 0x5aAe…eAed (TUSD token) to the code of 0xb0b0…0002"},
		{"changeMasterCopy", "", tusd, call(t, "changeMasterCopy(address)", bob), "upgrade 0x5aAe…eAed (TUSD token) to the code of 0xb0b0…0002"},
		{"upgrade", "", raw, call(t, "upgrade(address,address)", tusd, bob), "upgrade 0x5aAe…eAed (TUSD token) to the code of 0xb0b0…0002, through " + r},
		{"upgradeAndCall", "", raw, call(t, "upgradeAndCall(address,address,bytes)", tusd, bob, []byte{}), "upgrade 0x5aAe…eAed (TUSD token) to the code of 0xb0b0…0002, through " + r},
		{"diamondCut", "", tusd, call(t, "diamondCut((address,uint8,bytes4[])[],address,bytes)", []facet{{bob, 0, [][4]byte{{1}}}}, nobody, []byte{}), "change the code of 0x5aAe…eAed (TUSD token): add 1 function of 0xb0b0…0002"},

		{"forwarder", "", raw, call(t, "execute((address,address,uint256,uint256,uint48,bytes,bytes))", asked), r + " executes 1 call in the name of 0xa11c…0001"},
		{"forwarder's batch", "", raw, call(t, "executeBatch((address,address,uint256,uint256,uint48,bytes,bytes)[],address)", []request{asked, asked}, bob), r + " executes 2 calls, unused value back to 0xb0b0…0002, in the names of 0xa11c…0001, 0xa11c…0001"},
	}
}

func TestWordsOfWrappers(t *testing.T) { run(t, wrapped(t)) }

// Every signature that is unwrapped has words of its own.
func TestEveryWrapperHasWords(t *testing.T) {
	told := map[string]bool{"execute(bytes,bytes[],uint256)": true, "execute(bytes,bytes[])": true} // see router_test.go
	for _, g := range wrapped(t) {
		told[g.call.signature] = true
		if strings.HasPrefix(g.want, "call ") {
			t.Errorf("%s has no words", g.call.signature)
		}
	}
	for _, signature := range calltree.Wrappers() {
		if !told[signature] {
			t.Errorf("%s is unwrapped and not among the examples", signature)
		}
	}
}
