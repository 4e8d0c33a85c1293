package calltree_test

import (
	"bytes"
	"slices"
	"testing"

	"countersign/calldata"
	"countersign/calldata/calltree"

	"pgregory.net/rapid"
)

// protocols are every one that a contract may have, and none.
var protocols = []calltree.Protocol{"", calltree.UniswapUR12, calltree.UniswapUR2, calltree.UniswapUR211, calltree.SafeMultiSend15, calltree.SafeMultiSendCallOnly}

// everywhere pins all wrappers at one address of each protocol, beside the world.
func everywhere(t testing.TB) (r *calltree.Reader, at []calltree.Address) {
	t.Helper()
	known := pins()
	all := calldata.MustABI(slices.Concat(calltree.Wrappers(), tokenCalls)...)
	for i, p := range protocols {
		known[calltree.Address{0xff, byte(i)}] = calltree.Contract{ABI: all, Protocol: p}
	}
	r, err := calltree.New(known)
	if err != nil {
		t.Fatal(err)
	}
	for a := range known {
		at = append(at, a)
	}
	slices.SortFunc(at, func(a, b calltree.Address) int { return slices.Compare(a[:], b[:]) })
	return r, append(at, calltree.Address{}) // and one that nobody knows
}

// FuzzRead holds trees to their promises for any bytes: see [read].
func FuzzRead(f *testing.F) {
	r, addresses := everywhere(f)
	for _, rows := range tables {
		for i, tt := range rows {
			if tt.to == "" {
				continue
			}
			f.Add(byte(max(0, slices.Index(addresses, at(tt.to)))), byte(tt.value), tt.data)
			other := calltree.Address{0xff, byte(i % len(protocols))} // the same bytes, read by another protocol
			f.Add(byte(slices.Index(addresses, other)), byte(tt.value), tt.data)
		}
	}
	f.Fuzz(func(t *testing.T, to, value byte, data []byte) {
		a := addresses[int(to)%len(addresses)]
		tx := calltree.Transaction{To: &a, Value: wei(int(value)), Data: data}
		read(t, r, tx)
		read(t, r, tx, calltree.Transaction{Data: data}, tx)
	})
}

// words are those that hostile call data is made of.
var words = [][]byte{word(0), word(1), word(31), word(32), word(64), word(96), power(31), power(63), power(64), power(255), bytes.Repeat([]byte{0xff}, 32)}

// The same promises for trees that were well once and of which some bytes changed.
func TestSpoiltTreesKeepTheirPromises(t *testing.T) {
	r, _ := everywhere(t)
	rapid.Check(t, func(rt *rapid.T) {
		g := &grower{T: rt}
		p := g.grow(rapid.IntRange(1, 6).Draw(rt, "wrappers"), nil, calltree.Call, nil)
		tx := p.transaction()
		for range rapid.IntRange(1, 4).Draw(rt, "changes") {
			from := rapid.IntRange(0, len(tx.Data)-1).Draw(rt, "from")
			switch rapid.IntRange(0, 3).Draw(rt, "change") {
			case 0:
				tx.Data[from] ^= byte(rapid.IntRange(1, 255).Draw(rt, "bits"))
			case 1:
				copy(tx.Data[from-max(0, from-4)%32:], rapid.SampledFrom(words).Draw(rt, "word"))
			case 2:
				tx.Data = tx.Data[:from+1]
			case 3:
				tx.Data = slices.Insert(tx.Data, from, rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(rt, "inserted")...)
			}
		}
		read(rt, r, tx)
	})
}
