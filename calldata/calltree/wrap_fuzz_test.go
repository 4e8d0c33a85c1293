package calltree_test

import (
	"slices"
	"testing"

	"countersign/calldata"
	"countersign/calldata/calltree"
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
		for _, tt := range rows {
			if tt.to == "" {
				continue
			}
			i := slices.Index(addresses, at(tt.to))
			f.Add(byte(max(0, i)), byte(tt.value), tt.data)
			for j := range protocols { // the same bytes, read by other protocols
				f.Add(byte(slices.Index(addresses, calltree.Address{0xff, byte(j)})), byte(tt.value), tt.data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, to, value byte, data []byte) {
		a := addresses[int(to)%len(addresses)]
		tx := calltree.Transaction{To: &a, Value: wei(int(value)), Data: data}
		read(t, r, tx)
		read(t, r, tx, calltree.Transaction{Data: data}, tx)
	})
}
