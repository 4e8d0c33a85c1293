package lists

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// A Format is how a list is written. The texts are wire format.
type Format string

// The formats.
const (
	// OFACCSV is OFAC's sdn.csv followed by its sdn_comments.csv, both of one date. The
	// consolidated list has the same form: cons_prim.csv and cons_comments.csv.
	OFACCSV Format = "ofac_csv"
	// OFACXML is OFAC's SDN_ADVANCED.XML, of about 80 MB.
	OFACXML Format = "ofac_xml"
	// Text has one address per line, then an optional label. # begins a comment at the
	// start of a line and after a space.
	Text Format = "text"
	// JSON is one array of addresses as text.
	JSON Format = "json"
	// CSV has a first line of column names (RFC 4180); [Layout] says which column holds
	// the addresses.
	CSV Format = "csv"
)

// Parts is how many files a list of this format has; 0 for an unknown format.
func (f Format) Parts() int {
	switch f {
	case OFACCSV:
		return 2
	case OFACXML, Text, JSON, CSV:
		return 1
	}
	return 0
}

// A Layout is what a format leaves open.
type Layout struct {
	// Column is the name of the column of addresses, for [CSV]. Required there.
	Column string
	// LabelColumn is the name of a column whose text goes into findings, for [CSV].
	LabelColumn string
}

// An Entry is one address of a list.
type Entry struct {
	// Address is the address as it is written.
	Address string
	// ID is the list's own name for whom the address belongs to; for plain lists it is
	// the line or the place in the array, from 1.
	ID string
	// Detail says for people who that is.
	Detail string
}

// Contents is what a list says.
type Contents struct {
	// Issued is the date that the list itself gives; zero when it gives none.
	Issued  time.Time
	Entries []Entry
}

// ErrList means that a list cannot be used as it was read. The list from before stays.
var ErrList = errors.New("list refused")

// Parse reads a list, to the end of all its parts. Any error wraps [ErrList] or is that
// of a reader; there are no contents beside one. An address in an OFAC list may have a
// form that screening does not know; in plain lists that is an error, because there it
// is somebody's slip.
func Parse(f Format, l Layout, parts ...io.Reader) (Contents, error) {
	if len(parts) != f.Parts() || len(parts) == 0 {
		return Contents{}, fmt.Errorf("%w: format %.40q of %d parts: want ofac_csv of 2, or ofac_xml, text, json or csv of 1", ErrList, f, len(parts))
	}
	var c Contents
	var err error
	switch f {
	case OFACCSV:
		c.Entries, err = ofacCSV(parts[0], parts[1])
	case OFACXML:
		c, err = ofacXML(parts[0])
	case Text:
		c.Entries, err = plainText(parts[0])
	case JSON:
		c.Entries, err = jsonArray(parts[0])
	case CSV:
		c.Entries, err = plainCSV(parts[0], l)
	}
	if err == nil && len(c.Entries) == 0 {
		err = refuse("it has no addresses")
	}
	if err != nil {
		return Contents{}, err
	}
	return c, nil
}

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrList, fmt.Sprintf(format, args...))
}
