package api_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A document is the OpenAPI document as far as these tests read it.
type document struct {
	OpenAPI string                          `json:"openapi"`
	Paths   map[string]map[string]operation `json:"paths"`

	Components struct {
		Parameters map[string]parameter  `json:"parameters"`
		Responses  map[string]response   `json:"responses"`
		Schemas    map[string]jsonObject `json:"schemas"`
	} `json:"components"`
}

type jsonObject map[string]any

type operation struct {
	ID         string                `json:"operationId"`
	Parameters []parameter           `json:"parameters"`
	Responses  map[string]response   `json:"responses"`
	Security   []map[string][]string `json:"security"`
}

type parameter struct {
	Ref  string `json:"$ref"`
	Name string `json:"name"`
	In   string `json:"in"`
}

type response struct {
	Ref     string                     `json:"$ref"`
	Headers map[string]json.RawMessage `json:"headers"`
	Content map[string]struct {
		Schema jsonObject `json:"schema"`
	} `json:"content"`
}

var published = sync.OnceValue(func() (doc document) {
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		panic(err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&doc); err != nil {
		panic(err)
	}
	return doc
})

// schemas compiles what the document says of JSON, by JSON pointer.
var schemas = struct {
	sync.Mutex
	compiler *jsonschema.Compiler
}{}

func schemaAt(tb testing.TB, pointer string) *jsonschema.Schema {
	tb.Helper()
	schemas.Lock()
	defer schemas.Unlock()
	if schemas.compiler == nil {
		text, err := os.ReadFile("openapi.json")
		if err != nil {
			tb.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			tb.Fatal(err)
		}
		schemas.compiler = jsonschema.NewCompiler()
		schemas.compiler.AssertFormat()
		if err := schemas.compiler.AddResource("https://trail.test/openapi.json", doc); err != nil {
			tb.Fatal(err)
		}
	}
	s, err := schemas.compiler.Compile("https://trail.test/openapi.json#" + pointer)
	if err != nil {
		tb.Fatalf("schema %s: %v", pointer, err)
	}
	return s
}

func valid(tb testing.TB, pointer string, text []byte) {
	tb.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = schemaAt(tb, pointer).Validate(v)
	}
	if err != nil {
		tb.Errorf("the answer is not what the document says at %s: %v\n%.600s", pointer, err, text)
	}
}

// pathOf finds what the document calls a path; the template with the most literal text
// that fits.
func pathOf(path string) (found string) {
	for template := range published().Paths {
		form := regexp.QuoteMeta(template)
		form = strings.ReplaceAll(form, `\{n\}`, `(x[0-9]{3}/)*[0-9]{3}`)
		form = regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(form, `[^/]+`)
		literal := func(t string) int { return len(regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(t, "")) }
		if regexp.MustCompile("^"+form+"$").MatchString(path) && (found == "" || literal(template) > literal(found)) {
			found = template
		}
	}
	return found
}

// conforms holds an answer against the document: its status, its media type, its headers
// and, where it is JSON, its body.
func conforms(tb testing.TB, req *http.Request, rec *httptest.ResponseRecorder) {
	tb.Helper()
	if rec.Header().Get("X-Content-Type-Options") != "nosniff" || rec.Header().Get("Cache-Control") == "" {
		tb.Errorf("%s %s: headers %v", req.Method, req.URL, rec.Header())
	}
	media, _, _ := mime.ParseMediaType(rec.Header().Get("Content-Type"))
	path := pathOf(req.URL.Path)
	if rec.Code >= 400 {
		isProblem(tb, req, rec, media)
	}
	if path == "" || rec.Code == http.StatusMethodNotAllowed {
		return // what is not served is not in the document
	}
	op, ok := published().Paths[path][strings.ToLower(req.Method)]
	if !ok {
		tb.Errorf("%s %s is not in the document", req.Method, path)
		return
	}
	status := strconv.Itoa(rec.Code)
	resp, ok := op.Responses[status]
	if !ok {
		tb.Errorf("%s %s = %s, which the document does not know", req.Method, path, status)
		return
	}
	if rec.Code != http.StatusOK || req.Method == http.MethodHead {
		return
	}
	for _, name := range []string{"Content-Disposition", "Countersign-Export-Index"} {
		if _, documented := resp.Headers[name]; rec.Header().Get(name) != "" && !documented {
			tb.Errorf("%s %s: header %s is not in the document", req.Method, path, name)
		}
	}
	answered(tb, path, media, slices.Collect(maps.Keys(resp.Content)), req, rec)
}

// isProblem holds a refusal against RFC 9457, and no refusal is our own failure.
func isProblem(tb testing.TB, req *http.Request, rec *httptest.ResponseRecorder, media string) {
	tb.Helper()
	if media != "application/problem+json" {
		tb.Errorf("%s %s = %d of type %q, want a problem", req.Method, req.URL, rec.Code, media)
	} else {
		valid(tb, "/components/schemas/Problem", rec.Body.Bytes())
	}
	if rec.Code >= 500 && rec.Code != http.StatusServiceUnavailable {
		tb.Errorf("%s %s = %d: %s", req.Method, req.URL, rec.Code, rec.Body)
	}
}

