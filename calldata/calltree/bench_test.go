package calltree_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/calldata"
	"countersign/calldata/calltree"

	"github.com/ethereum/go-ethereum/accounts/abi"
)

const tokenJSON = `[{"type":"function","name":"transfer","inputs":[{"name":"to","type":"address"},{"name":"amount","type":"uint256"}]},
	{"type":"function","name":"mint","inputs":[{"name":"to","type":"address"},{"name":"amount","type":"uint256"}]},
	{"type":"function","name":"burn","inputs":[{"name":"amount","type":"uint256"}]}]`

// workload is a transfer, and a MultiSend of 100 of them, with what reads them.
type workload struct {
	reader              *calltree.Reader
	token, multi        calltree.Address
	tokenABI            *calldata.ABI
	geth, gethMulti     abi.ABI
	transfer, multiSend []byte
}

func newWorkload(b *testing.B) *workload {
	b.Helper()
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	w := &workload{token: addr("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"), multi: addr("38869bf66a61cf6bdb996a6ae40d5853fd43b526")}
	var err error
	w.tokenABI, err = calldata.ParseABI([]byte(tokenJSON))
	must(err)
	w.reader, err = calltree.New(map[calltree.Address]calltree.Contract{
		w.token: {ABI: w.tokenABI}, w.multi: {ABI: calldata.MustABI("multiSend(bytes transactions)")},
	})
	must(err)
	w.geth, err = abi.JSON(strings.NewReader(tokenJSON))
	must(err)
	w.gethMulti, err = abi.JSON(strings.NewReader(`[{"type":"function","name":"multiSend","inputs":[{"name":"transactions","type":"bytes"}]}]`))
	must(err)
	w.transfer, err = w.geth.Pack("transfer", [20]byte{1}, big.NewInt(1_000_000))
	must(err)
	var packed bytes.Buffer
	for range 100 {
		packed.Write(record(0, w.token, big.NewInt(0), w.transfer))
	}
	w.multiSend, err = w.gethMulti.Pack("multiSend", packed.Bytes())
	must(err)
	return w
}

// record is one of MultiSend's, packed.
func record(operation byte, to calltree.Address, value *big.Int, data []byte) []byte {
	out := append([]byte{operation}, to[:]...)
	out = append(out, value.FillBytes(make([]byte, 32))...)
	out = append(out, big.NewInt(int64(len(data))).FillBytes(make([]byte, 32))...)
	return append(out, data...)
}

func gethDecode(b *testing.B, a abi.ABI, data []byte) []any {
	m, err := a.MethodById(data[:4])
	if err != nil {
		b.Fatal(err)
	}
	values, err := m.Inputs.Unpack(data[4:])
	if err != nil {
		b.Fatal(err)
	}
	return values
}

// BenchmarkRatio prints how many times faster we are, both sides in one run and in
// turns, so that a busy machine slows both. Ours reads strictly. Theirs decodes the
// calls of the MultiSend from records that are split for it; "decoder alone" does
// the same with ours, the other rows also check the records, build the tree and sort
// every call into classes of risk. "again" uses the caller's memory again, "fresh"
// asks for new memory each time, as theirs does.
func BenchmarkRatio(b *testing.B) {
	w := newWorkload(b)
	gethTransfer := func() { gethDecode(b, w.geth, w.transfer) }
	gethMulti := func() {
		for rest := gethDecode(b, w.gethMulti, w.multiSend)[0].([]byte); len(rest) > 0; rest = rest[85+len(w.transfer):] {
			gethDecode(b, w.geth, rest[85:85+len(w.transfer)])
		}
	}
	var call, other calldata.Call
	var tree calltree.Tree
	check := func(ok bool) {
		if !ok {
			b.Fatal("not read")
		}
	}
	transferAgain := func() { check(w.tokenABI.DecodeInto(&call, w.transfer) == nil) }
	transferFresh := func() { c, err := w.tokenABI.Decode(w.transfer); check(err == nil && c != nil) }
	multiABI := calldata.MustABI("multiSend(bytes transactions)")
	multiDecoded := func() { // what go-ethereum is asked to do, and nothing more
		check(multiABI.DecodeInto(&other, w.multiSend) == nil)
		packed, _ := other.At(0).Bytes()
		for ; len(packed) > 0; packed = packed[85+len(w.transfer):] {
			check(w.tokenABI.DecodeInto(&call, packed[85:85+len(w.transfer)]) == nil)
		}
	}
	multiAgain := func() {
		w.reader.ReadInto(&tree, calltree.Transaction{To: &w.multi, Data: w.multiSend})
		check(tree.Opaque == 0 && tree.Nodes == 101)
	}
	multiFresh := func() {
		t := w.reader.Read(calltree.Transaction{To: &w.multi, Data: w.multiSend})
		check(t.Opaque == 0 && t.Nodes == 101)
	}
	for _, bb := range []struct {
		name         string
		ours, theirs func()
		times        int // of one turn
	}{
		{"transfer/again", transferAgain, gethTransfer, 2000},
		{"transfer/fresh", transferFresh, gethTransfer, 2000},
		{"multisend 100/decoder alone", multiDecoded, gethMulti, 20},
		{"multisend 100/again", multiAgain, gethMulti, 20},
		{"multisend 100/fresh", multiFresh, gethMulti, 20},
	} {
		b.Run(bb.name, func(b *testing.B) { compare(b, bb.ours, bb.theirs, bb.times) })
	}
	benchmarkViem(b, w, map[string]func(){"transfer": transferAgain, "multiSend": multiAgain})
}

