package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A table has its columns' names as its first row.
type table struct {
	rows  [][]string
	right []bool
}

// gap is between two columns.
const gap = "  "

// begin names the columns; one that ends in > is of numbers, and set to the right.
func begin(names ...string) (t table) {
	for i, name := range names {
		t.right = append(t.right, strings.HasSuffix(name, ">"))
		names[i] = strings.ToUpper(strings.TrimSuffix(name, ">"))
	}
	t.add(names...)
	return t
}

// add adds a row. What a terminal would obey instead of show is shown as a question mark:
// some of it is in the words of contracts.
func (t *table) add(cells ...string) {
	for i, c := range cells {
		cells[i] = strings.Map(func(r rune) rune {
			if unicode.IsPrint(r) {
				return r
			}
			return '?'
		}, c)
	}
	t.rows = append(t.rows, cells)
}

// String sets all columns as wide as their widest cell.
func (t table) String() string {
	widths := make([]int, len(t.right))
	for _, row := range t.rows {
		for i, c := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	var b, line strings.Builder
	for _, row := range t.rows {
		line.Reset()
		for i, c := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
			if t.right[i] {
				line.WriteString(pad + c + gap)
			} else {
				line.WriteString(c + pad + gap)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}
