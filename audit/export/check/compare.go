package check

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strconv"
)

// The most of a line that is read, and the most faults that one view is looked at for.
const (
	maxLine      = 1 << 20
	maxDifferent = 100
)

// A comparison reads a view that a stranger has written beside the same made anew.
type comparison struct {
	name      string
	report    *Report
	file      fs.File
	in        *bufio.Reader
	lines     bool // it has differed: line by line from here on
	different int
	done      bool  // it is looked at no more
	err       error // of reading
	line      []byte
	held      bool // the line was read and not used
}

func (o *Opened) compare(r *Report, name string) (*comparison, error) {
	c := &comparison{name: name, report: r}
	f, err := o.fsys.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		r.fault(r.From, FileMissing, "%s is not there", name)
		c.done = true
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	c.file, c.in = f, bufio.NewReaderSize(f, 256<<10)
	return c, nil
}

func (c *comparison) close() {
	if c.file != nil {
		_ = c.file.Close() // it was only read
	}
}

// match compares the next lines, those of the records from an index on.
func (c *comparison) match(want []byte, index int64) {
	if c.done || len(want) == 0 {
		return
	}
	if !c.lines {
		got := make([]byte, len(want))
		n, err := io.ReadFull(c.in, got)
		if err == nil && bytes.Equal(got, want) {
			return
		}
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			c.err, c.done = err, true
			return
		}
		c.lines = true
		c.in = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(got[:n]), c.in), 256<<10)
	}
	for line := range bytes.Lines(want) {
		if c.done {
			return
		}
		c.matchLine(line, index)
		index++
	}
}

// matchLine compares one line. The CSV begins each with its index, so that a line too
// many or too few does not hide what follows.
func (c *comparison) matchLine(want []byte, index int64) {
	for !c.done {
		got, ok := c.next()
		if !ok {
			if c.err == nil {
				c.differs(index, "it ends before the record")
				c.done = true
			}
			return
		}
		if bytes.Equal(got, want) {
			return
		}
		at, numbered := indexOf(got)
		switch {
		case numbered && at > index:
			c.held = true
			c.differs(index, "the record has no line")
			return
		case numbered && at < index:
			c.differs(index, "before the record is a line too many")
		default:
			c.differs(index, "the line of the record is not what the record says")
			return
		}
	}
}

func (c *comparison) differs(index int64, what string) {
	if c.different++; c.different == maxDifferent {
		what += "; there are more, and the rest is not looked at"
		c.done = true
	}
	c.report.fault(index, ViewDiffers, "%s: %s", c.name, what)
}

// end wants nothing to follow the last record.
func (c *comparison) end(to int64) {
	if c.done {
		return
	}
	if _, ok := c.next(); ok {
		c.differs(to, "lines follow that of the last record")
	}
}

// next is the next line, with its end; of one that is too long, the beginning.
func (c *comparison) next() ([]byte, bool) {
	if c.held {
		c.held = false
		return c.line, true
	}
	c.line = c.line[:0]
	for {
		part, err := c.in.ReadSlice('\n')
		if len(c.line) < maxLine {
			c.line = append(c.line, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
		case err == io.EOF:
			return c.line, len(c.line) > 0
		case err != nil:
			c.err, c.done = err, true
			return nil, false
		default:
			return c.line, true
		}
	}
}

// indexOf is the number that a line of CSV begins with.
func indexOf(line []byte) (int64, bool) {
	head, _, ok := bytes.Cut(line, []byte(","))
	if !ok || len(head) > 19 {
		return 0, false
	}
	at, err := strconv.ParseInt(string(head), 10, 64)
	return at, err == nil && at >= 0
}