// answered holds a body against the schema of its media type.
func answered(tb testing.TB, path, media string, contents []string, req *http.Request, rec *httptest.ResponseRecorder) {
	tb.Helper()
	for _, documented := range contents {
		if kind, _, _ := mime.ParseMediaType(documented); kind != media {
			continue
		}
		escape := strings.NewReplacer("~", "~0", "/", "~1", ";", "%3B", "=", "%3D", " ", "%20", "{", "%7B", "}", "%7D")
		pointer := "/paths/" + escape.Replace(path) + "/get/responses/200/content/" + escape.Replace(documented) + "/schema"
		switch {
		case media == "application/x-ndjson":
			for lines := bufio.NewReader(bytes.NewReader(rec.Body.Bytes())); ; {
				line, err := lines.ReadBytes('\n')
				if err == io.EOF && len(line) == 0 {
					break
				}
				valid(tb, pointer, line)
			}
		case strings.HasSuffix(media, "json"):
			valid(tb, pointer, rec.Body.Bytes())
		}
		return
	}
	tb.Errorf("%s %s: media type %q is not in the document", req.Method, path, media)
}

func TestTheDocumentIsWhatIsServed(t *testing.T) {
	d := newDesk(t)
	var documented []string
	for path, ops := range published().Paths {
		for method := range ops {
			documented = append(documented, strings.ToUpper(method)+" "+path)
		}
	}
	served := d.server.Routes()
	slices.Sort(documented)
	slices.Sort(served)
	if !slices.Equal(documented, served) {
		t.Errorf("documented %q\nserved %q", documented, served)
	}
	if got := d.get("", "/openapi.json"); got.Code != 200 || !json.Valid(got.Body.Bytes()) || published().OpenAPI != "3.1.0" {
		t.Errorf("GET /openapi.json = %d", got.Code)
	}
	for name := range published().Components.Schemas {
		schemaAt(t, "/components/schemas/"+name)
	}
	for name := range published().Components.Parameters {
		schemaAt(t, "/components/parameters/"+name+"/schema")
	}
	ids := map[string]bool{}
	for path, ops := range published().Paths {
		for method, op := range ops {
			if op.ID == "" || ids[op.ID] {
				t.Errorf("%s %s: operationId %q is empty or used twice", method, path, op.ID)
			}
			ids[op.ID] = true
			for _, r := range op.Responses {
				if _, ok := published().Components.Responses[strings.TrimPrefix(r.Ref, "#/components/responses/")]; r.Ref != "" && !ok {
					t.Errorf("%s %s: %s leads nowhere", method, path, r.Ref)
				}
			}
		}
	}
}

// A route asks for a token exactly where the document says so.
func TestTheDocumentSaysWhoMayRead(t *testing.T) {
	d := newDesk(t)
	for path, ops := range published().Paths {
		target := strings.NewReplacer("{level}", "0", "{n}", "000", "{width}", "1", "{id}", "0").Replace(path)
		secured := len(ops["get"].Security) > 0
		if got := d.get("", target).Code; (got == http.StatusUnauthorized) != secured {
			t.Errorf("GET %s without a token = %d, the document says secured = %v", target, got, secured)
		}
		for name, may := range scopes {
			if !secured || name == "expired" {
				continue
			}
			allowed := false
			for _, alternative := range ops["get"].Security {
				for _, scope := range alternative["bearer"] {
					allowed = allowed || slices.Contains(strings.Split(may, ","), scope)
				}
			}
			if got := d.get(name, target).Code; (got == http.StatusForbidden) == allowed {
				t.Errorf("GET %s with scopes %s = %d, the document says allowed = %v", target, may, got, allowed)
			}
		}
	}
}

func TestEveryParameterIsInTheDocument(t *testing.T) {
	d := newDesk(t)
	for _, path := range []string{"/v1/records", "/v1/decisions"} {
		var documented []string
		for _, p := range published().Paths[path]["get"].Parameters {
			documented = append(documented, published().Components.Parameters[strings.TrimPrefix(p.Ref, "#/components/parameters/")].Name)
		}
		slices.Sort(documented)
		var problem struct{ Detail string }
		if err := json.Unmarshal(d.get("all", path+"?bogus=1").Body.Bytes(), &problem); err != nil {
			t.Fatal(err)
		}
		_, taken, _ := strings.Cut(problem.Detail, "it takes ")
		if got := strings.Split(taken, ", "); !slices.Equal(got, documented) {
			t.Errorf("%s takes %q, the document says %q", path, got, documented)
		}
	}
}
