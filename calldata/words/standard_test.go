package words_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
)

const eth = "1000000000000000000"

// A golden is a call and the line that is said of it.
type golden struct {
	name, value string
	at          common.Address
	call        made
	want        string
}

func run(t *testing.T, table []golden) {
	t.Helper()
	for _, tt := range table {
		t.Run(tt.name, func(t *testing.T) {
			if tt.value == "" {
				tt.value = "0"
			}
			at := node(t, tt.at, tt.call, tt.value)
			if got := names().Line(at); got != tt.want {
				t.Errorf("Line = %s\nwant   %s", got, tt.want)
			}
			fit(t, names().Line(at))
		})
	}
}

func TestWordsOfFungibleTokens(t *testing.T) {
	signature := []any{uint8(27), [32]byte{1}, [32]byte{2}}
	run(t, []golden{
		{"transfer", "", tusd, call(t, "transfer(address,uint256)", treasury, n(1_000_000_000)), "transfer 1,000.00 TUSD to 0x1111…1111 (Treasury)"},
		{"transfer of everything there can be", "", tusd, call(t, "transfer(address,uint256)", alice, most),
			"transfer 115,792,089,237,316,195,423,570,985,008,687,907,853,269,984,665,640,564,039,457,584,007,913,129.639935 TUSD to 0xa11c…0001"},
		{"transfer to nobody", "", tusd, call(t, "transfer(address,uint256)", nobody, n(1)), "transfer 0.000001 TUSD to 0x0000…0000 (zero address)"},
		{"transferFrom", "", tusd, call(t, "transferFrom(address,address,uint256)", alice, treasury, n(5_000_000)), "move 5.00 TUSD from 0xa11c…0001 to 0x1111…1111 (Treasury)"},
		{"value sent along", "100000000000000000", tusd, call(t, "transfer(address,uint256)", bob, n(1_500_000)), "transfer 1.50 TUSD to 0xb0b0…0002, sending 0.10 ETH along"},
		{"approve", "", tusd, call(t, "approve(address,uint256)", bob, n(250_000)), "allow 0xb0b0…0002 to spend 0.25 TUSD"},
		{"approve without a limit", "", tusd, call(t, "approve(address,uint256)", bob, most), "allow 0xb0b0…0002 to spend unlimited (2^256-1) TUSD"},
		{"approve with the largest of 96 bits", "", tusd, call(t, "approve(address,uint256)", bob, power(96)), "allow 0xb0b0…0002 to spend unlimited (2^96-1) TUSD"},
		{"approve from half of the range on", "", tusd, call(t, "approve(address,uint256)", bob, new(big.Int).Lsh(n(1), 255)),
			"allow 0xb0b0…0002 to spend unlimited (57,896,044,618,658,097,711,785,492,504,343,953,926,634,992,332,820,282,019,728,792,003,956,564.819968 TUSD)"},
		{"approve nothing", "", tusd, call(t, "approve(address,uint256)", bob, n(0)), "revoke the allowance of 0xb0b0…0002 to spend TUSD"},
		{"increaseAllowance", "", tusd, call(t, "increaseAllowance(address,uint256)", bob, n(1)), "raise the allowance of 0xb0b0…0002 by 0.000001 TUSD"},
		{"increaseApproval without a limit", "", tusd, call(t, "increaseApproval(address,uint256)", bob, most), "raise the allowance of 0xb0b0…0002 by unlimited (2^256-1) TUSD"},
		{"decreaseAllowance", "", tusd, call(t, "decreaseAllowance(address,uint256)", bob, n(1_000_000)), "lower the allowance of 0xb0b0…0002 by 1.00 TUSD"},
		{"decreaseApproval", "", tusd, call(t, "decreaseApproval(address,uint256)", bob, n(1_000_000)), "lower the allowance of 0xb0b0…0002 by 1.00 TUSD"},
		{"mint", "", tusd, call(t, "mint(address,uint256)", treasury, n(1_000_000_000)), "mint 1,000.00 TUSD to 0x1111…1111 (Treasury)"},
		{"burn", "", tusd, call(t, "burn(uint256)", n(1_000_000)), "burn 1.00 TUSD"},
		{"burn of somebody", "", tusd, call(t, "burn(address,uint256)", alice, n(1_000_000)), "burn 1.00 TUSD of 0xa11c…0001"},
		{"burnFrom", "", tusd, call(t, "burnFrom(address,uint256)", alice, n(1_000_000)), "burn 1.00 TUSD of 0xa11c…0001"},
		{"permit", "", tusd, call(t, "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)", append([]any{alice, bob, most, n(1893456000)}, signature...)...),
			"allow 0xb0b0…0002 to spend unlimited (2^256-1) TUSD of 0xa11c…0001, by signature valid until 2030-01-01 00:00:00 UTC"},
		{"permit with bytes", "", tusd, call(t, "permit(address,address,uint256,uint256,bytes)", alice, bob, n(1_000_000), most, []byte{1}),
			"allow 0xb0b0…0002 to spend 1.00 TUSD of 0xa11c…0001, by signature valid until a time after the year 9999 (timestamp 2^256-1)"},
		{"DAI's permit", "", tusd, call(t, "permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)", append([]any{alice, bob, n(7), n(0), true}, signature...)...),
			"allow 0xb0b0…0002 to spend unlimited (2^256-1) TUSD of 0xa11c…0001, by signature valid for ever"},
		{"DAI's permit taken back", "", tusd, call(t, "permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)", append([]any{alice, bob, n(7), n(1893456000), false}, signature...)...),
			"revoke the allowance of 0xb0b0…0002 to spend TUSD of 0xa11c…0001, by signature valid until 2030-01-01 00:00:00 UTC"},
		{"transferWithAuthorization", "", tusd, call(t, "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)", append([]any{alice, bob, n(1_000_000), n(0), n(1893456000), [32]byte{1}}, signature...)...),
			"move 1.00 TUSD from 0xa11c…0001 to 0xb0b0…0002, by signature valid before 2030-01-01 00:00:00 UTC"},
		{"receiveWithAuthorization", "", tusd, call(t, "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)", alice, bob, n(1_000_000), n(1861920000), n(1893456000), [32]byte{1}, []byte{1}),
			"move 1.00 TUSD from 0xa11c…0001 to 0xb0b0…0002, by signature valid after 2029-01-01 00:00:00 UTC before 2030-01-01 00:00:00 UTC"},
		{"wrap", "1500000000000000000", weth, call(t, "deposit()"), "wrap 1.50 ETH into WETH"},
		{"unwrap", "", weth, call(t, "withdraw(uint256)", n(1_500_000_000_000_000_000)), "unwrap 1.50 WETH"},
		{"transfer of the wrapped", "", weth, call(t, "transfer(address,uint256)", bob, n(1)), "transfer 0.000000000000000001 WETH to 0xb0b0…0002"},
		{"deposit into a vault", "", vault, call(t, "deposit(uint256,address)", n(5_000_000), alice), "deposit 5.00 TUSD into vault 0xD122…9aDb (vTUSD token), shares to 0xa11c…0001"},
		{"mint of shares", "", vault, call(t, "mint(uint256,address)", n(1_000_000_000_000_000_000), alice), "mint 1.00 vTUSD of vault 0xD122…9aDb (vTUSD token) to 0xa11c…0001, paid in its asset"},
		{"withdraw from a vault", "", vault, call(t, "withdraw(uint256,address,address)", n(5_000_000), alice, treasury), "withdraw 5.00 TUSD from vault 0xD122…9aDb (vTUSD token) to 0xa11c…0001, for shares of 0x1111…1111 (Treasury)"},
		{"redeem", "", vault, call(t, "redeem(uint256,address,address)", n(1_000_000_000_000_000_000), alice, treasury), "redeem 1.00 vTUSD of 0x1111…1111 (Treasury) at vault 0xD122…9aDb (vTUSD token), its asset to 0xa11c…0001"},
		{"transfer of shares", "", vault, call(t, "transfer(address,uint256)", alice, n(1_000_000_000_000_000_000)), "transfer 1.00 vTUSD to 0xa11c…0001"},
	})
}

