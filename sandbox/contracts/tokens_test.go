package contracts_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
)

var other = common.HexToAddress("0x00000000000000000000000000000000DeaDBeef")

func TestPlainToken(t *testing.T) {
	token := newWorld(t).deploy("PlainToken")
	token.send("mint", token.w.me, n(1000))
	if !call[bool](token, "transfer", other, n(1)) {
		t.Error("transfer does not return true")
	}
	token.send("transfer", other, n(400))
	token.fails("transfer", other, n(601))
	token.fails("transferFrom", other, token.w.me, n(1)) // nothing allowed
	token.send("approve", token.w.me, n(250))
	token.send("transferFrom", token.w.me, other, n(200))
	mine, theirs := number(token, "balanceOf", token.w.me), number(token, "balanceOf", other)
	if mine != 400 || theirs != 600 || number(token, "totalSupply") != 1000 || number(token, "allowance", token.w.me, token.w.me) != 50 {
		t.Errorf("balances are %d and %d", mine, theirs)
	}
}

func TestNoReturnTokenReturnsNothing(t *testing.T) {
	token := newWorld(t).deploy("NoReturnToken")
	token.send("mint", token.w.me, n(1000))
	if out := token.raw("transfer", other, n(1)); len(out) != 0 {
		t.Errorf("transfer returned %x", out)
	}
	token.send("transfer", other, n(400))
	token.send("approve", other, n(5))
	token.fails("approve", other, n(6)) // an allowance may not become another
	token.send("approve", other, n(0))
	token.send("approve", other, n(6))
	if got := number(token, "balanceOf", other); got != 400 {
		t.Errorf("balance is %d, want 400", got)
	}
	// Who decodes a bool, as the vault does, takes the success for a failure.
	vault := token.w.deploy("Vault", token.at)
	token.send("approve", vault.at, n(100))
	vault.fails("deposit", n(100), token.w.me)
}

func TestFeeTokenDeliversLess(t *testing.T) {
	token := newWorld(t).deploy("FeeToken")
	token.send("mint", token.w.me, n(1000))
	token.send("transfer", other, n(250))
	if mine, theirs, all := number(token, "balanceOf", token.w.me), number(token, "balanceOf", other), number(token, "totalSupply"); mine != 750 || theirs != 248 || all != 998 {
		t.Errorf("after a transfer of 250 sender has %d, recipient %d of %d; want 750, 248 of 998", mine, theirs, all)
	}
}

func TestTestUSDIsPausable(t *testing.T) {
	w := newWorld(t)
	token := w.deploy("TestUSD", w.me)
	token.send("mint", w.me, n(10))
	token.send("pause")
	token.fails("transfer", other, n(1))
	token.send("unpause")
	token.send("transfer", other, n(1))
	stranger := w.deploy("TestUSD", other)
	stranger.fails("mint", w.me, n(10))
}

func TestVaultSharesItsYield(t *testing.T) {
	w := newWorld(t)
	token := w.deploy("TestUSD", w.me)
	vault := w.deploy("Vault", token.at)
	token.send("mint", w.me, n(4_000_000))
	token.send("approve", vault.at, n(2_000_000))
	vault.send("deposit", n(1_000_000), w.me)
	if got := number(vault, "balanceOf", w.me); got != 1_000_000 {
		t.Fatalf("first shares are %d, want one for one", got)
	}
	token.send("transfer", vault.at, n(1_000_000)) // yield
	if got := number(vault, "convertToAssets", n(1_000_000)); got != 1_999_999 {
		t.Errorf("a million shares are worth %d, want 1999999: all, rounded for the vault", got)
	}
	vault.send("mint", n(100_000), other)
	if got := number(vault, "totalAssets"); got != 2_200_000 {
		t.Errorf("the vault holds %d after 100000 more shares at two each", got)
	}
	before := number(token, "balanceOf", w.me)
	vault.send("redeem", n(1_000_000), w.me, w.me)
	if got := number(token, "balanceOf", w.me) - before; got != 1_999_999 {
		t.Errorf("redeeming a million paid %d", got)
	}
	vault.fails("redeem", n(1), w.me, other) // another's shares
}

// Without the virtual share a first depositor could take the next one's deposit.
func TestVaultResistsDonation(t *testing.T) {
	w := newWorld(t)
	token := w.deploy("TestUSD", w.me)
	vault := w.deploy("Vault", token.at)
	token.send("mint", w.me, n(10_000_000))
	token.send("approve", vault.at, new(big.Int).Lsh(n(1), 200))
	vault.send("deposit", n(1), w.me)
	token.send("transfer", vault.at, n(1_000_000)) // to make a share dear
	if got := number(vault, "previewRedeem", n(1)); got > 500_001 {
		t.Errorf("the donor's share is worth %d of his 1000001", got)
	}
}

func TestPlainNFT(t *testing.T) {
	w := newWorld(t)
	nft := w.deploy("PlainNFT")
	nft.send("mint", w.me, n(7))
	nft.fails("mint", other, n(7))
	nft.fails("transferFrom", other, w.me, n(7)) // not its owner
	nft.send("approve", other, n(7))
	nft.fails("safeTransferFrom", w.me, nft.at, n(7)) // a contract that takes none
	nft.send("safeTransferFrom", w.me, other, n(7))
	nft.fails("safeTransferFrom", other, w.me, n(7)) // somebody else's
	if owner := call[common.Address](nft, "ownerOf", n(7)); owner != other || number(nft, "balanceOf", other) != 1 || number(nft, "balanceOf", w.me) != 0 {
		t.Errorf("the owner is %s", owner)
	}
	if approved := call[common.Address](nft, "getApproved", n(7)); approved != (common.Address{}) {
		t.Errorf("%s is still approved", approved)
	}
	nft.fails("getApproved", n(8))
	if !call[bool](nft, "supportsInterface", [4]byte{0x80, 0xac, 0x58, 0xcd}) || call[bool](nft, "supportsInterface", [4]byte{0xff, 0xff, 0xff, 0xff}) {
		t.Error("supportsInterface")
	}
}
