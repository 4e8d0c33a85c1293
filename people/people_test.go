package people_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/people"
)

func TestWhoCountsAsOne(t *testing.T) {
	g, err := people.Parse([]byte(`{"groups": {"alice": ["us-1", "us-2"], "desk": ["us-2", "us-3"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, a, b, group string
		same              bool
	}{
		{"an identity is itself", "us-9", "us-9", "", true},
		{"two accounts of one person", "us-1", "us-2", "alice", true},
		{"two accounts of one team", "us-3", "us-2", "desk", true},
		{"groups do not chain: alice is not on the desk with her first account", "us-1", "us-3", "", false},
		{"strangers", "us-1", "us-9", "", false},
		{"an unknown identity is nobody else", "us-8", "us-9", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, pair := range [][2]string{{tt.a, tt.b}, {tt.b, tt.a}} {
				if group, same := g.Same(pair[0], pair[1]); group != tt.group || same != tt.same {
					t.Errorf("Same%v = %q, %t; want %q, %t", pair, group, same, tt.group, tt.same)
				}
			}
		})
	}
	if got := strings.Join(g.Of("us-2"), " "); got != "alice desk" {
		t.Errorf("Of = %s", got)
	}
	if _, same := (people.Groups{}).Same("us-1", "us-1"); !same {
		t.Error("without groups an identity is not itself")
	}
}

func TestFilesThatCannotBeUsed(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":           `groups`,
		"a key twice":       `{"groups": {"a": ["us-1", "us-2"], "a": ["us-3", "us-4"]}}`,
		"another field":     `{"group": {}}`,
		"a group of one":    `{"groups": {"a": ["us-1"]}}`,
		"a member twice":    `{"groups": {"a": ["us-1", "us-1"]}}`,
		"an empty identity": `{"groups": {"a": ["us-1", ""]}}`,
		"no name":           `{"groups": {"": ["us-1", "us-2"]}}`,
		"members as text":   `{"groups": {"a": "us-1"}}`,
	} {
		if g, err := people.Parse([]byte(text)); !errors.Is(err, people.ErrGroups) || g.Of("us-1") != nil {
			t.Errorf("%s: %v, want ErrGroups", name, err)
		}
	}
	file := filepath.Join(t.TempDir(), "groups.json")
	if _, err := people.Load(file); !errors.Is(err, people.ErrGroups) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(file, []byte(`{"groups": {"a": ["us-1"]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := people.Load(file); !errors.Is(err, people.ErrGroups) || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v does not name the file", err)
	}
}