func TestWordsOfItems(t *testing.T) {
	two := []*big.Int{n(1), n(2)}
	run(t, []golden{
		{"transferFrom moves an item", "", nft, call(t, "transferFrom(address,address,uint256)", alice, bob, n(1000000)), "move KITTY #1000000 from 0xa11c…0001 to 0xb0b0…0002"},
		{"safeTransferFrom", "", nft, call(t, "safeTransferFrom(address,address,uint256)", alice, bob, n(7)), "move KITTY #7 from 0xa11c…0001 to 0xb0b0…0002"},
		{"safeTransferFrom with data", "", nft, call(t, "safeTransferFrom(address,address,uint256,bytes)", alice, bob, n(7), []byte{1, 2}), "move KITTY #7 from 0xa11c…0001 to 0xb0b0…0002, calling it with 2 bytes"},
		{"approve an item", "", nft, call(t, "approve(address,uint256)", bob, n(7)), "allow 0xb0b0…0002 to move KITTY #7"},
		{"approve item zero", "", nft, call(t, "approve(address,uint256)", bob, n(0)), "allow 0xb0b0…0002 to move KITTY #0"},
		{"approve nobody", "", nft, call(t, "approve(address,uint256)", nobody, n(7)), "revoke who may move KITTY #7"},
		{"setApprovalForAll", "", nft, call(t, "setApprovalForAll(address,bool)", bob, true), "allow 0xb0b0…0002 to move every KITTY of the caller"},
		{"setApprovalForAll taken back", "", nft, call(t, "setApprovalForAll(address,bool)", bob, false), "revoke the right of 0xb0b0…0002 to move every KITTY of the caller"},
		{"burn of an item", "", nft, call(t, "burn(uint256)", n(7)), "burn KITTY #7"},
		{"mint of an NFT has no one meaning", "", nft, call(t, "mint(address to,uint256 n)", bob, n(7)), "call mint(to=0xb0b0…0002, n=7) of 0xfB69…d359 (KITTY token)"},
		{"1155: safeTransferFrom", "", multi, call(t, "safeTransferFrom(address,address,uint256,uint256,bytes)", alice, bob, n(12), n(5), []byte{}), "move 5 of GEM #12 from 0xa11c…0001 to 0xb0b0…0002"},
		{"1155: safeBatchTransferFrom", "", multi, call(t, "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)", alice, bob, two, []*big.Int{n(30), n(40)}, []byte{9}),
			"move from 0xa11c…0001 to 0xb0b0…0002, calling it with 1 byte: 30 of GEM #1, 40 of GEM #2"},
		{"1155: lists of different length", "", multi, call(t, "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)", alice, bob, two, two[:1], []byte{}),
			"call safeBatchTransferFrom(0xa11c…0001, 0xb0b0…0002, [1, 2], [1], 0x) of 0xdbF0…C6FB (GEM token)"},
		{"1155: setApprovalForAll", "", multi, call(t, "setApprovalForAll(address,bool)", bob, true), "allow 0xb0b0…0002 to move every GEM of the caller"},
		{"1155: mint", "", multi, call(t, "mint(address,uint256,uint256,bytes)", bob, n(12), n(5), []byte{}), "mint 5 of GEM #12 to 0xb0b0…0002"},
		{"1155: mintBatch", "", multi, call(t, "mintBatch(address,uint256[],uint256[],bytes)", bob, two, two, []byte{}), "mint to 0xb0b0…0002: 1 of GEM #1, 2 of GEM #2"},
		{"1155: burn", "", multi, call(t, "burn(address,uint256,uint256)", bob, n(12), n(5)), "burn 5 of GEM #12 of 0xb0b0…0002"},
		{"1155: burnBatch", "", multi, call(t, "burnBatch(address,uint256[],uint256[])", bob, two, two), "burn of 0xb0b0…0002: 1 of GEM #1, 2 of GEM #2"},
	})
}

