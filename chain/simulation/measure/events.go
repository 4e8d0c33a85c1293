package measure

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"countersign"
	"countersign/chain/simulation"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// events are those that tell of holdings and allowances: the standards ERC-20, ERC-721
// and ERC-1155, and WETH9's Deposit and Withdrawal, which stand for transfers there and
// for other things elsewhere.
var events = map[common.Hash]func(*tally, event) bool{
	transferTopic: (*tally).transfer,
	crypto.Keccak256Hash([]byte("TransferSingle(address,address,address,uint256,uint256)")):    (*tally).single,
	crypto.Keccak256Hash([]byte("TransferBatch(address,address,address,uint256[],uint256[])")): (*tally).batch,
	crypto.Keccak256Hash([]byte("Approval(address,address,uint256)")):                          (*tally).approval,
	crypto.Keccak256Hash([]byte("ApprovalForAll(address,address,bool)")):                       (*tally).approvalForAll,
	crypto.Keccak256Hash([]byte("Deposit(address,uint256)")):                                   func(t *tally, e event) bool { return t.wrap(e, 1) },
	crypto.Keccak256Hash([]byte("Withdrawal(address,uint256)")):                                func(t *tally, e event) bool { return t.wrap(e, -1) },
}

// A holding is an account's share of an asset.
type holding struct {
	account string
	asset   simulation.Asset
}

// A grant is an allowance of which a log tells.
type grant struct {
	owner, spender, contract string
	kind                     simulation.AllowanceKind
	id                       string
}

// A sum is what the logs tell of one holding.
type sum struct {
	// told is by how much the transfers change it, and wrapped by how much they and
	// WETH9's events do. They are nil where there was no such log.
	told, wrapped *big.Int
}

// A tally is what all logs tell.
type tally struct {
	holdings map[holding]*sum
	grants   map[grant]bool
	fungible map[string]bool // contracts that wrote as an ERC-20
	unique   map[string]bool // contracts that wrote as an ERC-721
	unread   []string
}

// An event is a log in words of 32 bytes.
type event struct {
	contract string
	topics   []*big.Int // without the first
	data     []*big.Int
	whole    bool // the data is whole words
}

// count goes through the logs and the moves.
func count(t Trace) *tally {
	sums := &tally{holdings: map[holding]*sum{}, grants: map[grant]bool{}, fungible: map[string]bool{}, unique: map[string]bool{}}
	for _, m := range t.Moves {
		sums.move(simulation.Native(), m.From.Big(), m.To.Big(), m.Value)
	}
	for i, c := range t.Calls {
		for _, l := range c.Logs {
			if len(l.Topics) == 0 {
				continue
			}
			if read := events[common.HexToHash(l.Topics[0])]; read != nil && !read(sums, eventOf(l)) {
				sums.unread = append(sums.unread, fmt.Sprintf("%s writes event %s in call %d in the form of no standard", l.Address, l.Topics[0], i+1))
			}
		}
	}
	return sums
}

func eventOf(l simulation.Log) event {
	e := event{contract: l.Address, whole: len(l.Data)%32 == 0}
	for _, t := range l.Topics[1:] {
		e.topics = append(e.topics, common.HexToHash(t).Big())
	}
	for word := range slices.Chunk([]byte(l.Data), 32) {
		e.data = append(e.data, new(big.Int).SetBytes(word))
	}
	return e
}

// has reports whether the event has so many topics, so many words of data, and
// addresses in the topics of these numbers.
func (e event) has(topics, words int, addresses ...int) bool {
	if len(e.topics) != topics || !e.whole || words >= 0 && len(e.data) != words {
		return false
	}
	return !slices.ContainsFunc(addresses, func(i int) bool { return e.topics[i].BitLen() > 160 })
}

