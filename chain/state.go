package chain

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/chain/codepin"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rpc"
)

// A state is what the chain said about one block.
type state struct {
	node   *Node
	number uint64
	hash   string
	time   time.Time

	asked   []question // in order, each once
	answers map[question]answer
}

// A question is one read: code, a storage slot, or a call without a sender.
type question struct {
	method  string
	address string // lower case
	detail  string // the slot, or the call data
}

type answer struct {
	raw []byte
	err error
}

func codeOf(address string) question { return question{"eth_getCode", address, ""} }

func slotOf(address, slot string) question { return question{"eth_getStorageAt", address, slot} }

func callTo(address, data string) question { return question{"eth_call", address, data} }

// newest opens the state at the newest block: the one in which an upgrade shows
// first. Tags such as "finalized" lag by minutes, in which a pin would hold that
// no longer does.
func (n *Node) newest(ctx context.Context) (*state, error) {
	if n == nil || n.client == nil {
		return nil, fmt.Errorf("%w: no node was dialled", codepin.ErrUnknown)
	}
	calls := []rpc.BatchElem{newCall("eth_chainId"), newCall("eth_getBlockByNumber", "latest", false)}
	if err := n.send(ctx, calls); err != nil {
		return nil, err
	}
	if err := n.sameChain(calls[0]); err != nil {
		return nil, err
	}
	var head struct {
		Number    *hexutil.Uint64 `json:"number"`
		Hash      *common.Hash    `json:"hash"`
		Timestamp *hexutil.Uint64 `json:"timestamp"`
	}
	if err := n.result(calls[1], "newest block", &head); err != nil {
		return nil, err
	}
	const year9999 = 253402300799 // the last second that RFC 3339 can write
	if head.Number == nil || head.Hash == nil || *head.Hash == (common.Hash{}) || head.Timestamp == nil || *head.Timestamp > year9999 {
		return nil, n.unknown("newest block", errors.New("it has no number, hash or time"))
	}
	return &state{
		node: n, number: uint64(*head.Number), hash: head.Hash.Hex(), time: time.Unix(int64(*head.Timestamp), 0).UTC(),
		answers: map[question]answer{},
	}, nil
}

// ask puts the questions that were not put before. Its error is that of the whole;
// each answer has one of its own besides.
func (s *state) ask(ctx context.Context, questions ...question) error {
	var fresh []question
	for _, q := range questions {
		if _, known := s.answers[q]; !known {
			s.answers[q] = answer{err: fmt.Errorf("%w: %s was not asked", codepin.ErrUnknown, q)}
			fresh = append(fresh, q)
		}
	}
	calls := make([]rpc.BatchElem, len(fresh))
	for i, q := range fresh {
		calls[i] = newCall(q.method, q.args(s.hash)...)
	}
	if err := s.node.send(ctx, calls); err != nil {
		return err
	}
	for i, q := range fresh {
		s.asked = append(s.asked, q)
		s.answers[q] = s.read(q, calls[i])
	}
	return nil
}

// read decodes one answer. Slots and what we call return one word of 32 bytes.
func (s *state) read(q question, c rpc.BatchElem) answer {
	var text string
	if err := s.node.result(c, q.String(), &text); err != nil {
		return answer{err: err}
	}
	// Not hexutil.Bytes: it takes "" for no bytes, and no bytes are a fact.
	digits, prefixed := strings.CutPrefix(text, "0x")
	raw, err := hex.DecodeString(digits)
	if !prefixed || err != nil {
		return answer{err: s.node.unknown(q.String(), fmt.Errorf("answered %.20q, want 0x and hex digits", text))}
	}
	if q.method != "eth_getCode" && len(raw) != 32 {
		return answer{err: s.node.unknown(q.String(), fmt.Errorf("answered %d bytes, want 32", len(raw)))}
	}
	return answer{raw: raw}
}

// args are the call's parameters, at a block by its hash (EIP-1898). A block that
// has left the canonical chain meanwhile is an error.
func (q question) args(blockHash string) []any {
	at := map[string]any{"blockHash": blockHash, "requireCanonical": true}
	switch q.method {
	case "eth_getCode":
		return []any{q.address, at}
	case "eth_getStorageAt":
		return []any{q.address, q.detail, at}
	default:
		return []any{map[string]string{"to": q.address, "data": q.detail}, at}
	}
}

// String is the question in an error.
func (q question) String() string {
	return strings.TrimSuffix(q.method+" "+q.address+" "+q.detail, " ")
}

// A contract is the code at an address.
type contract struct {
	code []byte
	hash string // Keccak-256 of the code
	// flaw says why nothing may rest on this code: there is none, or it is an
	// account's delegation.
	flaw string
}

// delegation begins what stands for code where an account with a key has delegated
// to a contract (EIP-7702). The key's holder can point it elsewhere at any time.
const delegation = "\xef\x01\x00"

// contract returns the code at an address.
func (s *state) contract(address string) (contract, error) {
	a := s.answers[codeOf(address)]
	if a.err != nil {
		return contract{}, a.err
	}
	c := contract{code: a.raw, hash: crypto.Keccak256Hash(a.raw).Hex()}
	if len(a.raw) == 0 {
		c.flaw = "no code"
	} else if to, delegated := strings.CutPrefix(string(a.raw), delegation); delegated {
		c.flaw = fmt.Sprintf("EIP-7702 delegation to 0x%x", to)
	}
	return c, nil
}

// pointer returns the address that a slot or a call holds. Anything beside the
// address makes it unknown: some code masks it away, some does not.
func (s *state) pointer(q question) (string, error) {
	a := s.answers[q]
	if a.err != nil {
		return "", a.err
	}
	for _, b := range a.raw[:12] {
		if b != 0 {
			return "", s.node.unknown(q.String(), fmt.Errorf("answered 0x%x, which is no address", a.raw))
		}
	}
	return "0x" + fmt.Sprintf("%x", a.raw[12:]), nil
}
