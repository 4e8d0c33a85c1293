// Package sdkroute knows every route that the official npm package @dfns/sdk calls, in the
// versions that the sandbox is measured by: 0.8.3 and 0.8.21.
//
// The table is routes.txt, which build.sh reads out of the generated clients of both
// packages. It tells a route that DFNS has and the sandbox lacks, which answers 501, from
// one that nobody has, which answers 404.
package sdkroute

import (
	_ "embed"
	"strings"
)

//go:embed routes.txt
var table string

// A Route is one method and path of the SDK.
type Route struct {
	Method   string
	Path     string   // with parameters, such as /wallets/:walletId
	Versions []string // of @dfns/sdk, such as 0.8.21
}

// All returns the routes, sorted by path and then by method.
func All() []Route {
	var routes []Route
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		routes = append(routes, Route{Method: f[0], Path: f[1], Versions: f[2:]})
	}
	return routes
}

var all = All()

// Find returns the route that a request with the method and the escaped path is for. A route
// that names the path outright is preferred to one whose parameter would take it.
func Find(method, path string) (Route, bool) {
	best, fewest := Route{}, -1
	for _, r := range all {
		if n, fits := r.takes(path); fits && r.Method == method && (fewest < 0 || n < fewest) {
			best, fewest = r, n
		}
	}
	return best, fewest >= 0
}

// takes tells whether path is one of r's, and how many parameters it fills. A parameter
// takes one segment, which is not empty.
func (r Route) takes(path string) (int, bool) {
	ours, theirs := strings.Split(r.Path, "/"), strings.Split(path, "/")
	if len(ours) != len(theirs) {
		return 0, false
	}
	filled := 0
	for i, segment := range ours {
		switch {
		case strings.HasPrefix(segment, ":"):
			filled++
			if theirs[i] == "" {
				return 0, false
			}
		case segment != theirs[i]:
			return 0, false
		}
	}
	return filled, true
}

// Key names r whatever its parameters are called, such as "GET /wallets/:/assets", so that
// two tables can be compared.
func (r Route) Key() string {
	segments := strings.Split(r.Path, "/")
	for i, s := range segments {
		if strings.HasPrefix(s, ":") {
			segments[i] = ":"
		}
	}
	return r.Method + " " + strings.Join(segments, "/")
}
