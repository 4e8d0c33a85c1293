package csvfile_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"countersign"
	"countersign/audit"
	"countersign/audit/csvfile"
)

// FuzzNoCellIsAFormula puts any text into every field that comes from outside, writes
// the row, and reads it with encoding/csv and with a parser of our own.
func FuzzNoCellIsAFormula(f *testing.F) {
	for _, s := range []string{"=1", "\r=1", "\n=1", "\t@x", "\x00-1", "＝1", " =1", "a;=1", "\ufeff=1", "\"=1", "\"\",=1", "\\=", "\r\r\n=1", "\u00a0\u2003=1", "\xc0=1", "a\r\n=1", `\.`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		in := audit.Intent{
			ApprovalID: s, InitiatorID: s, Policies: []string{s}, Request: countersign.Activity{WalletID: s, Network: s, Transfer: &countersign.Transfer{Kind: s, Asset: s, To: s}},
			Decoded: &audit.Decoded{Function: s, Args: map[string]any{s: s}}, Words: []string{s, s}, Contracts: []string{s},
			Decision: countersign.Decision{Verdict: countersign.Verdict(s), Code: countersign.ReasonCode(s), Reason: s},
		}
		body, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		e := audit.Entry{LeafHash: s, Record: audit.Record{ID: s, Type: audit.DecisionIntent, Key: s, Lineage: s, Issuer: s, Subject: s, At: morning, Body: body}}
		file := written(t, e)
		cells, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
		if err != nil {
			t.Fatalf("encoding/csv: %v\n%q", err, file)
		}
		own, err := parse(file)
		if err != nil || !reflect.DeepEqual(own, cells) {
			t.Fatalf("two readers differ: %v\n%q\n%q", err, own, cells)
		}
		if len(cells) != 2 || len(cells[1]) != len(csvfile.Columns()) {
			t.Fatalf("%d rows, want the header and one", len(cells))
		}
		for i, cell := range cells[1] {
			if begins(cell) {
				t.Errorf("%s begins as a formula: %q of %q", cells[0][i], cell, s)
			}
			for _, part := range strings.Split(cell, ";") {
				if begins(part) {
					t.Errorf("%s begins as a formula after a semicolon: %q of %q", cells[0][i], cell, s)
				}
			}
		}
		// What a spreadsheet sees is another thing than what was signed, and that is there.
		var again audit.Intent
		if err := e.Decode(&again); err != nil || again.Decision.Reason != strings.ToValidUTF8(s, "\ufffd") && utf8.ValidString(s) {
			t.Errorf("the JSON tells %q, want %q: %v", again.Decision.Reason, s, err)
		}
	})
}

// begins is written without looking at the code under test: a cell that a spreadsheet
// might run, or that hides how it begins.
func begins(cell string) bool {
	trimmed := strings.TrimLeftFunc(cell, unicode.IsSpace)
	for _, t := range []string{"=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\u2212"} {
		if strings.HasPrefix(trimmed, t) {
			return true
		}
	}
	return strings.ContainsFunc(cell, func(r rune) bool { return r < 0x20 || r == 0x7f || r == 0xfeff || r == 0x200b }) || !utf8.ValidString(cell)
}

// parse reads RFC 4180 strictly: CRLF ends each record, a quote opens a field at its
// start only, and two quotes within are one.
func parse(file []byte) (rows [][]string, err error) {
	s := string(file)
	for len(s) > 0 {
		var row []string
		for {
			var field string
			if strings.HasPrefix(s, `"`) {
				field, s, err = quoted(s[1:])
				if err != nil {
					return nil, err
				}
			} else {
				end := strings.IndexAny(s, ",\r\n\"")
				if end < 0 {
					return nil, errors.New("the last record does not end")
				}
				field, s = s[:end], s[end:]
			}
			row = append(row, field)
			if rest, ok := strings.CutPrefix(s, ","); ok {
				s = rest
				continue
			}
			rest, ok := strings.CutPrefix(s, "\r\n")
			if !ok {
				return nil, fmt.Errorf("neither comma nor CRLF after a field: %.20q", s)
			}
			s = rest
			break
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func quoted(s string) (field, rest string, err error) {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			return "", "", errors.New("a quoted field does not end")
		}
		b.WriteString(s[:i])
		if !strings.HasPrefix(s[i+1:], `"`) {
			return b.String(), s[i+1:], nil
		}
		b.WriteByte('"')
		s = s[i+2:]
	}
}
