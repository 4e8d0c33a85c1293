package words

import (
	"countersign/calldata"
	"countersign/calldata/calltree"
)

// standards are the functions that are told, by what a pinned token is. A signature
// that means different things to tokens of one standard, as mint of an NFT does, is
// not in them.
var standards = map[Standard][]map[string]func(*speech) string{
	ERC20: {erc20}, ERC721: {erc721}, ERC1155: {erc1155}, ERC4626: {erc4626, erc20}, Wrapped: {wrapped, erc20},
}

// Sources: ERC-20, ERC-2612, ERC-7597, ERC-3009, DAI's permit, and the names that
// OpenZeppelin's token contracts gave to minting, burning and changes of allowances.
var erc20 = map[string]func(*speech) string{
	"transfer(address,uint256)":                                          func(s *speech) string { return "transfer " + s.own(1) + " to " + s.account(0) },
	"transferFrom(address,address,uint256)":                              func(s *speech) string { return s.move(s.own(2)) },
	"approve(address,uint256)":                                           func(s *speech) string { return s.allow(address(s.arg(0)), s.arg(1), s.node.To) },
	"increaseAllowance(address,uint256)":                                 raise,
	"increaseApproval(address,uint256)":                                  raise,
	"decreaseAllowance(address,uint256)":                                 lower,
	"decreaseApproval(address,uint256)":                                  lower,
	"mint(address,uint256)":                                              func(s *speech) string { return "mint " + s.own(1) + " to " + s.account(0) },
	"burn(uint256)":                                                      func(s *speech) string { return "burn " + s.own(0) },
	"burn(address,uint256)":                                              burnFrom,
	"burnFrom(address,uint256)":                                          burnFrom,
	"permit(address,address,uint256,uint256,uint8,bytes32,bytes32)":      permit,
	"permit(address,address,uint256,uint256,bytes)":                      permit,
	"permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)": daiPermit,
	"transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)": authorized,
	"transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)":                 authorized,
	"receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)":  authorized,
	"receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)":                  authorized,
}

// ERC-4626: the first argument is an amount of the vault's asset in deposit and
// withdraw, and of its shares in mint and redeem.
var erc4626 = map[string]func(*speech) string{
	"deposit(uint256,address)": func(s *speech) string {
		return "deposit " + s.assets(0) + " into vault " + s.who(s.node.To) + ", shares to " + s.account(1)
	},
	"mint(uint256,address)": func(s *speech) string {
		return "mint " + s.own(0) + " of vault " + s.who(s.node.To) + " to " + s.account(1) + ", paid in its asset"
	},
	"withdraw(uint256,address,address)": func(s *speech) string {
		return "withdraw " + s.assets(0) + " from vault " + s.who(s.node.To) + " to " + s.account(1) + ", for shares of " + s.account(2)
	},
	"redeem(uint256,address,address)": func(s *speech) string {
		return "redeem " + s.own(0) + " of " + s.account(2) + " at vault " + s.who(s.node.To) + ", its asset to " + s.account(1)
	},
}

// wrapped is WETH9's.
var wrapped = map[string]func(*speech) string{
	"deposit()": func(s *speech) string {
		if s.node.Operation != calltree.Call { // the value is another call's
			return ""
		}
		s.said = true
		return "wrap " + s.native(s.node.Value.Amount()) + " into " + s.symbol(s.node.To)
	},
	"withdraw(uint256)": func(s *speech) string { return "unwrap " + s.own(0) },
}

// ERC-721, with the burn of OpenZeppelin's.
var erc721 = map[string]func(*speech) string{
	"transferFrom(address,address,uint256)":           func(s *speech) string { return s.move(s.item(s.arg(2))) },
	"safeTransferFrom(address,address,uint256)":       func(s *speech) string { return s.move(s.item(s.arg(2))) },
	"safeTransferFrom(address,address,uint256,bytes)": func(s *speech) string { return s.move(s.item(s.arg(2))) + s.handed(3) },
	"approve(address,uint256)": func(s *speech) string {
		if isZero(s.arg(0)) {
			return "revoke who may move " + s.item(s.arg(1))
		}
		return "allow " + s.account(0) + " to move " + s.item(s.arg(1))
	},
	"setApprovalForAll(address,bool)": forAll,
	"burn(uint256)":                   func(s *speech) string { return "burn " + s.item(s.arg(0)) },
}

