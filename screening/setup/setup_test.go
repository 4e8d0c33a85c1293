package setup_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/screening"
	"countersign/screening/setup"
)

const (
	evm     = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96"
	bitcoin = "12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h"
)

// folder writes files and returns the path of the first.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, files[0])
}

func TestLoad(t *testing.T) {
	path := folder(t, "screening.json", `{
		"timeout": "1m",
		"lists": [
			{"name": "own", "format": "text", "file": "deny.txt", "max_age": "24h"},
			{"name": "watch", "format": "csv", "file": "watch.csv", "column": "address", "max_age": "24h", "verdict": "review"}
		]}`,
		"deny.txt", evm+"\n", "watch.csv", "address\n"+bitcoin+"\n")
	s, err := setup.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	verdict := func(address string) screening.Verdict {
		return s.Screen(t.Context(), []screening.Query{{Network: "Ethereum", Address: address}}).Verdict
	}
	if got := verdict(bitcoin); got != screening.Unknown {
		t.Errorf("%q before a list was read, want unknown", got)
	}
	changed, err := s.Refresh(t.Context())
	if err != nil || !slices.Equal(changed, []string{"own", "watch"}) {
		t.Fatalf("Refresh = %q, %v", changed, err)
	}
	for address, want := range map[string]screening.Verdict{
		strings.ToLower(evm): screening.Hit, bitcoin: screening.Review, "0x" + strings.Repeat("1", 40): screening.Clear, "0x1": screening.Unknown,
	} {
		if got := verdict(address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "deny.txt"), []byte("0x"+strings.Repeat("1", 40)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if changed, err := s.Refresh(t.Context()); err != nil || !slices.Equal(changed, []string{"own"}) {
		t.Errorf("Refresh = %q, %v, want the list that was written anew", changed, err)
	}
	if got := verdict(evm); got != screening.Clear {
		t.Errorf("%q after the delisting, want clear", got)
	}
}

func TestVendorsGetTheirKeys(t *testing.T) {
	var keys []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get("X-API-Key"))
		fmt.Fprint(w, `{"identifications":[]}`) //nolint:errcheck // the client may have hung up
	}))
	defer server.Close()
	path := folder(t, "screening.json", `{"timeout":"1m","vendors":[{"name":"c","vendor":"chainalysis","key_file":"key","base_url":"`+server.URL+`"}]}`, "key", "  s3cret\n")
	s, err := setup.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Screen(t.Context(), []screening.Query{{Address: evm}}); r.Verdict != screening.Clear || !slices.Equal(keys, []string{"s3cret"}) {
		t.Errorf("%+v, keys %q", r, keys)
	}
}

