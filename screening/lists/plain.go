package lists

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"countersign/screening"
	"countersign/strictjson"
)

// A tail remembers the last byte, by which a file that was cut off is told from a whole
// one: half a base58 address is often one too.
type tail struct {
	io.Reader
	last byte
}

func (t *tail) Read(b []byte) (int, error) {
	n, err := t.Reader.Read(b)
	if n > 0 {
		t.last = b[n-1]
	}
	return n, err
}

func (t *tail) whole() error {
	if t.last != '\n' {
		return refuse("the last line has no end: the file may be cut off")
	}
	return nil
}

func plainText(r io.Reader) (entries []Entry, err error) {
	end := &tail{Reader: r}
	lines := bufio.NewScanner(end)
	lines.Buffer(nil, longestLine)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if at := strings.Index(" "+strings.ReplaceAll(line, "\t", " "), " #"); at >= 0 {
			line = strings.TrimSpace(line[:at])
		}
		if line == "" {
			continue
		}
		address, label := line, ""
		if at := strings.IndexAny(line, " \t"); at >= 0 {
			address, label = line[:at], strings.TrimSpace(line[at:])
		}
		if entries, err = plain(entries, "line "+strconv.Itoa(n), address, label); err != nil {
			return nil, err
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return entries, end.whole()
}

// plain adds an entry, if its address can be read.
func plain(entries []Entry, id, address, label string) ([]Entry, error) {
	if _, err := screening.Canonical(address); err != nil {
		return nil, refuse("%s: %v", id, err)
	}
	return append(entries, Entry{Address: address, ID: id, Detail: label}), nil
}

func jsonArray(r io.Reader) (entries []Entry, err error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	list, err := strictjson.Read(text)
	if err != nil {
		return nil, refuse("%v", err)
	}
	if !list.Is('[') {
		return nil, refuse("it is no JSON array")
	}
	for i, v := range list.Parts() {
		id := "item " + strconv.Itoa(i+1)
		if !v.Is('"') {
			return nil, refuse("%s is no text", id)
		}
		if entries, err = plain(entries, id, v.Text(), ""); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

func plainCSV(r io.Reader, l Layout) (entries []Entry, err error) {
	end := &tail{Reader: r}
	records := csv.NewReader(end) // strict: every record has as many fields as the first
	var column, label int
	for n := 1; ; n++ {
		record, err := records.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return entries, end.whole()
		case errors.As(err, &broken):
			return nil, refuse("CSV: %v", err)
		case err != nil:
			return nil, err
		}
		if n == 1 {
			record[0] = strings.TrimPrefix(record[0], "\ufeff")
			column, label = slices.Index(record, l.Column), slices.Index(record, l.LabelColumn)
			if column < 0 || label < 0 && l.LabelColumn != "" || slices.Contains(record[column+1:], l.Column) {
				return nil, refuse("CSV: the first line has no column %.40q and %.40q, or has it twice", l.Column, l.LabelColumn)
			}
			continue
		}
		text := ""
		if label >= 0 && l.LabelColumn != "" {
			text = record[label]
		}
		if entries, err = plain(entries, "record "+strconv.Itoa(n), strings.TrimSpace(record[column]), text); err != nil {
			return nil, err
		}
	}
}
