package calldata_test

import (
	"bytes"
	"runtime"
	"slices"
	"strings"
	"testing"

	"countersign/calldata"
)

// words joins n copies of a word.
func words(n int, w string) string { return strings.Repeat(w, n) }

// aliasBomb is uint256[][][] of which every element on every level is the same
// tail: n³ values in 3n words. go-ethereum spends seconds and gigabytes on it.
func aliasBomb(n uint64) string {
	level := num(n) + words(int(n), num(n*32))
	return num(32) + level + level + num(n) + words(int(n), num(1))
}

// listOf is the call data of a dynamic array: count and elements.
func listOf(n int, elements string) string { return num(32) + num(uint64(n)) + elements }

// rising writes n offsets, each size bytes after the one before.
func rising(n, size int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(num(uint64(n*32 + i*size)))
	}
	return b.String()
}

// fullWords is how many words fit behind a selector and the two words of an array.
const fullWords = (calldata.MaxBytes-4)/32 - 2

func TestLargeCallsKeepTheBudget(t *testing.T) {
	for _, tt := range []struct {
		name, signature, body string
		code                  calldata.Code
	}{
		{"alias bomb n=64", "f(uint256[][][])", aliasBomb(64), calldata.NonCanonicalOffset},
		{"alias bomb n=128", "f(uint256[][][])", aliasBomb(128), calldata.NonCanonicalOffset},
		{"alias bomb n=256 (24.7 KB)", "f(uint256[][][])", aliasBomb(256), calldata.NonCanonicalOffset},
		{"alias bomb that fills the transaction", "f(uint256[][][])", aliasBomb(1300), calldata.NonCanonicalOffset},
		{"every element is the head", "f(bytes[])", listOf(fullWords, words(fullWords, num(0))), calldata.NonCanonicalOffset},
		{"nested arrays all at offset 0", "f(bool[][][][][][])", words(fullWords, num(0)), calldata.NonCanonicalOffset},
		{"all ones", "f(bytes[][])", words(fullWords, ones), calldata.Truncated},
		{"full of numbers", "f(uint256[])", listOf(fullWords, words(fullWords, ones)), ok},
		{"full of numbers, one byte dirty at the end", "f(uint8[])", listOf(fullWords, words(fullWords-1, num(1))+num(256)), calldata.OutOfRange},
		{"full of empty bytes", "f(bytes[])", listOf(fullWords/2, rising(fullWords/2, 32)+words(fullWords/2, num(0))), ok},
		{"full of empty lists of lists", "f(bool[][])", listOf(fullWords/2, rising(fullWords/2, 32)+words(fullWords/2, num(0))), ok},
		{"full of pairs", "f((uint256,uint256)[])", listOf(fullWords/2, words(fullWords/2*2, num(7))), ok},
		{"full of wrapped numbers", "f(((uint256))[])", listOf(fullWords, words(fullWords, num(7))), calldata.TooLarge},
		{"full of deeply wrapped numbers", "f(((((((((bool))))))))[])", listOf(fullWords, words(fullWords, num(1))), calldata.TooLarge},
		{"one long text", "f(string)", num(32) + num(32*fullWords) + words(fullWords, text("countersign, countersign, counte")), ok},
		{"one long zero", "f(bytes)", num(32) + num(32*fullWords) + words(fullWords, num(0)), ok},
		{"a length that the body nearly has", "f(uint256[])", listOf(fullWords+1, words(fullWords, num(1))), calldata.Truncated},
		{"a type larger than the transaction", "f(bytes[65536][65536])", words(fullWords, num(32)), calldata.Truncated},
		{"trailing zeros", "f(bool)", num(1) + words(fullWords, num(0)), calldata.TrailingBytes},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, data := call(t, tt.signature, tt.body)
			if len(data) > calldata.MaxBytes {
				t.Fatalf("the test's call data has %d bytes", len(data))
			}
			_, err := a.Decode(data)
			if tt.code == ok && err != nil || tt.code != ok && refusal(t, err).Code != tt.code {
				t.Errorf("Decode: %v, want code %q", err, tt.code)
			}
			used := allocated(func() { _, _ = a.Decode(data) })
			// A value is 16 bytes and takes at least a word, wrapped ones up to MaxElements.
			if most := 4*uint64(len(data)) + 64*calldata.MaxElements; used > most {
				t.Errorf("decoding %d bytes allocated %d, want at most %d", len(data), used, most)
			}
		})
	}
}

// allocated is how many bytes do allocates, as a mean of several runs.
func allocated(do func()) uint64 {
	const runs = 4
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		do()
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / runs
}

func TestDecodeAllocatesPerListNotPerValue(t *testing.T) {
	small, data := call(t, "f(uint256[])", listOf(10, words(10, num(1))))
	few := testing.AllocsPerRun(20, func() { _, _ = small.Decode(data) })
	large, data := call(t, "f(uint256[])", listOf(fullWords, words(fullWords, num(1))))
	many := testing.AllocsPerRun(20, func() { _, _ = large.Decode(data) })
	if many > few {
		t.Errorf("%d values take %.0f allocations, 10 take %.0f", fullWords, many, few)
	}
}

func TestMaxBytes(t *testing.T) {
	a := calldata.MustABI("f(bytes)")
	sel := a.Functions()[0].Selector
	for size, want := range map[int]calldata.Code{
		calldata.MaxBytes:     calldata.NonCanonicalOffset,
		calldata.MaxBytes + 1: calldata.TooLarge,
		64 << 20:              calldata.TooLarge,
	} {
		data := append(slices.Clone(sel[:]), make([]byte, size-4)...)
		_, err := a.Decode(data)
		if got := refusal(t, err); got.Code != want {
			t.Errorf("%d bytes: %v, want %s", size, got, want)
		}
	}
}

// Exactly MaxElements values are read, whatever they are.
func TestMaxElements(t *testing.T) {
	for n, want := range map[int]bool{3333: true, 3334: false} { // 3n+1 values
		a, data := call(t, "f(((bool))[])", listOf(n, words(n, num(1))))
		if _, err := a.Decode(data); (err == nil) != want {
			t.Errorf("%d values: %v, want ok %t", 3*n+1, err, want)
		}
	}
}

func TestDecodeLeavesTheCallDataAlone(t *testing.T) {
	a, data := call(t, "f(bytes a,bytes4 b,string c)", num(96), text("abcd"), num(160), num(3), text("xyz"), num(2), text("hi"))
	before := bytes.Clone(data)
	c, err := a.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range c.Args() { // a view must not let its user write past it
		b, _ := v.Bytes()
		_ = append(b, "overwritten"...)
	}
	if !bytes.Equal(data, before) {
		t.Errorf("call data became %x, was %x", data, before)
	}
}