// ERC-1155, with the mint and burn of OpenZeppelin's.
var erc1155 = map[string]func(*speech) string{
	"safeTransferFrom(address,address,uint256,uint256,bytes)": func(s *speech) string { return s.move(s.items(s.arg(2), s.arg(3))) + s.handed(4) },
	"safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)": func(s *speech) string {
		return s.batch(2, 3, func(items string) string {
			return "move from " + s.account(0) + " to " + s.account(1) + s.handed(4) + ": " + items
		})
	},
	"setApprovalForAll(address,bool)": forAll,
	"mint(address,uint256,uint256,bytes)": func(s *speech) string {
		return "mint " + s.items(s.arg(1), s.arg(2)) + " to " + s.account(0) + s.handed(3)
	},
	"mintBatch(address,uint256[],uint256[],bytes)": func(s *speech) string {
		return s.batch(1, 2, func(items string) string { return "mint to " + s.account(0) + s.handed(3) + ": " + items })
	},
	"burn(address,uint256,uint256)": func(s *speech) string { return "burn " + s.items(s.arg(1), s.arg(2)) + " of " + s.account(0) },
	"burnBatch(address,uint256[],uint256[])": func(s *speech) string {
		return s.batch(1, 2, func(items string) string { return "burn of " + s.account(0) + ": " + items })
	},
}

func (s *speech) move(what string) string {
	return "move " + what + " from " + s.account(0) + " to " + s.account(1)
}

// allow tells an allowance that replaces the one before.
func (s *speech) allow(spender calltree.Address, amount calldata.Value, token calltree.Address) string {
	if isZero(amount) {
		return "revoke the allowance of " + s.who(spender) + " to spend " + s.asset(token)
	}
	return "allow " + s.who(spender) + " to spend " + s.allowance(amount, token)
}

func raise(s *speech) string {
	return "raise the allowance of " + s.account(0) + " by " + s.allowance(s.arg(1), s.node.To)
}

func lower(s *speech) string { return "lower the allowance of " + s.account(0) + " by " + s.own(1) }

func burnFrom(s *speech) string { return "burn " + s.own(1) + " of " + s.account(0) }

// permit is (owner, spender, value, deadline, signature).
func permit(s *speech) string {
	return s.allow(address(s.arg(1)), s.arg(2), s.node.To) + " of " + s.account(0) + ", by signature valid" + s.until(s.arg(3))
}

// daiPermit is (holder, spender, nonce, expiry, allowed, signature): all or nothing,
// and an expiry of zero never comes.
func daiPermit(s *speech) string {
	valid := ", by signature valid" + s.until(s.arg(3))
	if isZero(s.arg(3)) {
		valid = ", by signature valid for ever"
	}
	if allowed, _ := s.arg(4).Bool(); !allowed {
		return "revoke the allowance of " + s.account(1) + " to spend " + s.asset(s.node.To) + " of " + s.account(0) + valid
	}
	return "allow " + s.account(1) + " to spend " + atom("unlimited (2^256-1) ") + s.asset(s.node.To) + " of " + s.account(0) + valid
}

// authorized is (from, to, value, validAfter, validBefore, nonce, signature).
func authorized(s *speech) string {
	valid := ", by signature valid"
	if !isZero(s.arg(3)) {
		valid += " after " + s.moment(s.arg(3))
	}
	return s.move(s.own(2)) + valid + " before " + s.moment(s.arg(4))
}

// forAll is (operator, approved) for everything, now and later.
func forAll(s *speech) string {
	if on, _ := s.arg(1).Bool(); on {
		return "allow " + s.account(0) + " to move every " + s.collection() + " of the caller"
	}
	return "revoke the right of " + s.account(0) + " to move every " + s.collection() + " of the caller"
}

// collection names a token whose items have numbers.
func (s *speech) collection() string {
	if s.names.Tokens[s.node.To].Symbol == "" {
		return "token of " + s.who(s.node.To)
	}
	return s.symbol(s.node.To)
}

// item is one of a collection.
func (s *speech) item(id calldata.Value) string {
	return atom(s.collection() + " #" + id.String())
}

// items is a number of one of a collection.
func (s *speech) items(id, n calldata.Value) string {
	return atom(n.String() + " of " + s.item(id))
}

// batch tells items from two lists; nothing where they are not of one length, which
// contracts refuse.
func (s *speech) batch(ids, amounts int, tell func(items string) string) string {
	id, n := s.arg(ids), s.arg(amounts)
	if id.Len() != n.Len() {
		return ""
	}
	return tell(s.list(id.Len(), func(i int) string { return s.items(id.At(i), n.At(i)) }))
}