func TestEveryMistakeIsReportedByItsPath(t *testing.T) {
	nodes := `{"Ethereum":{"url":"https://node.example","chain_id":1}}`
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"no JSON", `{`, []string{"JSON refused"}},
		{"a field twice", `{"lists":[],"lists":[]}`, []string{"twice"}},
		{"no object", `[]`, []string{"the file: want an object"}},
		{"nothing", `{}`, []string{"lists: there are no"}},
		{"unknown fields, at any depth, and wrong kinds", `{"time":"1s","timeout":5,"lists":[{"nmae":"x","only_evm":"yes","max_bytes":1.5,"max_shrink_percent":"5"},7],"vendors":{},"oracles":[{"chain":1}]}`,
			[]string{"time: there is no such field", "timeout: want a text", "lists[0].nmae: there is no such field", "lists[0].only_evm: want true or false", "lists[0].max_bytes: want a whole number", "lists[0].max_shrink_percent: want a whole number", "lists[1]: want an object", "vendors: want an array", "oracles[0].chain: there is no such field"}},
		{"a number out of range", `{"lists":[{"max_bytes":1000000000000000000000}]}`, []string{"lists[0].max_bytes: want a whole number"}},
		{"a list that says nothing", `{"lists":[{}]}`, []string{"lists[0].name: is required", "lists[0].format:", "lists[0].max_age: is required", "lists[0].file: give either file or url"}},
		{"two lists with mistakes", `{"timeout":"soon","lists":[{"name":"a","format":"text","file":"deny.txt","url":"https://x.example","max_age":"-1h"},{"name":"b","format":"ofac_csv","file":"none.csv","comments_url":"http://x.example/","max_age":"1h","verdict":"clear","max_shrink_percent":200}]}`,
			[]string{"timeout: \"soon\" is no duration", "lists[0].file: give either", "lists[0].max_age: \"-1h\"", "lists[1].file: stat", "lists[1].comments_url: URL refused", "lists[1].verdict:", "lists[1].max_shrink_percent:"}},
		{"comments where there are none", `{"lists":[{"name":"a","format":"text","file":"deny.txt","comments_file":"deny.txt","max_age":"1h"},{"name":"b","format":"ofac_csv","file":"https://x.example","max_age":"1h"},{"name":"c","format":"text","file":".","max_age":"1h"}]}`,
			[]string{"lists[0].comments_file: and comments_url are for ofac_csv only", "lists[1].file: is a URL", "lists[1].comments_file: give either comments_file or comments_url", "lists[2].file: . is a directory"}},
		{"a name twice", `{"lists":[{"name":"a","format":"text","file":"deny.txt","max_age":"1h"}],"vendors":[{"name":"a","vendor":"trm"}]}`, []string{`vendors[0].name: "a" is the name of lists[0] too`}},
		{"oracles", `{"oracles":[{"name":"o","nodes_file":"nodes.json","network":"Gnosis","other_addresses":"clear"},{}]}`,
			[]string{"oracles[0].other_addresses:", "oracles[0].contract: is required", "oracles[1].nodes_file: is required", "oracles[1].name:", "oracles[1].network:"}},
		{"nodes that cannot be read", `{"oracles":[{"name":"o","nodes_file":"deny.txt","network":"Ethereum"}]}`, []string{"oracles[0].nodes_file: nodes:"}},
		{"vendors", `{"vendors":[{"name":"e","vendor":"elliptic","key_file":"none","secret_file":"empty"},{"name":"t","vendor":"trm","hit_at":"1","chains":{"a":1}}]}`, []string{"vendors[1].chains.a: want a text"}},
		{"vendors of the right form", `{"vendors":[{"name":"e","vendor":"elliptic","key_file":"none","secret_file":"empty","review_at":"2","hit_at":"1","requests_per_second":-1},{"name":"x","vendor":"chain"}]}`,
			[]string{"vendors[0].key_file: open", "vendors[0].secret_file: empty is empty", "vendors[0].review_at: 2 is above hit_at", "vendors[0].customer_reference: is required", "vendors[0].requests_per_second:", "vendors[1].vendor:"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := setup.Load(folder(t, "screening.json", tt.text, "deny.txt", evm+"\n", "nodes.json", nodes, "empty", "\n"))
			if s != nil || !errors.Is(err, setup.ErrFile) {
				t.Fatalf("%v, %v, want ErrFile", s, err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\ndoes not say %q", err, want)
				}
			}
		})
	}
	if _, err := setup.Load("none.json"); !errors.Is(err, setup.ErrFile) {
		t.Errorf("%v, want ErrFile", err)
	}
}

// The manual's example is a file that loads, and the manual explains every field of it
// and of the program.
func TestTheManual(t *testing.T) {
	text, err := os.ReadFile("../../docs/screening.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(text)
	if example == nil {
		t.Fatal("docs/screening.md has no example")
	}
	// 20 bytes in base64, as the secret has to be.
	files := []string{"screening.json", string(example[1]), "nodes.json", `{"Ethereum":{"url":"https://node.example","chain_id":1}}`}
	for _, name := range []string{"sdn.csv", "sdn_comments.csv", "deny.txt", "scams.csv", "chainalysis.key", "trm.key", "elliptic.key", "elliptic.secret"} {
		files = append(files, name, "c2VjcmV0c2VjcmV0c2VjcmV0")
	}
	s, err := setup.Load(folder(t, files...))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(s.Sources); got != 10 {
		t.Errorf("the example has %d sources, want each kind: 10", got)
	}
	source, err := os.ReadFile("setup.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("`json:\"([a-z_]+)\"`").FindAllSubmatch(source, -1) {
		if !strings.Contains(string(text), "| `"+string(m[1])+"` |") {
			t.Errorf("docs/screening.md does not explain the field %s", m[1])
		}
		if !strings.Contains(string(example[1]), `"`+string(m[1])+`"`) {
			t.Errorf("the example does not show the field %s", m[1])
		}
	}
}
