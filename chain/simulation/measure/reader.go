package measure

import (
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
)

// maxReads is how many holdings and allowances one simulation may concern.
const maxReads = 256

// Reader is where the reading program stands, for the simulation alone: an address
// that nobody has, because nobody knows a key whose hash it is.
var Reader = common.BytesToAddress(crypto.Keccak256([]byte("countersign.simulation.reader")))

// program takes records of 128 bytes: a word that holds an address and, above it, a
// length; and 96 bytes, of which that many are call data. It returns 64 bytes for each:
// a word that is 1 where there is an answer, and the answer. Without call data that is
// the native balance; otherwise what the address returns to a STATICCALL with a
// million of gas, if that succeeds with exactly 32 bytes. It halts when it has less gas
// than that for a call, because then a view would fail that others do not.
var program = common.FromHex("" +
	"6000" + // 00: i := 0
	"5b36811015605c57" + // 02: if !(i < CALLDATASIZE) goto 5c
	"80358060a01c80601b57" + // 0a: w := CALLDATALOAD(i), length := w >> 160; if length goto 1b
	"50316001604756" + // 14: BALANCE(w), 1; goto 47
	"5b606083602001600037" + // 1b: CALLDATACOPY(0, i+32, 96)
	"6210c8e05a10600057" + // 25: if GAS < 1100000 halt, by a jump to where none may go
	"602090606090600084620f4240fa" + // 2e: STATICCALL(1000000, w, 0, length, 96, 32)
	"3d60201416905060605190" + // 3c: MLOAD(96), success AND RETURNDATASIZE == 32
	"5b8260011c60800190815260200152" + // 47: at 128+i/2 the flag, after it the answer
	"608001600256" + // 56: i += 128; goto 02
	"5b3660011c6080f3") // 5c: RETURN(128, CALLDATASIZE/2)

// A Read is one question to the [Reader]: a view of a contract that returns one word,
// or without data the native balance of an account.
type Read struct {
	Address common.Address
	Data    []byte // at most 96 bytes
}

// An Answer is what was read, where it could be.
type Answer struct {
	OK   bool
	Word *big.Int // zero unless OK
}

// readingCall is the transaction that reads.
func readingCall(reads []Read) map[string]any {
	var input []byte
	for _, r := range reads {
		record := make([]byte, 128)
		record[11] = byte(len(r.Data))
		copy(record[12:], r.Address[:])
		copy(record[32:], r.Data)
		input = append(input, record...)
	}
	return map[string]any{"to": Reader, "input": hexutil.Bytes(input), "gas": hexutil.Uint64(gasLimit)}
}

// readingState puts the program in its place.
func readingState() map[string]any {
	return map[string]any{"code": hexutil.Bytes(slices.Clone(program))}
}

// Answers reads what the [Reader] returned to so many reads.
func Answers(data []byte, reads int) ([]Answer, error) {
	if len(data) != 64*reads {
		return nil, fmt.Errorf("%d bytes for %d reads of balances, want %d", len(data), reads, 64*reads)
	}
	answers := make([]Answer, reads)
	for i := range answers {
		flag, word := new(big.Int).SetBytes(data[64*i:64*i+32]), new(big.Int).SetBytes(data[64*i+32:64*i+64])
		if flag.Cmp(big.NewInt(1)) > 0 {
			return nil, errors.New("balances were read by another program than ours")
		}
		answers[i] = Answer{OK: flag.Sign() == 1, Word: word}
		if !answers[i].OK {
			answers[i].Word.SetInt64(0)
		}
	}
	return answers, nil
}
