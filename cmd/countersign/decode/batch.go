package decode

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds one request, so that an endless line costs no more than this.
const maxLine = 4 << 20

// Batch reads requests, one JSON object per line, and writes one answer per line, in
// order. A request that cannot be read is answered with a refusal and does not stop
// the others. Blank lines are passed over. Each answer is written when its request
// was read, so that Batch can stand behind a pipe.
func Batch(in io.Reader, out io.Writer) error {
	r, w := bufio.NewReaderSize(in, maxLine), bufio.NewWriter(out)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for n := 1; ; n++ {
		line, err := r.ReadSlice('\n')
		last := errors.Is(err, io.EOF)
		var answer Answer
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if last, err = skipLine(r); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
			answer = refusedRequest("", InvalidRequest, fmt.Errorf("line %d is longer than %d bytes", n, maxLine))
		case err != nil && !last:
			return fmt.Errorf("line %d: %w", n, err)
		case len(bytes.TrimSpace(line)) == 0:
			if last {
				return w.Flush()
			}
			continue
		default:
			answer = Line(line)
		}
		if err := enc.Encode(answer); err != nil {
			return fmt.Errorf("answer %d: %w", n, err)
		}
		if r.Buffered() == 0 || last {
			if err := w.Flush(); err != nil {
				return fmt.Errorf("answer %d: %w", n, err)
			}
		}
		if last {
			return nil
		}
	}
}

// skipLine reads to the end of a line that is too long.
func skipLine(r *bufio.Reader) (last bool, err error) {
	for {
		switch _, err := r.ReadSlice('\n'); {
		case err == nil:
			return false, nil
		case errors.Is(err, io.EOF):
			return true, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return false, err
		}
	}
}