// handed is data that the receiver is called with.
func (s *speech) handed(i int) string {
	if n := length(s.arg(i)); n > 0 {
		return ", calling it with " + count(n, "byte")
	}
	return ""
}

// assets is an amount of what the called vault holds.
func (s *speech) assets(i int) string {
	asset := s.names.Tokens[s.node.To].Asset
	if asset == (calltree.Address{}) {
		a, _ := s.arg(i).Amount()
		return s.digits(a, 0) + atom(" units of the asset")
	}
	return s.sum(s.arg(i), asset)
}

// permit2 are the functions of Permit2 that grant or use allowances
// (Uniswap/permit2, AllowanceTransfer and SignatureTransfer). Their signatures are
// its own, and the contract is always named.
var permit2 = map[string]func(*speech) string{
	"approve(address,address,uint160,uint48)": func(s *speech) string {
		return s.allow(address(s.arg(1)), s.arg(2), address(s.arg(0))) + s.through() + s.expiring(s.arg(3))
	},
	"permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)": func(s *speech) string {
		p := s.arg(1)
		return s.granted(p.At(0), address(p.At(1)), " of "+s.account(0)+s.through()) + s.signed(p.At(2))
	},
	"permit(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)": func(s *speech) string {
		p := s.arg(1)
		return "for tokens of " + s.account(0) + s.through() + s.signed(p.At(2)) + ": " +
			s.list(p.At(0).Len(), func(i int) string { return s.granted(p.At(0).At(i), address(p.At(1)), "") })
	},
	"transferFrom(address,address,uint160,address)":                                                                     func(s *speech) string { return s.move(s.sum(s.arg(2), address(s.arg(3)))) + s.through() },
	"transferFrom((address,address,uint160,address)[])":                                                                 moves,
	"lockdown((address,address)[])":                                                                                     lockdown,
	"permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)":                           spend,
	"permitTransferFrom(((address,uint256)[],uint256,uint256),(address,uint256)[],address,bytes)":                       spendBatch,
	"permitWitnessTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes32,string,bytes)":     spend,
	"permitWitnessTransferFrom(((address,uint256)[],uint256,uint256),(address,uint256)[],address,bytes32,string,bytes)": spendBatch,
}

func (s *speech) through() string { return " through " + s.who(s.node.To) }

// expiring is the end of an allowance; one of zero lasts for the block that it is
// granted in.
func (s *speech) expiring(v calldata.Value) string {
	if isZero(v) {
		return " in the same block only"
	}
	return s.until(v)
}

// signed is the end of a signature.
func (s *speech) signed(deadline calldata.Value) string {
	return ", by signature valid" + s.until(deadline)
}

// granted tells Permit2's details: (token, amount, expiration, nonce).
func (s *speech) granted(d calldata.Value, spender calltree.Address, of string) string {
	return s.allow(spender, d.At(1), address(d.At(0))) + of + s.expiring(d.At(2))
}

// moves is a list of (from, to, amount, token).
func moves(s *speech) string {
	l := s.arg(0)
	return count(l.Len(), "transfer") + s.through() + ": " + s.list(l.Len(), func(i int) string {
		m := l.At(i)
		return s.sum(m.At(2), address(m.At(3))) + " from " + s.who(address(m.At(0))) + " to " + s.who(address(m.At(1)))
	})
}

// lockdown is a list of (token, spender).
func lockdown(s *speech) string {
	l := s.arg(0)
	return "revoke" + s.through() + ": " + s.list(l.Len(), func(i int) string {
		return s.who(address(l.At(i).At(1))) + " to spend " + s.asset(address(l.At(i).At(0)))
	})
}

// spend is (((token, permitted), nonce, deadline), (to, requested), owner, …): a
// signature that is used up at once.
func spend(s *speech) string {
	p, d := s.arg(0), s.arg(1)
	token := address(p.At(0).At(0))
	return "move from " + s.account(2) + " to " + s.who(address(d.At(0))) + s.through() + ": " + s.sum(d.At(1), token) +
		" (signed for up to " + s.allowance(p.At(0).At(1), token) + ")" + s.signed(p.At(2))
}

// spendBatch is spend with a list of each, in the same order.
func spendBatch(s *speech) string {
	p, d := s.arg(0), s.arg(1)
	if p.At(0).Len() != d.Len() {
		return ""
	}
	return "move from " + s.account(2) + s.through() + s.signed(p.At(2)) + ": " + s.list(d.Len(), func(i int) string {
		return s.sum(d.At(i).At(1), address(p.At(0).At(i).At(0))) + " to " + s.who(address(d.At(i).At(0)))
	})
}
