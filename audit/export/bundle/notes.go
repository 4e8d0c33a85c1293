package bundle

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// MaxNote is the longest checkpoint that is read, in bytes: one with many signatures.
const MaxNote = 64 << 10

// AppendNote writes a checkpoint as it stands in the file of all of them: its length in
// bytes in decimal, a line feed, and the note.
func AppendNote(data, note []byte) []byte {
	data = strconv.AppendInt(data, int64(len(note)), 10)
	return append(append(data, '\n'), note...)
}

// NextNote reads one of a file of checkpoints; at its end it is io.EOF. What is no such
// file is [ErrExport].
func NextNote(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if err == io.EOF && len(line) == 0 {
		return nil, io.EOF
	}
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		return nil, err
	}
	text := strings.TrimSuffix(string(line[:min(len(line), 20)]), "\n")
	n, bad := strconv.Atoi(text)
	if err != nil || bad != nil || n < 1 || n > MaxNote || strconv.Itoa(n) != text {
		return nil, fmt.Errorf("%w: the length of a checkpoint is %.20q, want 1 to %d in decimal", ErrExport, text, MaxNote)
	}
	note := make([]byte, n)
	switch _, err := io.ReadFull(in, note); err {
	case nil:
		return note, nil
	case io.EOF, io.ErrUnexpectedEOF:
		return nil, fmt.Errorf("%w: it ends within a checkpoint of %d bytes", ErrExport, n)
	default:
		return nil, err
	}
}
