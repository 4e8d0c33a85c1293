package words_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"countersign/calldata/calltree"

	"github.com/ethereum/go-ethereum/common"
)

// A step is one command of the router: its byte, the input and what is said of it.
type step struct {
	name    string
	command byte
	input   made
	want    string
}

func TestWordsOfTheUniversalRouter(t *testing.T) {
	end := n(1893456000)
	caller, self, full := hex("0x01"), hex("0x02"), new(big.Int).Lsh(n(1), 255)
	path := slices.Concat(tusd.Bytes(), []byte{0, 1, 244}, weth.Bytes())
	long := slices.Concat(raw.Bytes(), []byte{0, 1, 244}, path)
	one := n(1_000_000_000_000_000_000)
	permit := permitOne{permitted{tusd, power(160), end, n(1)}, bob, end}
	const v3, v2 = "(address,uint256,uint256,bytes,bool)", "(address,uint256,uint256,address[],bool)"
	runSteps(t, "uniswap-ur-v2", []step{
		{"V3 exact input", 0x00, call(t, "V3_SWAP_EXACT_IN"+v3, caller, n(1_000_000), one, path, true), "swap 1.00 TUSD for at least 1.00 WETH to the caller of the router, paid by the caller of the router"},
		{"V3 exact input over pools", 0x80, call(t, "V3_SWAP_EXACT_IN"+v3, bob, n(5), one, long, false), "swap 5 units of 0x27b1…1c26 for at least 1.00 WETH over 2 pools to 0xb0b0…0002, paid by the router"},
		{"V3 with what the router holds", 0x00, call(t, "V3_SWAP_EXACT_IN"+v3, self, full, one, path, false), "swap as much TUSD as the router holds for at least 1.00 WETH to the router itself, paid by the router"},
		{"V3 exact output", 0x01, call(t, "V3_SWAP_EXACT_OUT"+v3, caller, n(1_000_000), one, path, true), "swap at most 1.00 WETH for 1.00 TUSD to the caller of the router, paid by the caller of the router"},
		{"V3 without a path", 0x00, call(t, "V3_SWAP_EXACT_IN"+v3, caller, n(5), n(6), []byte{}, true),
			"step V3_SWAP_EXACT_IN(recipient=0x0000…0001, amountIn=5, amountOutMin=6, path=0x, payerIsUser=true) of 0x1111…1111 (Treasury)"},
		{"V2 exact input", 0x08, call(t, "V2_SWAP_EXACT_IN"+v2, caller, n(1_000_000), one, []common.Address{tusd, weth}, true), "swap 1.00 TUSD for at least 1.00 WETH to the caller of the router, paid by the caller of the router"},
		{"V2 that was paid", 0x08, call(t, "V2_SWAP_EXACT_IN"+v2, bob, n(0), one, []common.Address{tusd, raw, weth}, true), "swap what the pool was already paid of TUSD for at least 1.00 WETH over 2 pools to 0xb0b0…0002, paid by the caller of the router"},
		{"V2 exact output", 0x09, call(t, "V2_SWAP_EXACT_OUT"+v2, caller, n(1_000_000), one, []common.Address{weth, tusd}, true), "swap at most 1.00 WETH for 1.00 TUSD to the caller of the router, paid by the caller of the router"},
		{"V2 without a path", 0x09, call(t, "V2_SWAP_EXACT_OUT"+v2, caller, n(5), n(6), []common.Address{weth}, true),
			"step V2_SWAP_EXACT_OUT(recipient=0x0000…0001, amountOut=5, amountInMax=6, path=[0xC02a…6Cc2 (WETH token)], payerIsUser=true) of 0x1111…1111 (Treasury)"},
		{"PERMIT2_TRANSFER_FROM", 0x02, call(t, "P(address,address,uint160)", tusd, bob, n(1_000_000)), "move 1.00 TUSD from the caller of the router to 0xb0b0…0002"},
		{"PERMIT2_TRANSFER_FROM_BATCH", 0x0d, call(t, "P((address,address,uint160,address)[])", []movement{{alice, bob, n(1_000_000), tusd}}), "1 transfer through 0x1111…1111 (Treasury): 1.00 TUSD from 0xa11c…0001 to 0xb0b0…0002"},
		{"PERMIT2_PERMIT", 0x0a, call(t, "P(((address,uint160,uint48,uint48),address,uint256),bytes)", permit, []byte{}), "allow 0xb0b0…0002 to spend unlimited (2^160-1) TUSD of the caller of the router until 2030-01-01 00:00:00 UTC, by signature valid until 2030-01-01 00:00:00 UTC"},
		{"PERMIT2_PERMIT_BATCH", 0x03, call(t, "P(((address,uint160,uint48,uint48)[],address,uint256),bytes)", permitMany{[]permitted{{tusd, n(1), end, n(1)}}, bob, end}, []byte{}),
			"for tokens of the caller of the router, by signature valid until 2030-01-01 00:00:00 UTC: allow 0xb0b0…0002 to spend 0.000001 TUSD until 2030-01-01 00:00:00 UTC"},
		{"SWEEP", 0x04, call(t, "P(address,address,uint256)", tusd, caller, n(1)), "send all TUSD of the router, at least 0.000001 TUSD, to the caller of the router"},
		{"SWEEP of the currency", 0x04, call(t, "P(address,address,uint256)", nobody, bob, one), "send all native currency of the router, at least 1.00 ETH, to 0xb0b0…0002"},
		{"TRANSFER", 0x05, call(t, "P(address,address,uint256)", raw, bob, n(5)), "send 5 units of 0x27b1…1c26 of the router to 0xb0b0…0002"},
		{"TRANSFER of all", 0x05, call(t, "P(address,address,uint256)", tusd, bob, full), "send all TUSD of the router to 0xb0b0…0002"},
		{"PAY_PORTION", 0x06, call(t, "P(address,address,uint256)", tusd, bob, n(25)), "send 25/10000 of the router's TUSD to 0xb0b0…0002"},
		{"WRAP_ETH", 0x0b, call(t, "P(address,uint256)", self, one), "wrap 1.00 ETH of the router, for the router itself"},
		{"WRAP_ETH of all", 0x0b, call(t, "P(address,uint256)", bob, full), "wrap all native currency of the router, for 0xb0b0…0002"},
		{"UNWRAP_WETH", 0x0c, call(t, "P(address,uint256)", caller, one), "unwrap all wrapped currency of the router, at least 1.00 ETH, to the caller of the router"},
		{"BALANCE_CHECK_ERC20", 0x0e, call(t, "P(address,address,uint256)", bob, tusd, n(1_000_000)), "go on only if 0xb0b0…0002 holds at least 1.00 TUSD"},
		{"EXECUTE_SUB_PLAN", 0x21, call(t, "P(bytes,bytes[])", []byte{}, [][]byte{}), "run 0 steps at 0x1111…1111 (Treasury)"},
		{"V4_INITIALIZE_POOL has no words", 0x13, call(t, "P(address,address,uint24,int24,address,uint160)", tusd, weth, n(500), n(-10), nobody, n(1)),
			"step V4_INITIALIZE_POOL(poolKey=(currency0=0x5aAe…eAed (TUSD token), currency1=0xC02a…6Cc2 (WETH token), fee=500, tickSpacing=-10, hooks=0x0000…0000 (zero address)), sqrtPriceX96=1) of 0x1111…1111 (Treasury)"},
		{"an unknown command", 0x3f, made{"", []byte{1, 2, 3, 4}}, "cannot be read: step of 0x1111…1111 (Treasury): command 0x3f is not one that uniswap-ur-v2 defines and that can be read, 0 bytes"},
	})
	runSteps(t, "uniswap-ur-v2.1.1", []step{
		{"V3 with least prices", 0x00, call(t, "V3_SWAP_EXACT_IN(address,uint256,uint256,bytes,bool,uint256[])", caller, n(1_000_000), one, path, true, []*big.Int{}), "swap 1.00 TUSD for at least 1.00 WETH to the caller of the router, paid by the caller of the router"},
		{"PAY_PORTION_FULL_PRECISION", 0x07, call(t, "P(address,address,uint256)", nobody, bob, n(5)), "send 5/10^18 of the router's native currency to 0xb0b0…0002"},
	})
}

