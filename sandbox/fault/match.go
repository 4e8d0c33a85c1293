package fault

import (
	"slices"
	"strings"
)

// matchesCall tells whether r is about a call. The path has no query.
func (r Rule) matchesCall(method, path string) bool {
	return slices.Contains(ofCalls, r.Kind) &&
		(r.Method == "" || r.Method == method) && (r.Route == "" || matchRoute(r.Route, path))
}

// matchRoute compares segment by segment. * and :name match one segment, and a
// last ** matches any rest, also none.
func matchRoute(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i, segment := range want {
		if segment == "**" && i == len(want)-1 {
			return len(got) >= i
		}
		if i >= len(got) {
			return false
		}
		if segment != "*" && !strings.HasPrefix(segment, ":") && segment != got[i] {
			return false
		}
	}
	return len(want) == len(got)
}

// matchesDelivery tells whether r is about a delivery of an event.
func (r Rule) matchesDelivery(webhook, url, event string) bool {
	prefix, open := strings.CutSuffix(r.Event, "*")
	return !slices.Contains(ofCalls, r.Kind) &&
		(r.Event == "" || r.Event == event || open && strings.HasPrefix(event, prefix)) &&
		(r.Webhook == "" || r.Webhook == webhook || strings.Contains(url, r.Webhook))
}
