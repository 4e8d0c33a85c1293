package schedules

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"countersign/strictjson"

	"go.yaml.in/yaml/v3"
)

// Load reads a file for [Parse].
func Load(path string) (File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return File{}, fmt.Errorf("%w: %w", ErrFile, err)
	}
	f, err := Parse(text)
	if err != nil {
		return File{}, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// Parse reads a [File] in the YAML that [JSON] reads, no field that there is not. The error wraps
// [ErrFile].
func Parse(text []byte) (File, error) {
	var f File
	exact, err := JSON(text)
	if err == nil {
		err = strictjson.Exact(exact, &f)
	}
	if err != nil {
		return f, fmt.Errorf("%w: %w", ErrFile, err)
	}
	return f, nil
}

// JSON is what YAML says, as JSON, of which every text is YAML too: one document, without anchors,
// aliases, tags and merged keys, and no key twice.
func JSON(text []byte) ([]byte, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("line %d: want one document", more.Line)
	}
	value, err := plain(&doc)
	if err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

// plain is a node as JSON has it. Days and times stay the text that they are.
func plain(n *yaml.Node) (any, error) {
	if n.Anchor != "" || n.Kind == yaml.AliasNode || n.Style&yaml.TaggedStyle != 0 {
		return nil, fmt.Errorf("line %d: anchors, aliases and tags are not read: write it out", n.Line)
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return plain(n.Content[0])
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			var err error
			if list[i], err = plain(item); err != nil {
				return nil, err
			}
		}
		return list, nil
	case yaml.MappingNode:
		return object(n)
	case yaml.ScalarNode:
		return scalar(n)
	}
	return map[string]any{}, nil // an empty file
}

func object(n *yaml.Node) (any, error) {
	out := map[string]any{}
	for pair := range slices.Chunk(n.Content, 2) {
		key := pair[0]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			return nil, fmt.Errorf("line %d: want a plain key", key.Line)
		}
		if _, twice := out[key.Value]; twice {
			return nil, fmt.Errorf("line %d: key %s stands there twice", key.Line, key.Value)
		}
		value, err := plain(pair[1])
		if err != nil {
			return nil, err
		}
		out[key.Value] = value
	}
	return out, nil
}

func scalar(n *yaml.Node) (any, error) {
	switch n.Tag {
	case "!!str", "!!timestamp":
		return n.Value, nil
	case "!!float", "!!int":
		if number := json.Number(n.Value); json.Valid([]byte(number)) {
			return number, nil // exactly as it is written
		}
		return nil, fmt.Errorf("line %d: %.40q: want a plain decimal number, or quotes", n.Line, n.Value)
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, fmt.Errorf("line %d: %w", n.Line, err)
	}
	return v, nil
}

// sorted returns names in order, for messages that read the same every time.
func sorted(names []string) []string {
	slices.Sort(names)
	return names
}
