package calldata_test

import (
	"testing"

	"countersign/calldata"
)

// BenchmarkDecode reads the payloads of shared reference chain.md §4. The
// go-ethereum rows stand beside ours so that one run gives the ratio; theirs is
// the decoder alone, without the re-encoding that strictness would need. Package
// calltree's BenchmarkRatio prints the ratios.
func BenchmarkDecode(b *testing.B) {
	for _, bb := range []struct{ name, signature, body string }{
		{"transfer", "transfer(address to,uint256 amount)", alice + num(1_000_000)},
		{"multicall", "multicall(bytes[] data)", listOf(2, rising(2, 128)+words(2, num(68)+words(3, num(0))))},
		{"100 calls", "batch((address to,bytes data)[] calls)", listOf(100, rising(100, 192)+words(100, alice+num(64)+num(68)+words(3, num(0))))},
		{"full of numbers", "f(uint256[] n)", listOf(fullWords, words(fullWords, num(7)))},
	} {
		a, data := call(b, bb.signature, bb.body)
		f := a.Functions()[0]
		c, err := a.Decode(data)
		if err != nil {
			b.Fatal(err)
		}
		o := newOracle(b, f)
		o.agrees(b, data, c)
		b.Run(bb.name+"/countersign", func(b *testing.B) {
			var c calldata.Call
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if err := a.DecodeInto(&c, data); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(bb.name+"/go-ethereum", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := o.inputs.Unpack(data[4:]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
