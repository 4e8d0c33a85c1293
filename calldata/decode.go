package calldata

// The budget of one decode. A canonical call reads each byte once, so its cost
// is bounded by its size; these keep that size sane.
const (
	MaxBytes    = 128 << 10 // the largest transaction that a node's pool takes (EIP-4844 and geth txMaxSize)
	MaxElements = 10_000    // values of any kind in one call
)

// A Call is call data that was read in full. It is a view: it must not outlive a
// change of the bytes that it was read from.
type Call struct {
	Function *Function

	data  []byte // without the selector
	nodes []node // the arguments first, in order, then what is inside them
}

// A node is one value. It holds no pointer, so that the garbage collector has
// nothing to look for in a million of them.
type node struct {
	typ   uint32 // its type's place in Function.types, from 1; 0 for no value
	at, n uint32 // first byte and length of what it holds; n counts the elements of a composite
	first uint32 // the first of its elements among the nodes
}

// Decode reads the call in data, selector first. The error is a [*Refusal].
func (a *ABI) Decode(data []byte) (*Call, error) {
	var small struct { // most calls have few arguments: one allocation serves them
		Call
		own [3]node
	}
	small.nodes = small.own[:0]
	if err := a.DecodeInto(&small.Call, data); err != nil {
		return nil, err
	}
	return &small.Call, nil
}

// DecodeInto is [ABI.Decode] into a call that the caller owns, whose memory it
// uses again: the values of the call that was in c must not be used any more.
// With a call that is large enough it allocates nothing. After a refusal c is
// empty.
func (a *ABI) DecodeInto(c *Call, data []byte) error {
	c.Function = nil
	if len(data) < 4 {
		return refuse(NoSelector, 0, "%d bytes, want a selector of 4", len(data))
	}
	f := a.functions[Selector(data[:4])]
	if f == nil {
		if len(data) > MaxBytes {
			return tooLarge(data)
		}
		return refuse(UnknownSelector, 0, "selector %s is not in the pinned ABI", Selector(data[:4]))
	}
	return f.DecodeInto(c, data[4:])
}

// DecodeInto reads the arguments of f from data, which has no selector, as
// [ABI.DecodeInto] does. Offsets in a refusal count the four bytes of a selector
// before the data.
func (f *Function) DecodeInto(c *Call, data []byte) error {
	if len(f.words) > 0 {
		return f.decodeWords(c, data)
	}
	c.Function, c.data, c.nodes = nil, data, c.nodes[:0]
	if len(data)+4 > MaxBytes {
		return tooLarge(data)
	}
	d := decoder{data: data, nodes: c.nodes}
	end := 0
	if f.args != nil {
		var r *Refusal
		if n := f.estimate(len(data)); cap(d.nodes) < n {
			d.nodes = make([]node, 0, n)
		}
		first := d.reserve(len(f.args.Fields))
		end, r = d.fields(f.args, 0, first)
		c.nodes = d.nodes
		if r != nil {
			return within(r, f.Name)
		}
	}
	if end != len(data) {
		return within(refuse(TrailingBytes, end+4, "%d bytes follow the arguments", len(data)-end), f.Name)
	}
	c.Function = f
	return nil
}

// decodeWords is DecodeInto for the most common functions: every argument is one
// word.
func (f *Function) decodeWords(c *Call, data []byte) error {
	n := len(f.words)
	if n > cap(c.nodes) {
		c.nodes = make([]node, 0, max(n, 8)) // room for the next call too
	}
	c.Function, c.data, c.nodes = nil, data, c.nodes[:n]
	if n*word != len(data) {
		return f.wrongWords(data)
	}
	nodes := c.nodes
	for i, t := range f.words {
		if !t.holds((*[word]byte)(data[i*word:])) {
			return f.wrongWords(data) // says which
		}
		nodes[i] = node{typ: t.id, at: uint32(i * word), n: word}
	}
	c.Function = f
	return nil
}

// wrongWords refuses data that is not one word of the type for each argument, by the
// first thing that is wrong.
func (f *Function) wrongWords(data []byte) error {
	if len(data)+4 > MaxBytes {
		return tooLarge(data)
	}
	n := len(f.words)
	d := decoder{data: data, nodes: make([]node, n)}
	if r := d.need(0, n*word); r != nil {
		return within(r, f.Name)
	}
	for i, t := range f.words {
		if r := d.static(t, i*word, i); r != nil {
			return within(r.within("."+f.Inputs[i].label(i)), f.Name)
		}
	}
	return within(refuse(TrailingBytes, n*word+4, "%d bytes follow the arguments", len(data)-n*word), f.Name)
}

// size is [Function.estimate] for any function.
func (f *Function) size(bytes int) int {
	if f.args == nil || len(f.words) > 0 {
		return len(f.words)
	}
	return f.estimate(bytes)
}

// estimate is how many nodes a call of size bytes is likely to need.
func (f *Function) estimate(size int) int {
	if !f.args.dynamic {
		return len(f.args.Fields)
	}
	return len(f.args.Fields) + size/(3*word)
}

func tooLarge(data []byte) error {
	return refuse(TooLarge, 0, "%d bytes, at most %d", len(data), MaxBytes)
}
