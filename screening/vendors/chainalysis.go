package vendors

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"countersign/screening"
)

// chainalysis asks GET /api/v1/address/{address}. The answer is
// {"identifications":[{"category":…,"name":…,"description":…,"url":…}]}: an empty array
// is no match. It does not say which address it is about.
func (s *Source) chainalysis(ctx context.Context, q screening.Query) (f screening.Finding, err error) {
	answer, err := s.send(ctx, request{
		method: http.MethodGet, path: "/api/v1/address/" + url.PathEscape(q.Address),
		header: map[string]string{"X-API-Key": s.config.Key}, statuses: []int{http.StatusOK},
	})
	if err != nil {
		return f, err
	}
	object, err := members(answer, "it")
	if err != nil {
		return f, err
	}
	list, err := elements(object["identifications"], "identifications")
	if err != nil || len(list) == 0 {
		return screening.Finding{Verdict: screening.Clear}, err
	}
	// Whatever is in the list is a match, also when its parts cannot be read.
	f.Verdict = screening.Hit
	var names []string
	for _, v := range list {
		if id, err := members(v, "an identification"); err == nil {
			names = append(names, text(id["name"]))
			if f.Category == "" {
				f.Category = text(id["category"])
			}
		}
	}
	f.Detail = strings.Join(names, "; ")
	return f, nil
}
