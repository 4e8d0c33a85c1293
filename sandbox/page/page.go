// Package page serves a small page on which a person looks at wallets, approvals and webhooks, and votes.
//
// The page holds the person's key and signs in the browser, so that a vote is the same signed call as
// any client's. Nothing is added to a request on its way: what the page may do is what the bearer token
// and the signature that it sends allow.
//
// A page can call its own origin only, and the API answers no other origin, as DFNS's does not. So the
// page is served on the control port and finds the API below its own path, at /page/api. The
// alternative, CORS on the API, would open it to every page in the browser. Here a request for a host
// that is no IP address and not localhost is refused, which is what a page sends whose name was rebound
// to this machine, and so is one that another origin's page makes.
package page

import (
	"embed"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"countersign/sandbox/dfns"
)

// Path is where the page is.
const Path = "/page/"

// apiPath is where the page finds the API.
const apiPath = Path + "api"

// policy lets the page run its own scripts and call its own origin, and nothing else: no inline script,
// no frame around it, no form that goes elsewhere, no text that becomes markup.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; " +
	"form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

//go:embed web
var files embed.FS

// Handler serves the page below [Path], and the API to it.
func Handler(api http.Handler) http.Handler {
	web, err := fs.Sub(files, "web")
	if err != nil {
		panic(err) // the directory is embedded
	}
	static := http.StripPrefix(Path, http.FileServerFS(web))
	through := http.StripPrefix(apiPath, api)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("Cache-Control", "no-store")
		toAPI := strings.HasPrefix(r.URL.Path, apiPath+"/")
		switch {
		case !local(r.Host):
			refuse(w, "the page is for this machine: open it by an IP address or as localhost, not as "+r.Host)
		case foreign(r, toAPI):
			refuse(w, "the page's way to the API is for the page alone; other programs call the API itself")
		case toAPI:
			through.ServeHTTP(w, r)
		default:
			static.ServeHTTP(w, r)
		}
	})
}

// local tells whether a Host is none that a stranger's DNS can make: a rebound name is a name.
func local(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return host == "localhost" || net.ParseIP(strings.Trim(host, "[]")) != nil
}

// foreign tells whether another origin's page makes the request. Following a link to the page is none.
func foreign(r *http.Request, toAPI bool) bool {
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	return origin != "" && origin != "http://"+r.Host || toAPI && site != "" && site != "same-origin"
}

func refuse(w http.ResponseWriter, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusForbidden)
	if err := json.NewEncoder(w).Encode(map[string]*dfns.Error{"error": dfns.Forbidden("%s", why)}); err != nil {
		slog.Error("answering failed", "error", err)
	}
}
