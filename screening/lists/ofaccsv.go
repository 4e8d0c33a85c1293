package lists

import (
	"bufio"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The form of OFAC's files (treasury.gov dat_spec.txt, and as measured): no header, one
// record per line, text in quotes, nothing as -0- without quotes, perhaps a control-Z
// in the last line. Remarks are cut at 1000 characters, in the middle of a word; the rest
// is in the comments file under the same number, and the two make the text when they are
// put together with nothing between.
const (
	sdnFields     = 12
	commentFields = 2
	remarksCut    = 1000
	longestLine   = 1 << 20
)

// An sdn is one record of sdn.csv.
type sdn struct {
	id, name, program, remarks string
}

// ofacCSV joins the two files, then looks for addresses: most of them stand in the
// comments file, and some are cut in two.
func ofacCSV(main, comments io.Reader) ([]Entry, error) {
	var records []*sdn
	byID := map[string]*sdn{}
	err := eachRecord(main, "sdn.csv", sdnFields, func(f []string) error {
		s := &sdn{f[0], f[1], f[3], f[11]}
		if byID[s.id] != nil {
			return refuse("sdn.csv: entry %s stands twice", s.id)
		}
		byID[s.id], records = s, append(records, s)
		return nil
	})
	if err != nil {
		return nil, err
	}
	continued := map[string]bool{}
	err = eachRecord(comments, "sdn_comments.csv", commentFields, func(f []string) error {
		s := byID[f[0]]
		if s == nil || !continued[s.id] && utf8.RuneCountInString(s.remarks) < remarksCut*9/10 {
			return refuse("sdn_comments.csv continues entry %s, of which sdn.csv has no long remarks: get both files anew, of one date", f[0])
		}
		continued[s.id] = true
		s.remarks += f[1]
		return nil
	})
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for _, s := range records {
		if !continued[s.id] && utf8.RuneCountInString(s.remarks) >= remarksCut && !strings.HasSuffix(s.remarks, ".") {
			return nil, refuse("sdn.csv: the remarks of entry %s are cut, and sdn_comments.csv does not have the rest: get both files anew, of one date", s.id)
		}
		found, err := s.addresses()
		if err != nil {
			return nil, err
		}
		entries = append(entries, found...)
	}
	return entries, nil
}

var (
	currency = regexp.MustCompile(`(?i)digital\s+currency\s+address`)
	wallet   = regexp.MustCompile(`(?i)digital\s+currency\s+address\s*-\s*([a-z0-9]{1,12})\s+([^\s;]+)`)
)

// addresses finds items such as "alt. Digital Currency Address - XBT 1abc;", whatever
// the ticker. Each time the words stand there, an address must follow.
func (s *sdn) addresses() (found []Entry, err error) {
	matches := wallet.FindAllStringSubmatch(s.remarks, -1)
	if len(matches) != len(currency.FindAllStringIndex(s.remarks, -1)) {
		return nil, refuse("entry %s names a digital currency address that cannot be made out", s.id)
	}
	for _, m := range matches {
		address := strings.TrimRight(m[2], ".,") // the remarks end in a full stop
		if address == "" {
			return nil, refuse("entry %s names an empty digital currency address", s.id)
		}
		found = append(found, Entry{Address: address, ID: s.id, Detail: s.name + " (" + s.program + "), Digital Currency Address - " + m[1]})
	}
	return found, nil
}

// eachRecord reads records of so many fields, the first of which is a number.
func eachRecord(r io.Reader, file string, fields int, do func([]string) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	n := 0
	for lines.Scan() {
		n++
		line := strings.TrimSuffix(lines.Text(), "\r")
		if line == "" || line == "\x1a" {
			continue
		}
		record, ok := splitRecord(line)
		if !ok || len(record) != fields || strings.Trim(record[0], "0123456789") != "" || record[0] == "" {
			return refuse("%s: line %d is no record of %d fields: the file is damaged or cut off", file, n, fields)
		}
		if err := do(record); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return nil
}

// splitRecord parts one line into fields. A quote inside a quoted field may be doubled
// or not; it ends the field before a comma and at the end of the line. What is not
// quoted is a number or -0-, so that a line that was cut off is told from a whole one.
func splitRecord(line string) (fields []string, ok bool) {
	for {
		rest, quoted := strings.CutPrefix(line, `"`)
		if !quoted {
			field, after, more := strings.Cut(line, ",")
			field = strings.TrimSpace(field)
			switch {
			case field == "-0-":
				field = ""
			case field == "" || strings.Trim(field, "0123456789") != "":
				return nil, false
			}
			fields = append(fields, field)
			if !more {
				return fields, true
			}
			line = after
			continue
		}
		end := strings.Index(rest, `",`)
		if end < 0 {
			field, closed := strings.CutSuffix(rest, `"`)
			return append(fields, strings.ReplaceAll(field, `""`, `"`)), closed
		}
		fields = append(fields, strings.ReplaceAll(rest[:end], `""`, `"`))
		line = rest[end+2:]
	}
}
