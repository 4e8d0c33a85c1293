package lists_test

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/screening/lists"

	"pgregory.net/rapid"
)

// feature is one of a party, as in SDN_ADVANCED.XML.
func feature(typeID, address string) string {
	return fmt.Sprintf(`<Feature ID="1" FeatureTypeID=%q><FeatureVersion ID="1" ReliabilityID="1560"><Comment/><VersionDetail DetailTypeID="1432">%s</VersionDetail></FeatureVersion><IdentityReference IdentityID="1"/></Feature>`, typeID, address)
}

func party(id, features string) string {
	return fmt.Sprintf(`<DistinctParty FixedRef=%q><Comment/><Profile ID=%q PartySubTypeID="4"><Identity ID="1" Primary="true">
		<Alias FixedRef="1" AliasTypeID="1400" Primary="false"><DocumentedName><DocumentedNamePart><NamePartValue>ALSO KNOWN</NamePartValue></DocumentedNamePart></DocumentedName></Alias>
		<Alias FixedRef="1" AliasTypeID="1403" Primary="true"><DocumentedName><DocumentedNamePart><NamePartValue>LAZARUS</NamePartValue></DocumentedNamePart><DocumentedNamePart><NamePartValue>GROUP</NamePartValue></DocumentedNamePart></DocumentedName>
		<DocumentedName><DocumentedNamePart><NamePartValue>ЛАЗАРУС</NamePartValue></DocumentedNamePart></DocumentedName></Alias>
		</Identity>%s</Profile></DistinctParty>`, id, id, features)
}

const (
	opening = `<?xml version="1.0" standalone="yes"?><Sanctions xmlns="https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/ADVANCED_XML" Version="1">`
	issued  = `<DateOfIssue CalendarTypeID="1"><Year>2026</Year><Month>11</Month><Day>3</Day></DateOfIssue>`
	types   = `<ReferenceValueSets><FeatureTypeValues><FeatureType ID="8" FeatureTypeGroupID="1">Birthdate</FeatureType>
		<FeatureType ID="777" FeatureTypeGroupID="1">Digital Currency Address - XBT</FeatureType><FeatureType ID="778">Digital Currency Address - NEW</FeatureType></FeatureTypeValues></ReferenceValueSets>`
)

func document(parties string) string {
	return opening + issued + types + "<DistinctParties>" + parties + "</DistinctParties><SanctionsEntries/></Sanctions>\n"
}

var whole = document(party("27307", feature("8", "1984")+feature("777", " "+bitcoin+"\n")+feature("778", evm)) + party("36", ""))

func TestOFACXML(t *testing.T) {
	c, err := lists.Parse(lists.OFACXML, lists.Layout{}, strings.NewReader(whole))
	want := []lists.Entry{
		{Address: bitcoin, ID: "27307", Detail: "LAZARUS GROUP, Digital Currency Address - XBT"},
		{Address: evm, ID: "27307", Detail: "LAZARUS GROUP, Digital Currency Address - NEW"},
	}
	if err != nil || !slices.Equal(c.Entries, want) || !c.Issued.Equal(time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v, %v, want %+v", c, err, want)
	}
	for name, text := range map[string]string{
		"a comment inside an address":    strings.Replace(whole, bitcoin, bitcoin[:9]+"<!-- x -->"+bitcoin[9:], 1),
		"a character reference":          strings.Replace(whole, bitcoin, "&#49;"+bitcoin[1:], 1),
		"CDATA":                          strings.Replace(whole, bitcoin, "<![CDATA["+bitcoin+"]]>", 1),
		"a namespace prefix":             strings.NewReplacer("<?", "<?", "</", "</o:", "<", "<o:", "xmlns=", "xmlns:o=").Replace(whole),
		"a byte order mark":              "\ufeff" + whole,
		"another party's dates":          strings.Replace(whole, "<Comment/>", "<Date><Year>1</Year><Month>1</Month><Day>1</Day></Date>", 2),
		"numbers that OFAC gave anew":    strings.ReplaceAll(whole, `777`, `12`),
		"the words in another case":      strings.Replace(whole, "Digital Currency Address - XBT", "DIGITAL Currency address - XBT", 1),
		"single quotes around a number":  strings.ReplaceAll(whole, `"777"`, `'777'`),
		"a party before with no feature": strings.Replace(whole, "<DistinctParties>", "<DistinctParties>"+party("1", ""), 1),
	} {
		t.Run(name, func(t *testing.T) {
			c, err := lists.Parse(lists.OFACXML, lists.Layout{}, strings.NewReader(text))
			if err != nil || len(c.Entries) != 2 || c.Entries[0].Address != bitcoin || c.Entries[0].ID != "27307" || c.Issued.Year() != 2026 {
				t.Errorf("%+v, %v", c, err)
			}
		})
	}
}

