package measure

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"countersign"
	"countersign/chain/simulation"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// The views that are read: ERC-20, ERC-721 and ERC-1155.
var (
	balanceOf        = selector("balanceOf(address)")
	balanceOfID      = selector("balanceOf(address,uint256)")
	ownerOf          = selector("ownerOf(uint256)")
	allowance        = selector("allowance(address,address)")
	getApproved      = selector("getApproved(uint256)")
	isApprovedForAll = selector("isApprovedForAll(address,address)")
)

func selector(signature string) []byte { return crypto.Keccak256([]byte(signature))[:4] }

// view is the call data of a view, of words.
func view(selector []byte, words ...*big.Int) []byte {
	data := slices.Clone(selector)
	for _, w := range words {
		data = append(data, common.BigToHash(w).Bytes()...)
	}
	return data
}

// A Plan is whom the calls concern, and what must be read of them.
type Plan struct {
	// Reads are to be made before the calls and after them.
	Reads []Read

	watched  []string
	tally    *tally
	holdings []holding // of the first reads
	grants   []grant   // of the rest
}

// Concerns plans the reads: every holding and allowance that the trace tells of, and
// what the watched accounts have of the native asset and of every contract that is
// called, logs or was named. It fails with [simulation.ErrUnsupported] where those are
// too many, and where a request concerns the [Reader].
func Concerns(req simulation.Request, t Trace) (Plan, error) {
	p := Plan{tally: count(t), watched: []string{}}
	contracts := map[string]bool{}
	for _, c := range req.Calls {
		p.watched = append(p.watched, strings.ToLower(c.From))
		contracts[strings.ToLower(c.To)] = true
		if reader := text(Reader); strings.ToLower(c.From) == reader || strings.ToLower(c.To) == reader {
			return Plan{}, fmt.Errorf("%w: %s is where balances are read", simulation.ErrUnsupported, reader)
		}
	}
	for _, c := range t.Calls {
		for _, l := range c.Logs {
			contracts[l.Address] = true
		}
	}
	for _, token := range req.Tokens {
		contracts[strings.ToLower(token)] = true
	}
	for _, a := range req.Accounts {
		p.watched = append(p.watched, strings.ToLower(a))
	}
	slices.Sort(p.watched)
	p.watched = slices.Compact(p.watched)
	p.add(contracts)
	if len(p.Reads) > maxReads {
		return Plan{}, fmt.Errorf("%w: %d balances and allowances are concerned, at most %d are read", simulation.ErrUnsupported, len(p.Reads), maxReads)
	}
	return p, nil
}