func TestWordsOfV4Actions(t *testing.T) {
	one := n(1_000_000_000_000_000_000)
	actions := []step{
		{"SETTLE", 0x0b, call(t, "P(address,uint256,bool)", tusd, n(1_000_000), true), "pay 1.00 TUSD to the pools, by the caller of the router"},
		{"SETTLE what is open", 0x0b, call(t, "P(address,uint256,bool)", nobody, n(0), false), "pay all that is owed of native currency to the pools, by the router"},
		{"SETTLE what the router holds", 0x0b, call(t, "P(address,uint256,bool)", tusd, new(big.Int).Lsh(n(1), 255), false), "pay as much TUSD as the router holds to the pools, by the router"},
		{"SETTLE_ALL", 0x0c, call(t, "P(address,uint256)", nobody, one), "pay all that is owed of native currency to the pools, at most 1.00 ETH, by the caller of the router"},
		{"TAKE", 0x0e, call(t, "P(address,address,uint256)", tusd, bob, n(0)), "take all that is due of TUSD from the pools to 0xb0b0…0002"},
		{"TAKE_ALL", 0x0f, call(t, "P(address,uint256)", tusd, n(1)), "take all that is due of TUSD from the pools, at least 0.000001 TUSD, to the caller of the router"},
		{"TAKE_PORTION", 0x10, call(t, "P(address,address,uint256)", tusd, bob, n(25)), "take 25/10000 of what is due of TUSD from the pools to 0xb0b0…0002"},
	}
	var codes []byte
	var inputs [][]byte
	for _, a := range actions {
		codes, inputs = append(codes, a.command), append(inputs, a.input.data[4:])
	}
	swap := call(t, "P(bytes,bytes[])", codes, inputs)
	got := program(t, "uniswap-ur-v2", []step{{command: 0x10, input: swap}})
	if want := "  run 7 actions of Uniswap V4 at 0x1111…1111 (Treasury)"; got[1] != want {
		t.Errorf("Lines = %s\nwant    %s", got[1], want)
	}
	for i, a := range actions {
		if got[i+2] != "    "+a.want {
			t.Errorf("%s: %s\nwant %s", a.name, got[i+2], a.want)
		}
	}
}

