package api

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// The media types of lists.
const (
	jsonType   = "application/json"
	ndjsonType = "application/x-ndjson"
	csvType    = "text/csv"
)

// negotiate picks, of the media types that are offered, the one that Accept wants most
// (RFC 9110 §12.5.1); the first of them where it wants several alike. It is empty when
// none will do.
func negotiate(h http.Header, offered ...string) (best string) {
	ranges := h.Values("Accept")
	if len(ranges) == 0 {
		return offered[0]
	}
	most := 0.0
	for _, offer := range offered {
		if q := quality(strings.Join(ranges, ","), offer); q > most {
			most, best = q, offer
		}
	}
	return best
}

// quality is how much a media type is wanted, 0 to 1: what the closest range says.
func quality(accept, offer string) (q float64) {
	kind, _, _ := strings.Cut(offer, "/")
	closest := 0
	for _, part := range strings.Split(accept, ",") {
		name, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil {
			continue // a range that is none wants nothing
		}
		close := 0
		switch name {
		case offer:
			close = 3
		case kind + "/*":
			close = 2
		case "*/*":
			close = 1
		}
		if close <= closest {
			continue
		}
		weight := 1.0
		if text, ok := params["q"]; ok {
			if weight, err = strconv.ParseFloat(text, 64); err != nil || !(weight >= 0 && weight <= 1) {
				continue
			}
		}
		closest, q = close, weight
	}
	return q
}