func TestOFACXMLRefuses(t *testing.T) {
	swap := func(old, with string) string {
		if !strings.Contains(whole, old) {
			t.Fatalf("the document has no %q", old)
		}
		return strings.Replace(whole, old, with, 1)
	}
	for name, text := range map[string]string{
		"nothing":                     "",
		"an error page":               "<html><body>Sorry</body></html>",
		"another root":                "<sdnList></sdnList>",
		"no addresses":                document(party("36", feature("8", "1984"))),
		"no feature types":            swap(types, ""),
		"no currency among the types": strings.ReplaceAll(whole, "Digital Currency", "Postal"),
		"types behind the parties":    swap("<SanctionsEntries/>", `<FeatureType ID="9">Digital Currency Address - ETH</FeatureType>`),
		"a type without a number":     swap(`ID="777" `, ""),
		"an empty address":            swap(bitcoin, " "),
		"a feature without details":   swap(`<VersionDetail DetailTypeID="1432"> `+bitcoin+"\n</VersionDetail>", ""),
		"a feature inside another":    swap("<Comment/><VersionDetail", feature("778", evm)+"<VersionDetail"),
		"a feature outside a party":   swap("<DistinctParties>", "<DistinctParties>"+feature("777", bitcoin)),
		"a party inside another":      swap("<Profile", party("1", "")+"<Profile"),
		"a party elsewhere":           strings.ReplaceAll(whole, "DistinctParties>", "Others>"),
		"an entity that expands":      swap("<Sanctions ", `<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><Sanctions `),
		"an entity from a file":       swap("<Sanctions ", `<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><Sanctions `),
		"an entity of nobody":         swap(bitcoin, "&b;"),
		"tags that cross":             swap("</FeatureVersion>", "</Feature>"),
		"a tag that closes nothing":   whole + "</Sanctions>",
		"a second root":               whole + whole,
		"text behind the root":        whole + "more",
		"another encoding":            swap(`version="1.0"`, `version="1.0" encoding="UTF-7"`),
		"bytes that are no UTF-8":     swap(bitcoin, "\xff"),
		"deep nesting":                opening + strings.Repeat("<a>", 1_000_000),
		"an endless tag":              opening + "<a " + strings.Repeat(`b="c" `, 1_000_000),
		"endless text":                opening + "<a>" + strings.Repeat("x", 8<<20),
		"an endless comment":          opening + "<!--" + strings.Repeat("x", 8<<20),
		"an address in many pieces":   swap(bitcoin, strings.Repeat("1<!---->", 10_000)),
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := parse(t, lists.OFACXML, lists.Layout{}, text); err == nil {
				t.Errorf("taken: %q", got)
			}
		})
	}
}

func TestAnXMLThatIsCutOffIsRefused(t *testing.T) {
	text := strings.TrimSpace(whole)
	rapid.Check(t, func(r *rapid.T) {
		at := rapid.IntRange(0, len(text)-1).Draw(r, "at")
		if got, err := lists.Parse(lists.OFACXML, lists.Layout{}, strings.NewReader(text[:at])); err == nil {
			r.Fatalf("cut behind %q: %+v", text[max(0, at-30):at], got)
		}
	})
}

// A repeater is a document of which the middle comes again and again, as long as OFAC's
// real one and without being held.
type repeater struct {
	head, middle, tail string
	times              int
	at                 int
}

func (r *repeater) Read(b []byte) (int, error) {
	for r.at == len(r.head) && r.times > 0 {
		r.head, r.at = r.middle, 0
		r.times--
	}
	if r.at == len(r.head) {
		if r.tail == "" {
			return 0, io.EOF
		}
		r.head, r.tail, r.at = r.tail, "", 0
	}
	n := copy(b, r.head[r.at:])
	r.at += n
	return n, nil
}

func TestALongXMLIsReadInLittleMemory(t *testing.T) {
	middle := strings.Repeat(party("36", feature("8", "1984")), 10)
	const size = 80 << 20
	doc := &repeater{head: opening + issued + types + "<DistinctParties>", middle: middle, times: size / len(middle), tail: party("1", feature("777", bitcoin)) + "</DistinctParties></Sanctions>"}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	c, err := lists.Parse(lists.OFACXML, lists.Layout{}, doc)
	if err != nil || len(c.Entries) != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if held := int64(after.HeapSys) - int64(before.HeapSys); held > 32<<20 {
		t.Errorf("the heap grew by %d MB for a document of %d MB", held>>20, size>>20)
	}
}
