package export

import (
	"hash"
	"io"
)

// A summed writer counts and hashes what goes through it.
type summed struct {
	to   io.Writer
	hash hash.Hash
	size int64
}

// Write writes, counts and hashes.
func (s *summed) Write(b []byte) (int, error) {
	n, err := s.to.Write(b)
	s.hash.Write(b[:n])
	s.size += int64(n)
	return n, err
}