func (t *tally) transfer(e event) bool {
	switch {
	case e.has(2, 1, 0, 1):
		t.fungible[e.contract] = true
		t.move(simulation.ERC20(e.contract), e.topics[0], e.topics[1], e.data[0])
	case e.has(3, 0, 0, 1):
		t.unique[e.contract] = true
		t.move(simulation.ERC721(e.contract, amount(e.topics[2])), e.topics[0], e.topics[1], big.NewInt(1))
	default:
		return false
	}
	return true
}

func (t *tally) single(e event) bool {
	if !e.has(3, 2, 0, 1, 2) {
		return false
	}
	t.move(simulation.ERC1155(e.contract, amount(e.data[0])), e.topics[1], e.topics[2], e.data[1])
	return true
}

// batch reads two lists of one length in their canonical places.
func (t *tally) batch(e event) bool {
	if !e.has(3, -1, 0, 1, 2) || len(e.data) < 4 || len(e.data)%2 != 0 {
		return false
	}
	n := (len(e.data) - 4) / 2
	is := func(i, value int) bool { return e.data[i].Cmp(big.NewInt(int64(value))) == 0 }
	if !is(0, 64) || !is(1, 96+32*n) || !is(2, n) || !is(3+n, n) {
		return false
	}
	for i := range n {
		t.move(simulation.ERC1155(e.contract, amount(e.data[3+i])), e.topics[1], e.topics[2], e.data[4+n+i])
	}
	return true
}

func (t *tally) approval(e event) bool {
	switch {
	case e.has(2, 1, 0, 1):
		t.fungible[e.contract] = true
		t.grant(grant{kind: simulation.AllowAmount, contract: e.contract}, e.topics[0], e.topics[1])
	case e.has(3, 0, 0, 1):
		t.unique[e.contract] = true
		t.grant(grant{kind: simulation.AllowToken, contract: e.contract, id: e.topics[2].String()}, e.topics[0], e.topics[1])
	default:
		return false
	}
	return true
}

func (t *tally) approvalForAll(e event) bool {
	if !e.has(2, 1, 0, 1) {
		return false
	}
	t.grant(grant{kind: simulation.AllowAll, contract: e.contract}, e.topics[0], e.topics[1])
	return true
}

// wrap reads WETH9's Deposit and Withdrawal. Where they have another form they mean
// something else.
func (t *tally) wrap(e event, sign int64) bool {
	if e.has(1, 1, 0) {
		t.change(simulation.ERC20(e.contract), e.topics[0], new(big.Int).Mul(e.data[0], big.NewInt(sign)), true)
	}
	return true
}

func (t *tally) grant(g grant, owner, spender *big.Int) {
	if spender.Sign() == 0 || owner.Sign() == 0 {
		return
	}
	g.owner, g.spender = address(owner), address(spender)
	t.grants[g] = true
}

func (t *tally) move(asset simulation.Asset, from, to, size *big.Int) {
	t.change(asset, from, new(big.Int).Neg(size), false)
	t.change(asset, to, size, false)
}

// change adds to a holding. The zero address, from which tokens are minted, has none.
func (t *tally) change(asset simulation.Asset, account, by *big.Int, wrapped bool) {
	if account.Sign() == 0 {
		return
	}
	h := holding{address(account), asset}
	s := t.holdings[h]
	if s == nil {
		s = &sum{}
		t.holdings[h] = s
	}
	s.wrapped = plus(s.wrapped, by)
	if !wrapped {
		s.told = plus(s.told, by)
	}
}

func plus(a, b *big.Int) *big.Int {
	if a == nil {
		a = new(big.Int)
	}
	return new(big.Int).Add(a, b)
}

func address(i *big.Int) string { return strings.ToLower(common.BigToAddress(i).Hex()) }

// amount is a word of 32 bytes as an amount, which holds every such word.
func amount(word *big.Int) countersign.Amount {
	a, err := countersign.AmountFromBig(word)
	if err != nil {
		panic(err) // no word is negative or wider
	}
	return a
}
