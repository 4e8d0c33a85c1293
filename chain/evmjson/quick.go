package evmjson

import (
	"bytes"
	"encoding/hex"
	"encoding/json"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// UnmarshalJSON reads a log in one pass where it is written as nodes write it: the members that
// are known, each a text of hex digits, in any order, beside others that are texts. Anything else
// is left to encoding/json, which says the same or what is wrong. Backfills spend most of their
// time here.
func (l *Log) UnmarshalJSON(text []byte) error {
	q := quick{text: text}
	if q.log(l); q.ok() {
		return nil
	}
	type plain Log
	var p plain
	if err := json.Unmarshal(text, &p); err != nil {
		return err
	}
	*l = Log(p)
	return nil
}

// quick walks over JSON that is known to be well-formed, until something is out of the ordinary.
type quick struct {
	text []byte
	odd  bool
}

func (q *quick) ok() bool { return !q.odd && len(q.text) == 0 }

// take takes one byte, after spaces.
func (q *quick) take(c byte) bool {
	q.text = bytes.TrimLeft(q.text, " \t\r\n")
	if len(q.text) == 0 || q.text[0] != c {
		return false
	}
	q.text = q.text[1:]
	return true
}

func (q *quick) must(c byte) { q.odd = !q.take(c) || q.odd }

// string takes a text without escapes.
func (q *quick) string() []byte {
	q.must('"')
	end := bytes.IndexByte(q.text, '"')
	if q.odd || end < 0 || bytes.IndexByte(q.text[:end], '\\') >= 0 {
		q.odd = true
		return nil
	}
	s := q.text[:end]
	q.text = q.text[end+1:]
	return s
}

// fixed takes 0x and exactly the digits that fill out.
func (q *quick) fixed(out []byte) {
	s := q.string()
	if len(s) != 2+2*len(out) || s[0] != '0' || s[1] != 'x' {
		q.odd = true
		return
	}
	_, err := hex.Decode(out, s[2:])
	q.odd = q.odd || err != nil
}

func (q *quick) bytes() []byte {
	s := q.string()
	if len(s) < 2 || len(s)%2 != 0 || s[0] != '0' || s[1] != 'x' {
		q.odd = true
		return nil
	}
	out := make([]byte, len(s)/2-1)
	_, err := hex.Decode(out, s[2:])
	q.odd = q.odd || err != nil
	return out
}

func (q *quick) quantity() hexutil.Uint64 {
	n, err := hexutil.DecodeUint64(string(q.string()))
	q.odd = q.odd || err != nil
	return hexutil.Uint64(n)
}

func (q *quick) topics() []common.Hash {
	q.must('[')
	out := make([]common.Hash, 0, 4)
	if q.take(']') {
		return out
	}
	for !q.odd {
		var h common.Hash
		q.fixed(h[:])
		out = append(out, h)
		if !q.take(',') {
			q.must(']')
			break
		}
	}
	return out
}

// members are those that a log must have, one bit each.
var members = map[string]uint{
	"address": 1, "topics": 2, "data": 4, "blockHash": 8, "blockNumber": 16, "transactionHash": 32, "transactionIndex": 64, "logIndex": 128,
}

// log reads all members. One that is missing is out of the ordinary.
func (q *quick) log(l *Log) {
	seen := uint(0)
	q.must('{')
	for !q.odd {
		key := q.string()
		q.must(':')
		seen |= members[string(key)]
		switch string(key) {
		case "address":
			q.fixed(l.Address[:])
		case "topics":
			l.Topics = q.topics()
		case "data":
			l.Data = q.bytes()
		case "blockHash":
			q.fixed(l.BlockHash[:])
		case "blockNumber":
			l.BlockNumber = q.quantity()
		case "transactionHash":
			q.fixed(l.TxHash[:])
		case "transactionIndex":
			l.TxIndex = q.quantity()
		case "logIndex":
			l.Index = q.quantity()
		case "removed":
			l.Removed = false
			q.text = bytes.TrimLeft(q.text, " \t\r\n")
			rest, is := bytes.CutPrefix(q.text, []byte("false"))
			q.text, q.odd = rest, q.odd || !is
		default:
			q.string()
		}
		if !q.take(',') {
			q.must('}')
			break
		}
	}
	q.odd = q.odd || seen != 255
	q.text = bytes.TrimLeft(q.text, " \t\r\n")
}