type (
	permitted struct {
		Name0 common.Address
		Name1 *big.Int
		Name2 *big.Int
		Name3 *big.Int
	}
	permitOne struct {
		Name0 permitted
		Name1 common.Address
		Name2 *big.Int
	}
	permitMany struct {
		Name0 []permitted
		Name1 common.Address
		Name2 *big.Int
	}
	holding struct {
		Name0 common.Address
		Name1 *big.Int
	}
	signedOne struct {
		Name0        holding
		Name1, Name2 *big.Int
	}
	signedMany struct {
		Name0        []holding
		Name1, Name2 *big.Int
	}
	movement struct {
		Name0, Name1 common.Address
		Name2        *big.Int
		Name3        common.Address
	}
	pair struct{ Name0, Name1 common.Address }
)

func TestWordsOfPermit2(t *testing.T) {
	end := n(1893456000)
	one := permitOne{permitted{tusd, power(160), end, n(1)}, bob, end}
	many := permitMany{[]permitted{{tusd, n(1_000_000), end, n(1)}, {raw, n(5), n(0), n(1)}}, bob, end}
	run(t, []golden{
		{"approve", "", permit2, call(t, "approve(address,address,uint160,uint48)", tusd, bob, n(5_000_000), end), "allow 0xb0b0…0002 to spend 5.00 TUSD through 0x0000…8BA3 (Permit2) until 2030-01-01 00:00:00 UTC"},
		{"approve without a limit", "", permit2, call(t, "approve(address,address,uint160,uint48)", tusd, bob, power(160), power(48)), "allow 0xb0b0…0002 to spend unlimited (2^160-1) TUSD through 0x0000…8BA3 (Permit2) until a time after the year 9999 (timestamp 2^48-1)"},
		{"approve of a token that is not pinned", "", permit2, call(t, "approve(address,address,uint160,uint48)", raw, bob, n(5_000_000), n(0)), "allow 0xb0b0…0002 to spend 5,000,000 units of 0x27b1…1c26 through 0x0000…8BA3 (Permit2) in the same block only"},
		{"without a limit of a token that is not pinned", "", permit2, call(t, "approve(address,address,uint160,uint48)", raw, bob, power(160), end), "allow 0xb0b0…0002 to spend unlimited (2^160-1) units of 0x27b1…1c26 through 0x0000…8BA3 (Permit2) until 2030-01-01 00:00:00 UTC"},
		{"permit", "", permit2, call(t, "permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)", alice, one, []byte{1}),
			"allow 0xb0b0…0002 to spend unlimited (2^160-1) TUSD of 0xa11c…0001 through 0x0000…8BA3 (Permit2) until 2030-01-01 00:00:00 UTC, by signature valid until 2030-01-01 00:00:00 UTC"},
		{"permit of several", "", permit2, call(t, "permit(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)", alice, many, []byte{1}),
			"for tokens of 0xa11c…0001 through 0x0000…8BA3 (Permit2), by signature valid until 2030-01-01 00:00:00 UTC: allow 0xb0b0…0002 to spend 1.00 TUSD until 2030-01-01 00:00:00 UTC, allow 0xb0b0…0002 to spend 5 units of 0x27b1…1c26 in the same block only"},
		{"transferFrom", "", permit2, call(t, "transferFrom(address,address,uint160,address)", alice, bob, n(1_000_000), tusd), "move 1.00 TUSD from 0xa11c…0001 to 0xb0b0…0002 through 0x0000…8BA3 (Permit2)"},
		{"transferFrom of several", "", permit2, call(t, "transferFrom((address,address,uint160,address)[])", []movement{{alice, bob, n(1_000_000), tusd}, {bob, alice, n(2), raw}}),
			"2 transfers through 0x0000…8BA3 (Permit2): 1.00 TUSD from 0xa11c…0001 to 0xb0b0…0002, 2 units of 0x27b1…1c26 from 0xb0b0…0002 to 0xa11c…0001"},
		{"lockdown", "", permit2, call(t, "lockdown((address,address)[])", []pair{{tusd, bob}, {raw, alice}}), "revoke through 0x0000…8BA3 (Permit2): 0xb0b0…0002 to spend TUSD, 0xa11c…0001 to spend units of 0x27b1…1c26"},
		{"permitTransferFrom", "", permit2, call(t, "permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)", signedOne{holding{tusd, most}, n(1), end}, holding{bob, n(1_000_000)}, alice, []byte{1}),
			"move from 0xa11c…0001 to 0xb0b0…0002 through 0x0000…8BA3 (Permit2): 1.00 TUSD (signed for up to unlimited (2^256-1) TUSD), by signature valid until 2030-01-01 00:00:00 UTC"},
		{"permitWitnessTransferFrom", "", permit2, call(t, "permitWitnessTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes32,string,bytes)", signedOne{holding{tusd, n(5)}, n(1), end}, holding{bob, n(5)}, alice, [32]byte{1}, "w", []byte{1}),
			"move from 0xa11c…0001 to 0xb0b0…0002 through 0x0000…8BA3 (Permit2): 0.000005 TUSD (signed for up to 0.000005 TUSD), by signature valid until 2030-01-01 00:00:00 UTC"},
		{"permitTransferFrom of several", "", permit2, call(t, "permitTransferFrom(((address,uint256)[],uint256,uint256),(address,uint256)[],address,bytes)", signedMany{[]holding{{tusd, most}, {raw, n(9)}}, n(1), end}, []holding{{bob, n(1_000_000)}, {treasury, n(9)}}, alice, []byte{1}),
			"move from 0xa11c…0001 through 0x0000…8BA3 (Permit2), by signature valid until 2030-01-01 00:00:00 UTC: 1.00 TUSD to 0xb0b0…0002, 9 units of 0x27b1…1c26 to 0x1111…1111 (Treasury)"},
		{"lists of different length", "", permit2, call(t, "permitTransferFrom(((address,uint256)[] permitted,uint256,uint256) p,(address,uint256)[],address,bytes)", signedMany{[]holding{{tusd, n(1)}}, n(1), n(2)}, []holding{}, alice, []byte{1}),
			"call permitTransferFrom(p=(permitted=[(0x5aAe…eAed (TUSD token), 1)], 1, 2), [], 0xa11c…0001, 0x01) of 0x0000…8BA3 (Permit2)"},
	})
}

func power(bits uint) *big.Int { return new(big.Int).Sub(new(big.Int).Lsh(n(1), bits), n(1)) }
