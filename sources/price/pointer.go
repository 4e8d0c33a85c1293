package price

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"countersign/strictjson"
)

// parsePointer reads a JSON pointer (RFC 6901): "/data/0/price".
func parsePointer(s string) (steps []string, err error) {
	if s == "" {
		return nil, nil
	}
	if s[0] != '/' {
		return nil, fmt.Errorf("%.60q: want a JSON pointer, which begins with /", s)
	}
	for _, step := range strings.Split(s[1:], "/") {
		if strings.Contains(strings.NewReplacer("~0", "", "~1", "").Replace(step), "~") {
			return nil, fmt.Errorf("%.60q: a ~ is followed by 0 or 1", s)
		}
		steps = append(steps, strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
	}
	return steps, nil
}

// scalar returns the text of the string or the number that a pointer leads to: numbers
// as they are written.
func scalar(doc any, steps []string) (string, error) {
	for i, step := range steps {
		at := "/" + strings.Join(steps[:i], "/")
		switch v := doc.(type) {
		case map[string]any:
			next, ok := v[step]
			if !ok {
				return "", fmt.Errorf("at %.80q there is no %.40q", at, step)
			}
			doc = next
		case []any:
			n, err := strconv.ParseUint(step, 10, 31)
			if err != nil || strconv.FormatUint(n, 10) != step || n >= uint64(len(v)) {
				return "", fmt.Errorf("at %.80q there are %d elements, and none is %.40q", at, len(v), step)
			}
			doc = v[n]
		default:
			return "", fmt.Errorf("at %.80q there is neither an object nor an array", at)
		}
	}
	switch v := doc.(type) {
	case json.Number:
		return v.String(), nil
	case string:
		return v, nil
	}
	return "", fmt.Errorf("at %.80q there is neither a number nor a text", "/"+strings.Join(steps, "/"))
}

// decode reads JSON that everybody reads alike, numbers as text.
func decode(body []byte) (doc any, err error) {
	if err := strictjson.Check(body); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	return doc, dec.Decode(&doc)
}
