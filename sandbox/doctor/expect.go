package doctor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"countersign/sandbox/client"
)

// get reads a path.
func (p *probe) get(path string) (client.Answer, error) { return p.Client.Get(p.ctx, path) }

// call signs and makes a request. Body is a value, or JSON text as a string.
func (p *probe) call(method, path string, body any) (client.Answer, error) {
	return p.Client.Call(p.ctx, method, path, text(body))
}

func text(body any) []byte {
	if s, ok := body.(string); ok {
		return []byte(s)
	}
	raw, _ := json.Marshal(body) // bodies are maps of plain values
	return raw
}

// made makes a request that must succeed with 200, and decodes the answer.
func (p *probe) makes(method, path string, body any) (map[string]any, error) {
	a, err := p.call(method, path, body)
	return object(method+" "+path, a, err)
}

// reads is makes for a GET.
func (p *probe) reads(path string) (map[string]any, error) {
	a, err := p.get(path)
	return object("GET "+path, a, err)
}

// object demands 200 and a JSON object.
func object(what string, a client.Answer, err error) (map[string]any, error) {
	if err := status(what, a, err, http.StatusOK); err != nil {
		return nil, err
	}
	var out map[string]any
	if err := json.Unmarshal(a.Body, &out); err != nil {
		return nil, fmt.Errorf("%s: the answer is not a JSON object: %s", what, short(a.Body))
	}
	return out, nil
}

// status demands one of the statuses.
func status(what string, a client.Answer, err error, want ...int) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if !slices.Contains(want, a.Status) {
		return fmt.Errorf("%s: status %d, want %v: %s", what, a.Status, want, short(a.Body))
	}
	return nil
}

// refused demands one of the statuses, and DFNS's error shape.
func refused(what string, a client.Answer, err error, want ...int) error {
	if err := status(what, a, err, want...); err != nil {
		return err
	}
	var out struct {
		Error *struct {
			ID      string
			Status  int
			Message string
		}
	}
	if json.Unmarshal(a.Body, &out) != nil || out.Error == nil || out.Error.Message == "" || out.Error.Status != a.Status || out.Error.ID == "" {
		return fmt.Errorf("%s: the body is not {error:{id,status,message}}: %s", what, short(a.Body))
	}
	return nil
}

// short is the beginning of a body, in one line.
func short(body []byte) string {
	const most = 240
	line := strings.Join(strings.Fields(string(body)), " ")
	if len(line) > most {
		return line[:most] + "…"
	}
	return line
}

// dates are ISO 8601 in UTC with milliseconds.
const dates = "2006-01-02T15:04:05.000Z"

// has demands members of an object, each given as "path type", such as "signingKey.id
// string". Types are string, number, bool, array, object and date.
func has(v map[string]any, members ...string) error {
	for _, m := range members {
		path, kind, _ := strings.Cut(m, " ")
		found := member(v, path)
		if !is(found, kind) {
			raw, _ := json.Marshal(found) // it came from JSON
			return fmt.Errorf("%s is %s, want a %s, in %s", path, raw, kind, short(encode(v)))
		}
	}
	return nil
}

// member is a value inside v, or nil.
func member(v any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		inner, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = inner[name]
	}
	return v
}

func is(v any, kind string) bool {
	switch v := v.(type) {
	case string:
		_, err := time.Parse(dates, v)
		return kind == "string" && v != "" || kind == "date" && err == nil
	case float64:
		return kind == "number"
	case bool:
		return kind == "bool"
	case []any:
		return kind == "array"
	case map[string]any:
		return kind == "object"
	}
	return false
}

// hasNot demands that v lacks members.
func hasNot(v map[string]any, members ...string) error {
	for _, m := range members {
		if _, there := v[m]; there {
			return fmt.Errorf("%s is there, want none, in %s", m, short(encode(v)))
		}
	}
	return nil
}

// equal demands a value inside an object.
func equal(v map[string]any, path string, want any) error {
	if got := member(v, path); !bytes.Equal(encode(got), encode(want)) {
		return fmt.Errorf("%s is %s, want %s, in %s", path, encode(got), encode(want), short(encode(v)))
	}
	return nil
}

func encode(v any) []byte {
	raw, _ := json.Marshal(v) // it came from JSON, or is a plain value
	return raw
}

// items are the objects of a list.
func items(v map[string]any) ([]map[string]any, error) {
	list, ok := v["items"].([]any)
	if !ok {
		return nil, fmt.Errorf("items is not an array, in %s", short(encode(v)))
	}
	var out []map[string]any
	for _, item := range list {
		o, ok := item.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("an item is not an object, in %s", short(encode(v)))
		}
		out = append(out, o)
	}
	return out, nil
}
