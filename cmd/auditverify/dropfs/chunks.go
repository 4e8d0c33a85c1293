package dropfs

import (
	"io"
	"sync"
)

// The size of a chunk, and how many are kept.
const (
	chunkSize  = 1 << 20
	keptChunks = 8
)

// Chunked reads from r in large pieces and keeps the last ones: asking a page for bytes
// costs the same however few they are.
func Chunked(r io.ReaderAt, size int64) io.ReaderAt { return &chunked{from: r, size: size} }

type chunked struct {
	mu   sync.Mutex
	from io.ReaderAt
	size int64
	kept []chunk // the last used at the end
}

type chunk struct {
	n    int64
	data []byte
}

// ReadAt reads from the chunks.
func (c *chunked) ReadAt(p []byte, at int64) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for n < len(p) {
		if at+int64(n) >= c.size {
			return n, io.EOF
		}
		data, err := c.chunk((at + int64(n)) / chunkSize)
		if err != nil {
			return n, err
		}
		n += copy(p[n:], data[(at+int64(n))%chunkSize:])
	}
	return n, nil
}

func (c *chunked) chunk(n int64) ([]byte, error) {
	for i, k := range c.kept {
		if k.n == n {
			c.kept = append(append(c.kept[:i:i], c.kept[i+1:]...), k)
			return k.data, nil
		}
	}
	data := make([]byte, min(chunkSize, c.size-n*chunkSize))
	if got, err := c.from.ReadAt(data, n*chunkSize); got < len(data) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	if len(c.kept) == keptChunks {
		c.kept = c.kept[1:]
	}
	c.kept = append(c.kept, chunk{n, data})
	return data, nil
}