// benchmarkViem prints the ratio to viem, which runs in a process of its own.
func benchmarkViem(b *testing.B, w *workload, ours map[string]func()) {
	viem := viemTimes(b, w)
	for _, name := range []string{"transfer", "multiSend"} {
		b.Run("viem/"+name, func(b *testing.B) {
			if viem == nil {
				b.Skip("no Node.js, or `make vectors` has not run")
			}
			const times = 20
			var us []time.Duration
			for b.Loop() {
				us = append(us, turn(ours[name], times))
			}
			b.ReportMetric(float64(viem[name])*times/float64(median(us)), "×viem")
			b.ReportMetric(float64(viem[name]), "ns/theirs")
			b.ReportMetric(float64(median(us))/times, "ns/ours")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// compare runs both sides in turns and reports the ratio of their times.
func compare(b *testing.B, ours, theirs func(), times int) {
	b.ReportAllocs() // of both sides together; the metrics below tell them apart
	var us, them []time.Duration
	for b.Loop() {
		us = append(us, turn(ours, times))
		them = append(them, turn(theirs, times))
	}
	// Medians: a turn in which the machine did something else does not count.
	b.ReportMetric(float64(median(them))/float64(median(us)), "×go-ethereum")
	b.ReportMetric(float64(median(us))/float64(times), "ns/ours")
	b.ReportMetric(float64(median(them))/float64(times), "ns/theirs")
	b.ReportMetric(testing.AllocsPerRun(10, ours), "allocs/ours")
	b.ReportMetric(testing.AllocsPerRun(10, theirs), "allocs/theirs")
	b.ReportMetric(0, "ns/op") // a turn of both says nothing
	b.ReportMetric(0, "B/op")
	b.ReportMetric(0, "allocs/op")
}

// turn is how long some calls in a row take.
func turn(call func(), times int) time.Duration {
	start := time.Now()
	for range times {
		call()
	}
	return time.Since(start)
}

func median(ds []time.Duration) time.Duration {
	slices.Sort(ds)
	return ds[len(ds)/2]
}

// viemTimes runs viem on the same call data; nil where it is not there.
func viemTimes(b *testing.B, w *workload) map[string]time.Duration {
	b.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		return nil
	}
	input, err := json.Marshal(map[string]any{
		"signatures": []string{"transfer(address to,uint256 amount)", "mint(address to,uint256 amount)", "burn(uint256 amount)"},
		"transfer":   "0x" + hex.EncodeToString(w.transfer), "multiSend": "0x" + hex.EncodeToString(w.multiSend),
	})
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(node, "bench.mjs")
	cmd.Dir, cmd.Stdin = "../../tests/npm", bytes.NewReader(input)
	out, err := cmd.Output()
	if err != nil {
		return nil // viem is fetched by `make vectors`
	}
	var ns map[string]float64
	if err := json.Unmarshal(out, &ns); err != nil {
		b.Fatal(err)
	}
	times := map[string]time.Duration{}
	for k, v := range ns {
		times[k] = time.Duration(v)
	}
	return times
}