func runSteps(t *testing.T, protocol calltree.Protocol, table []step) {
	t.Helper()
	got := program(t, protocol, table)
	for i, s := range table {
		t.Run(string(protocol)+": "+s.name, func(t *testing.T) {
			if got[i+1] != "  "+s.want {
				t.Errorf("Line = %s\nwant     %s", got[i+1], s.want)
			}
		})
	}
	want := fmt.Sprintf("run %d step", len(table))
	if !strings.HasPrefix(got[0], want) || !strings.HasSuffix(got[0], " at 0x1111…1111 (Treasury)"+flagged(table)+", until 2030-01-01 00:00:00 UTC") {
		t.Errorf("Line = %s", got[0])
	}
}

func flagged(table []step) string {
	for _, s := range table {
		if s.command >= 0x80 {
			return ", 1 of which may fail alone"
		}
	}
	return ""
}

// program are the lines of a call of the router with some commands.
func program(t *testing.T, protocol calltree.Protocol, table []step) []string {
	t.Helper()
	var commands []byte
	var inputs [][]byte
	for _, s := range table {
		commands, inputs = append(commands, s.command), append(inputs, s.input.data[4:])
	}
	c := call(t, "execute(bytes,bytes[],uint256)", commands, inputs, n(1893456000))
	contract := pin(c)
	contract.Protocol = protocol
	return names().Lines(read(t, map[common.Address]calltree.Contract{treasury: contract}, calltree.Transaction{To: to(treasury), Data: c.data}))
}