// add plans the reads, in an order of their own.
func (p *Plan) add(contracts map[string]bool) {
	all := map[holding]bool{}
	for h := range p.tally.holdings {
		all[h] = true
	}
	for _, account := range p.watched {
		all[holding{account, simulation.Native()}] = true
		for c := range contracts {
			// The balanceOf(address) of an ERC-721 counts tokens, which have deltas of
			// their own.
			if !p.tally.unique[c] || p.tally.fungible[c] {
				all[holding{account, simulation.ERC20(c)}] = true
			}
		}
	}
	p.holdings = slices.SortedFunc(maps.Keys(all), func(a, b holding) int {
		return cmp.Or(strings.Compare(a.account, b.account), strings.Compare(a.asset.String(), b.asset.String()))
	})
	p.grants = slices.SortedFunc(maps.Keys(p.tally.grants), func(a, b grant) int {
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
	for _, h := range p.holdings {
		p.Reads = append(p.Reads, h.read())
	}
	for _, g := range p.grants {
		p.Reads = append(p.Reads, g.read())
	}
}

func (h holding) read() Read {
	account, contract := common.HexToAddress(h.account), common.HexToAddress(h.asset.Contract)
	switch h.asset.Kind {
	case simulation.KindNative:
		return Read{Address: account}
	case simulation.KindERC721:
		return Read{contract, view(ownerOf, number(h.asset.TokenID))}
	case simulation.KindERC1155:
		return Read{contract, view(balanceOfID, account.Big(), number(h.asset.TokenID))}
	}
	return Read{contract, view(balanceOf, account.Big())}
}

func (g grant) read() Read {
	contract, owner, spender := common.HexToAddress(g.contract), common.HexToAddress(g.owner).Big(), common.HexToAddress(g.spender).Big()
	switch g.kind {
	case simulation.AllowToken:
		return Read{contract, view(getApproved, number(g.id))}
	case simulation.AllowAll:
		return Read{contract, view(isApprovedForAll, owner, spender)}
	}
	return Read{contract, view(allowance, owner, spender)}
}

// number reads a token's ID, which we wrote.
func number(id string) *big.Int { return countersign.MustAmount(id).Big() }

// Effects fills in what the reads show: who was watched, deltas, allowances,
// disagreements and what was unread.
func (p Plan) Effects(r *simulation.Result, before, after []Answer) error {
	if len(before) != len(p.Reads) || len(after) != len(p.Reads) {
		return errors.New("not every read was answered")
	}
	r.Watched, r.Unread = p.watched, slices.Clone(p.tally.unread)
	for i, h := range p.holdings {
		p.holding(r, h, before[i], after[i])
	}
	for i, g := range p.grants {
		i += len(p.holdings)
		g.effect(r, before[i], after[i])
	}
	return nil
}

// holding compares one balance before and after, and with what the logs tell.
func (p Plan) holding(r *simulation.Result, h holding, before, after Answer) {
	if h.asset.Kind == simulation.KindERC721 { // without an owner it does not exist
		before, after = owned(before, h.account), owned(after, h.account)
	}
	s := p.tally.holdings[h]
	if s == nil {
		s = &sum{}
	}
	if !before.OK || !after.OK {
		if s.told != nil || before.OK != after.OK {
			r.Unread = append(r.Unread, fmt.Sprintf("what %s has of %s", h.account, h.asset))
		}
		return // a contract that is no token
	}
	actual := simulation.ChangeOf(amount(before.Word), amount(after.Word))
	if actual.Sign() != 0 {
		r.Assets = append(r.Assets, simulation.AssetDelta{Account: h.account, Asset: h.asset, Delta: actual})
	}
	told := plus(s.told, new(big.Int))
	if told.Cmp(actual.Big()) == 0 || s.wrapped != nil && s.wrapped.Cmp(actual.Big()) == 0 {
		return
	}
	logged, err := simulation.ParseChange(told.String())
	if err != nil { // only a liar's logs move more than there can be
		r.Unread = append(r.Unread, fmt.Sprintf("how much of %s the logs move for %s", h.asset, h.account))
		return
	}
	r.Disagreements = append(r.Disagreements, simulation.Disagreement{Account: h.account, Asset: h.asset, Logged: logged, Actual: actual})
}

func owned(a Answer, account string) Answer {
	is := a.OK && a.Word.Cmp(common.HexToAddress(account).Big()) == 0
	return Answer{OK: true, Word: truth(is)}
}

func truth(is bool) *big.Int {
	if is {
		return big.NewInt(1)
	}
	return new(big.Int)
}

// effect compares one allowance before and after.
func (g grant) effect(r *simulation.Result, before, after Answer) {
	d := simulation.AllowanceDelta{Owner: g.owner, Spender: g.spender, Contract: g.contract, Kind: g.kind, TokenID: g.id}
	one := big.NewInt(1)
	if g.kind == simulation.AllowToken { // before, the token need not exist
		before, after.Word = Answer{OK: true, Word: new(big.Int)}, truth(after.Word.Cmp(common.HexToAddress(g.spender).Big()) == 0)
	}
	if !before.OK || !after.OK || g.kind == simulation.AllowAll && (before.Word.Cmp(one) > 0 || after.Word.Cmp(one) > 0) {
		r.Unread = append(r.Unread, fmt.Sprintf("what %s lets %s take of %s", g.owner, g.spender, g.contract))
		return
	}
	if before.Word.Sign() == 0 && after.Word.Sign() == 0 {
		return
	}
	if g.kind != simulation.AllowAmount {
		d.Approved = after.Word.Sign() > 0
	} else {
		d.Before, d.Amount = amount(before.Word), amount(after.Word)
	}
	r.Allowances = append(r.Allowances, d)
}
