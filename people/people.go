// Package people says which identities count as one where two are asked for: the
// accounts of one person, the service accounts that one team controls. The custodian
// tells user IDs apart; four eyes need to be told apart too.
package people

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"countersign/strictjson"
)

// ErrGroups means that the file of groups cannot be used.
var ErrGroups = errors.New("groups of identities")

// Groups are sets of identities that count as one, by name. An identity may be in
// several. The zero Groups know every identity as itself alone.
type Groups struct {
	of map[string][]string // identity → the names of its groups, sorted
}

// Load reads a JSON file: {"groups": {"alice": ["us-1", "us-2"], "desk": [...]}}. It
// reports every mistake at once; an error wraps [ErrGroups].
func Load(path string) (Groups, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Groups{}, fmt.Errorf("%w: %w", ErrGroups, err)
	}
	g, err := Parse(text)
	if err != nil {
		return Groups{}, fmt.Errorf("%s: %w", path, err)
	}
	return g, nil
}

// Parse reads what [Load] reads.
func Parse(text []byte) (Groups, error) {
	var file struct {
		Groups map[string][]string `json:"groups"`
	}
	if err := strictjson.Exact(text, &file); err != nil {
		return Groups{}, fmt.Errorf("%w: %w", ErrGroups, err)
	}
	g := Groups{of: map[string][]string{}}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(file.Groups)) {
		members := file.Groups[name]
		if name == "" || len(members) < 2 {
			errs = append(errs, fmt.Errorf("groups.%s: %d members: a group has a name and two members or more", name, len(members)))
		}
		for i, id := range members {
			if id == "" || slices.Contains(members[:i], id) {
				errs = append(errs, fmt.Errorf("groups.%s[%d]: %q is empty or stands there twice", name, i, id))
				continue
			}
			g.of[id] = append(g.of[id], name)
		}
	}
	if len(errs) > 0 {
		return Groups{}, fmt.Errorf("%w: %w", ErrGroups, errors.Join(errs...))
	}
	return g, nil
}

// Of returns the names of an identity's groups, sorted.
func (g Groups) Of(identity string) []string { return slices.Clone(g.of[identity]) }

// Same reports whether two identities count as one, and the group that says so; empty
// where they are the same identity.
func (g Groups) Same(a, b string) (group string, same bool) {
	if a == b {
		return "", true
	}
	for _, name := range g.of[a] {
		if slices.Contains(g.of[b], name) {
			return name, true
		}
	}
	return "", false
}
