package evm

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/consensus/misc/eip1559"
	"github.com/ethereum/go-ethereum/core/types"
)

// ErrUnmined means that the transaction waits: it is held, comes after one that
// is, or offers less than the base fee. It may be mined later.
var ErrUnmined = errors.New("transaction is not mined yet")

// slot is a sender's nonce; one transaction can have it.
type slot struct {
	from  common.Address
	nonce uint64
}

// holds is what is not to be mined. The zero holds are none.
type holds struct {
	next    int // of the transactions that arrive
	senders map[common.Address]bool
	slots   map[slot]common.Hash // the transaction that is held there
}

// HoldNext holds the next n transactions that would be mined.
func (c *Chain) HoldNext(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held.next += n
}

// HoldFrom holds whatever an address sends from now on.
func (c *Chain) HoldFrom(sender common.Address) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held.senders == nil {
		c.held.senders = map[common.Address]bool{}
	}
	c.held.senders[sender] = true
}

// Release ends all holds. What was held is mined again as it comes.
func (c *Chain) Release() {
	c.mu.Lock()
	c.held = holds{}
	c.mu.Unlock()
	c.resume()
}

// resume has what waits tried again.
func (c *Chain) resume() {
	c.cfg.Changed()
	c.poke()
}

// poke has what mines the pool look at it.
func (c *Chain) poke() {
	select {
	case c.retry <- struct{}{}:
	default: // it is about to be asked, and sees this too
	}
}

// Held returns the hashes of the transactions that are held.
func (c *Chain) Held() []common.Hash {
	c.mu.Lock()
	defer c.mu.Unlock()
	hashes := []common.Hash{}
	for _, hash := range c.held.slots {
		hashes = append(hashes, hash)
	}
	return hashes
}

// waits tells whether tx is not to be mined now. A transaction that replaces a
// held one is no longer held up.
func (c *Chain) waits(tx *types.Transaction) (bool, error) {
	s, err := c.slot(tx)
	if err != nil {
		return false, err
	}
	early, err := c.early(tx)
	if err != nil || early {
		return early, err
	}
	if nonce, err := c.nonce(s.from); err != nil || tx.Nonce() < nonce {
		return false, err // it never will be mined, which is for the caller to find
	}
	if hash, held := c.held.slots[s]; held {
		return hash == tx.Hash(), nil
	}
	if c.held.next == 0 && !c.held.senders[s.from] {
		return false, nil
	}
	c.held.next = max(0, c.held.next-1)
	c.hold(s, tx.Hash())
	return true, nil
}

func (c *Chain) hold(s slot, hash common.Hash) {
	if c.held.slots == nil {
		c.held.slots = map[slot]common.Hash{}
	}
	c.held.slots[s] = hash
}

// early tells whether tx comes before its time: an earlier nonce of its sender
// is not mined yet, or the next block's base fee is above what it offers.
func (c *Chain) early(tx *types.Transaction) (bool, error) {
	s, err := c.slot(tx)
	if err != nil {
		return false, err
	}
	nonce, err := c.nonce(s.from)
	if err != nil || tx.Nonce() > nonce {
		return err == nil, err
	}
	return tx.Nonce() == nonce && tx.GasFeeCapIntCmp(c.baseFee()) < 0, nil
}

// nonce is the next one of an address.
func (c *Chain) nonce(of common.Address) (uint64, error) {
	state, err := c.eth.BlockChain().State()
	if err != nil {
		return 0, fmt.Errorf("reading state: %w", err)
	}
	return state.GetNonce(of), nil
}

// baseFee is that of the next block.
func (c *Chain) baseFee() *big.Int {
	return eip1559.CalcBaseFee(c.eth.BlockChain().Config(), c.eth.BlockChain().CurrentBlock())
}

func (c *Chain) slot(tx *types.Transaction) (slot, error) {
	from, err := types.Sender(types.LatestSignerForChainID(c.ID()), tx)
	if err != nil {
		return slot{}, fmt.Errorf("%w: %w", ErrNotIncludable, err)
	}
	return slot{from, tx.Nonce()}, nil
}
