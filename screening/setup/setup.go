// Package setup builds a screener from one JSON file. docs/screening.md documents the
// file, with an example.
//
// A mistake in it must not be found one by one, nor by what is missing later: Load
// reports all of them at once, each by the path of its field, and takes no field that it
// does not know, because a threshold that is misspelt is a threshold that is not there.
package setup

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"countersign/screening"
	"countersign/strictjson"
)

// ErrFile means that the file cannot be used. The message lists every mistake.
var ErrFile = errors.New("screening file")

// Load reads a file and builds the screener that it describes. Relative paths in it are
// relative to the file. No list is read and nobody is asked: call
// [screening.Screener.Refresh] next, and then on a schedule; until a list was read it
// leaves everything unknown. The error wraps [ErrFile].
func Load(path string) (*screening.Screener, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFile, err)
	}
	whole, err := strictjson.Read(text)
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrFile, path, err)
	}
	var f file
	b := builder{dir: filepath.Dir(path), names: map[string]string{}}
	if b.errs = shape(whole, &f, ""); len(b.errs) == 0 {
		// The shape fits, so this cannot fail but for numbers out of range.
		if err := json.Unmarshal(text, &f); err != nil {
			b.errs = append(b.errs, err)
		} else {
			b.build(f)
		}
	}
	if len(b.errs) > 0 {
		return nil, fmt.Errorf("%w %s: %w", ErrFile, path, errors.Join(b.errs...))
	}
	return &b.screener, nil
}

// The file's members; docs/screening.md says what they mean.
type (
	file struct {
		Timeout string   `json:"timeout"`
		Lists   []list   `json:"lists"`
		Oracles []oracle `json:"oracles"`
		Vendors []vendor `json:"vendors"`
	}
	list struct {
		Name             string `json:"name"`
		Format           string `json:"format"`
		File             string `json:"file"`
		URL              string `json:"url"`
		CommentsFile     string `json:"comments_file"`
		CommentsURL      string `json:"comments_url"`
		Column           string `json:"column"`
		LabelColumn      string `json:"label_column"`
		MaxAge           string `json:"max_age"`
		MaxShrinkPercent int    `json:"max_shrink_percent"`
		MaxBytes         int64  `json:"max_bytes"`
		Verdict          string `json:"verdict"`
		Category         string `json:"category"`
		OnlyEVM          bool   `json:"only_evm"`
		PrivateNetwork   bool   `json:"private_network"`
	}
	oracle struct {
		Name           string `json:"name"`
		NodesFile      string `json:"nodes_file"`
		Network        string `json:"network"`
		Contract       string `json:"contract"`
		OtherAddresses string `json:"other_addresses"`
	}
	vendor struct {
		Name              string            `json:"name"`
		Vendor            string            `json:"vendor"`
		BaseURL           string            `json:"base_url"`
		KeyFile           string            `json:"key_file"`
		SecretFile        string            `json:"secret_file"`
		ReviewAt          string            `json:"review_at"`
		HitAt             string            `json:"hit_at"`
		Chains            map[string]string `json:"chains"`
		CustomerReference string            `json:"customer_reference"`
		RequestsPerSecond int               `json:"requests_per_second"`
	}
)

// A builder makes the sources of a file and notes what is wrong with it.
type builder struct {
	dir      string
	names    map[string]string // name → path of the source that has it
	errs     []error
	screener screening.Screener
}

func (b *builder) build(f file) {
	if f.Timeout != "" {
		b.screener.Timeout = b.duration("timeout", f.Timeout)
	}
	for i, l := range f.Lists {
		b.list(fmt.Sprintf("lists[%d].", i), l)
	}
	for i, o := range f.Oracles {
		b.oracle(fmt.Sprintf("oracles[%d].", i), o)
	}
	for i, v := range f.Vendors {
		b.vendor(fmt.Sprintf("vendors[%d].", i), v)
	}
	if len(f.Lists)+len(f.Oracles)+len(f.Vendors) == 0 {
		b.add("lists", errors.New("there are no lists, oracles or vendors: nothing would ever be clear"))
	}
}

func (b *builder) add(path string, err error) {
	b.errs = append(b.errs, fmt.Errorf("%s: %w", path, err))
}

// addAll adds each of several errors, which begin with the names of their fields.
func (b *builder) addAll(path string, err error) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			b.addAll(path, e)
		}
		return
	}
	b.errs = append(b.errs, fmt.Errorf("%s%w", path, err))
}

// source takes a source that was built without mistakes.
func (b *builder) source(path, name string, s screening.Source) {
	if other, taken := b.names[name]; taken {
		b.add(path+"name", fmt.Errorf("%.60q is the name of %s too", name, strings.TrimSuffix(other, ".")))
	}
	b.names[name] = path
	b.screener.Sources = append(b.screener.Sources, s)
}

func (b *builder) duration(path, text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		b.add(path, fmt.Errorf("%.40q is no duration, want one like 36h", text))
		return time.Nanosecond // so that nobody complains of it again
	}
	return d
}

// path is a path of the file, from where we are.
func (b *builder) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(b.dir, p)
}

// secret reads a file that holds one secret.
func (b *builder) secret(path, file string) string {
	if file == "" {
		return ""
	}
	text, err := os.ReadFile(b.path(file))
	secret := strings.TrimSpace(string(text))
	switch {
	case err != nil:
		b.add(path, err)
	case secret == "":
		b.add(path, fmt.Errorf("%s is empty", file))
	}
	return secret
}
