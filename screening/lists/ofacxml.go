package lists

import (
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"time"
)

// Bounds on what is read of an XML list: neither nesting nor one piece of text may be
// what decides about our memory. OFAC's file nests about 12 deep.
const (
	deepest     = 40
	longestText = 1 << 20
)

// ofacXML reads the Advanced Sanctions Data Model: DateOfIssue; FeatureTypeValues, which
// give a number to the text "Digital Currency Address - XBT"; and DistinctParties, whose
// features name their type by that number and hold the address in VersionDetail. The
// numbers are OFAC's to change, so they are looked up. The file is read piece by piece.
func ofacXML(r io.Reader) (Contents, error) {
	guard := &pieces{from: r}
	d := xml.NewDecoder(bufio.NewReaderSize(guard, 4096))
	x := advanced{types: map[string]string{}}
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		switch {
		case guard.err != nil:
			return Contents{}, guard.err
		case err != nil:
			return Contents{}, refuse("XML: %v", err)
		}
		guard.since = 0
		switch t := token.(type) {
		case xml.Directive:
			return Contents{}, refuse("XML: it has a DOCTYPE, and with that could mean anything")
		case xml.StartElement:
			err = x.start(t)
		case xml.EndElement:
			err = x.end(t)
		case xml.CharData:
			err = x.chars(string(t))
		}
		if err != nil {
			return Contents{}, err
		}
	}
	switch {
	case len(x.path) > 0:
		return Contents{}, refuse("XML: it ends inside %s: the file is cut off", x.path[len(x.path)-1])
	case !x.done:
		return Contents{}, refuse("XML: it holds no list")
	}
	return Contents{Issued: x.issued(), Entries: x.entries}, nil
}

// pieces fails when more is read than one piece of XML may have.
type pieces struct {
	from  io.Reader
	since int   // bytes since the last piece was done
	err   error // of from, or ours
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.since > longestText {
		p.err = refuse("XML: a tag or text of more than %d bytes", longestText)
		return 0, p.err
	}
	n, err := p.from.Read(b)
	p.since += n
	if err != nil && !errors.Is(err, io.EOF) {
		p.err = err
	}
	return n, err
}

// advanced is the state of the reading.
type advanced struct {
	path             []string // open elements, by local name
	done             bool     // the root was closed
	year, month, day string
	types            map[string]string // feature type's number → "Digital Currency Address - XBT"
	parties          bool              // DistinctParties was reached

	typeID, typeText string
	inParty          bool
	party            string // its number
	name             []string
	primary, named   bool // the name is the primary one; it is complete
	inFeature        bool
	feature          string // text of its type, when that is a digital currency address
	found            int    // addresses in it
	detail           string
	pending, entries []Entry // of the open party, and of all
}

const words = "digital currency address"

// longestValue bounds what is put together from several pieces.
const longestValue = 4096

func (x *advanced) start(t xml.StartElement) error {
	name := t.Name.Local
	switch {
	case len(x.path) == 0 && (x.done || name != "Sanctions"):
		return refuse("XML: the root is %.40q, want one Sanctions", name)
	case len(x.path) >= deepest:
		return refuse("XML: nested more than %d deep", deepest)
	}
	x.path = append(x.path, t.Name.Space+":"+name)
	switch name {
	case "FeatureType":
		x.typeID, x.typeText = attribute(t, "ID"), ""
	case "DistinctParties":
		if x.parties = true; len(x.types) == 0 {
			return refuse("XML: no feature type is a digital currency address")
		}
	case "DistinctParty":
		if x.inParty || !x.parties {
			return refuse("XML: a DistinctParty inside another, or outside of DistinctParties")
		}
		x.inParty, x.party, x.pending = true, attribute(t, "FixedRef"), nil
		x.name, x.primary, x.named = nil, false, false
	case "Feature":
		if x.inFeature || !x.inParty {
			return refuse("XML: a Feature inside another, or outside of a DistinctParty")
		}
		x.inFeature, x.feature, x.found = true, x.types[attribute(t, "FeatureTypeID")], 0
	case "VersionDetail":
		x.detail = ""
	case "Alias":
		if attribute(t, "Primary") == "true" && !x.primary {
			x.name, x.primary, x.named = nil, true, false
		}
	case "NamePartValue":
		if !x.named {
			x.name = append(x.name, "")
		}
	}
	return nil
}

func (x *advanced) chars(text string) error {
	if len(x.path) == 0 {
		if strings.Trim(text, "\ufeff \t\r\n") != "" {
			return refuse("XML: text outside of the root")
		}
		return nil
	}
	part := x.part()
	if part == nil {
		return nil
	}
	if *part += text; len(*part) > longestValue {
		return refuse("XML: a value of more than %d bytes", longestValue)
	}
	return nil
}

// part is where the text of the open element belongs; nil when nobody asks for it.
func (x *advanced) part() *string {
	_, inside, _ := strings.Cut(x.path[len(x.path)-1], ":")
	switch {
	case len(x.path) == 3 && strings.HasSuffix(x.path[1], ":DateOfIssue"): // other dates have the same parts
		return map[string]*string{"Year": &x.year, "Month": &x.month, "Day": &x.day}[inside]
	case inside == "FeatureType":
		return &x.typeText
	case inside == "NamePartValue" && !x.named && len(x.name) > 0:
		return &x.name[len(x.name)-1]
	case inside == "VersionDetail" && x.feature != "":
		return &x.detail
	}
	return nil
}

func (x *advanced) end(t xml.EndElement) error {
	open := len(x.path) - 1
	if open < 0 || x.path[open] != t.Name.Space+":"+t.Name.Local {
		return refuse("XML: </%.40s> closes nothing", t.Name.Local)
	}
	x.path = x.path[:open]
	x.done = open == 0
	switch t.Name.Local {
	case "FeatureType":
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(x.typeText)), words) {
			if x.parties || x.typeID == "" {
				return refuse("XML: feature type %.40q has no number, or comes after the parties", x.typeText)
			}
			x.types[x.typeID] = strings.TrimSpace(x.typeText)
		}
	case "VersionDetail":
		if address := strings.TrimSpace(x.detail); x.feature != "" && address != "" {
			x.found++
			x.pending = append(x.pending, Entry{Address: address, ID: x.party, Detail: x.feature})
		}
	case "Feature":
		if x.feature != "" && x.found == 0 {
			return refuse("XML: entry %.20s has a digital currency address that is empty", x.party)
		}
		x.inFeature, x.feature = false, ""
	case "DocumentedName": // the next is the same name in another script
		x.named = x.named || len(x.name) > 0
	case "DistinctParty":
		for _, e := range x.pending {
			e.Detail = strings.Join(x.name, " ") + ", " + e.Detail
			x.entries = append(x.entries, e)
		}
		x.inParty, x.pending = false, nil
	}
	return nil
}

// issued is the date of issue; zero when it is none.
func (x *advanced) issued() time.Time {
	at, _ := time.Parse("2006-1-2", strings.Join(strings.Fields(x.year+" "+x.month+" "+x.day), "-"))
	return at
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
