package sandbox_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"countersign/sandbox/api"
)

var update = flag.Bool("update", false, "write the list of routes that answer 501 into README.md")

// The list in the README stands between these lines.
const listStart, listEnd = "<!-- routes that answer 501 -->\n```\n", "```\n<!-- end of routes -->"

// Every route of the SDK is served or listed, and none is both. The test runs with -update
// when a route was added.
func TestEveryRouteOfTheSDKIsServedOrListed(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), listStart)
	list, after, ended := strings.Cut(rest, listEnd)
	if !found || !ended {
		t.Fatal("the README has no list of routes that answer 501")
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(before+listStart+missingList()+listEnd+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	listed := map[string]bool{}
	for line := range strings.Lines(list) {
		methods, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		for _, method := range strings.Split(methods, ",") {
			listed[method+" "+strings.TrimSpace(path)] = true
		}
	}
	for _, r := range api.SDKRoutes() {
		name := r.Method + " " + r.Path
		if listed[name] == r.Served {
			t.Errorf("%s: served %v, listed as 501 %v; go test . -run ServedOrListed -update", name, r.Served, listed[name])
		}
		delete(listed, name)
	}
	for name := range listed {
		t.Errorf("%s is listed and no route of the SDK", name)
	}
}

// missingList has one line for each path: its methods and the path.
func missingList() string {
	methods, paths := map[string][]string{}, []string{}
	for _, r := range api.SDKRoutes() {
		if r.Served {
			continue
		}
		if methods[r.Path] == nil {
			paths = append(paths, r.Path)
		}
		methods[r.Path] = append(methods[r.Path], r.Method)
	}
	var out strings.Builder
	for _, path := range slices.Compact(paths) {
		out.WriteString(strings.Join(methods[path], ",") + " " + path + "\n")
	}
	return out.String()
}

func TestWhatIsNotServedSaysSo(t *testing.T) {
	w := newWorld(t, 1)
	for _, r := range api.SDKRoutes() {
		if r.Served {
			continue
		}
		path := strings.NewReplacer(":", "x").Replace(r.Path)
		message := refused(t, w.admin.send(r.Method, path, "", nil), 501)
		if !strings.Contains(message, r.Method+" "+r.Path) {
			t.Errorf("%s %s: %q does not name the route", r.Method, path, message)
		}
	}
	refused(t, w.admin.get("/wallet"), 404)
	refused(t, w.admin.get("/auth/users/"+w.admin.userID+"/more"), 404)
	refused(t, w.admin.send("PATCH", "/wallets", "", nil), 404)
	refused(t, w.admin.post("/v2/policies/plc-1", nil), 404)
}
