package calldata

// A Space is memory for the values of several calls, so that reading many small
// ones allocates few times. The zero Space is ready for use. It grows with what is
// read and is freed with the calls in it.
type Space struct{ all, free []node }

// Reset takes back the memory of all calls that were read into the space: their
// values must not be used any more.
func (s *Space) Reset() { s.free = s.all[:0] }

// DecodeIn is [Function.DecodeInto] with memory from a space. The call in c is
// given new memory; that of an earlier one stays as it is.
func (f *Function) DecodeIn(s *Space, c *Call, data []byte) error {
	if n := f.size(len(data)); n > cap(s.free) {
		s.all = make([]node, 0, max(n, 2*cap(s.all), spaceSize))
		s.free = s.all
	}
	c.nodes = s.free[:0]
	var err error
	if len(f.words) > 0 {
		err = f.decodeWords(c, data)
	} else {
		err = f.DecodeInto(c, data)
	}
	if end := len(c.nodes); end < cap(c.nodes) {
		s.free = c.nodes[end:end]
	} else {
		s.free = nil
	}
	c.nodes = c.nodes[:len(c.nodes):len(c.nodes)]
	return err
}

// spaceSize is how many values a space makes room for at a time.
const spaceSize = 128
