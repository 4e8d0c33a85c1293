// Package network says where chains are read and when a block of theirs is final: the nodes
// file, COUNTERSIGN_NODES_FILE, a JSON object of one [Network] for each of the custodian's
// names of networks. The file may hold keys, in URLs.
//
//	{"Ethereum": {"urls": ["https://a.example/KEY", "https://b.example"], "chain_id": 1, "max_age": "5m"},
//	 "Polygon":  {"url": "https://c.example", "chain_id": 137, "finality": "confirmations:128", "rate": 20}}
package network

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/strictjson"
)

// What holds where the file says nothing.
const (
	// DefaultTimeout bounds one request to one node.
	DefaultTimeout = 15 * time.Second
	// DefaultHedge is how long the first node has before a second is asked. Nodes answer in
	// tens of milliseconds; one that takes this long is busy.
	DefaultHedge = time.Second
	// DefaultBatch is how many calls travel in one request. Providers limit it, most to 100
	// or more.
	DefaultBatch = 50
	// maxBatch is go-ethereum's own limit (node.DefaultConfig.BatchRequestLimit).
	maxBatch = 1000
)

// A Network says how one network is read.
type Network struct {
	// URL is the JSON-RPC endpoint of the only node, https, or http within your own network.
	URL string `json:"url,omitempty"`
	// URLs are those of several nodes, best of different operators, the preferred first.
	// Either this or URL is required.
	URLs []string `json:"urls,omitempty"`
	// ChainID is the network's EIP-155 number; a node of another chain is not believed.
	// Required.
	ChainID uint64 `json:"chain_id"`
	// MaxAge is how old the newest block may be, as "15m"; an older one means that the
	// node is stuck, and then nothing is known from it. Empty means any age, which is
	// for chains that stand still between transactions.
	MaxAge string `json:"max_age,omitempty"`
	// Quorum is how many nodes must say the same before money rests on it. Whenever two that
	// answered disagree, nothing rests on either. 0 means more than half of the nodes: 1 of 1,
	// 2 of 2, 2 of 3, 3 of 4. With 1 of several each is believed alone.
	Quorum int `json:"quorum,omitempty"`
	// Finality is when a block cannot leave the chain any more: "finalized" (the default) and
	// "safe" by the node's tag, "confirmations:12" when that many blocks stand above it.
	Finality string `json:"finality,omitempty"`
	// Rate is how many calls a second each node is sent at most, each call of a batch counted;
	// 0 means any number.
	Rate float64 `json:"rate,omitempty"`
	// HedgeAfter is how long the first node has to answer before another is asked, and how
	// long nodes beyond the quorum are waited for. Empty means 1s.
	HedgeAfter string `json:"hedge_after,omitempty"`
	// Timeout bounds one request. Empty means 15s.
	Timeout string `json:"timeout,omitempty"`
	// Batch is how many calls travel in one request at most, 1 to 1,000; 1 is for nodes that
	// take no batches. 0 means 50.
	Batch int `json:"batch,omitempty"`
}

// Load reads and checks a file of networks by name.
func Load(path string) (map[string]Network, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var networks map[string]Network
	if err := strictjson.Exact(text, &networks); err != nil {
		return nil, fmt.Errorf("nodes: %w", err)
	}
	return networks, Check(networks)
}

// Check says what is wrong with networks, all of it.
func Check(networks map[string]Network) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(networks)) {
		if _, err := networks[name].Settings(); err != nil {
			errs = append(errs, fmt.Errorf("nodes: %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// Settings are a network's with all defaults filled in.
type Settings struct {
	URLs    []string
	ChainID uint64
	// MaxAge is 0 for any age.
	MaxAge time.Duration
	Quorum int
	// Tag is the final block's, or empty; then Confirmations says how many blocks stand above.
	Tag           string
	Confirmations uint64
	// Rate is in calls a second, 0 for any number.
	Rate           float64
	Hedge, Timeout time.Duration
	Batch          int
}

// Settings reads a network's texts. An error does not hold any URL, for it may hold a key.
func (n Network) Settings() (s Settings, err error) {
	s = Settings{URLs: n.URLs, ChainID: n.ChainID, Quorum: n.Quorum, Rate: n.Rate, Batch: n.Batch}
	if n.URL != "" {
		s.URLs = append([]string{n.URL}, n.URLs...)
	}
	var errs []error
	refuse := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	refuse(len(s.URLs) == 0 || n.ChainID == 0, "url and chain_id are required")
	refuse(n.URL != "" && len(n.URLs) > 0, "url and urls are both given: keep urls")
	refuse(repeated(s.URLs), "urls name one node twice, which would agree with itself: leave one out")
	if s.Quorum == 0 {
		s.Quorum = len(s.URLs)/2 + 1
	}
	refuse(s.Quorum < 0 || s.Quorum > max(len(s.URLs), 1), "quorum %d of %d nodes is not possible", n.Quorum, len(s.URLs))
	refuse(!(n.Rate >= 0 && n.Rate <= 1e6), "rate %v is no number of calls a second", n.Rate)
	if s.Batch == 0 {
		s.Batch = DefaultBatch
	}
	refuse(s.Batch < 1 || s.Batch > maxBatch, "batch %d is not from 1 to %d", n.Batch, maxBatch)
	s.Tag, s.Confirmations, err = finality(n.Finality)
	errs = append(errs, err)
	for _, d := range []struct {
		field, text string
		into        *time.Duration
		otherwise   time.Duration
	}{
		{"max_age", n.MaxAge, &s.MaxAge, 0}, {"hedge_after", n.HedgeAfter, &s.Hedge, DefaultHedge}, {"timeout", n.Timeout, &s.Timeout, DefaultTimeout},
	} {
		*d.into = d.otherwise
		if d.text == "" {
			continue
		}
		v, err := time.ParseDuration(d.text)
		refuse(err != nil || v <= 0, "%s %q is no duration, want one like 15m", d.field, d.text)
		*d.into = v
	}
	return s, errors.Join(errs...)
}

// repeated reports whether two URLs are of one node. Letter case and a slash at the end make
// none another.
func repeated(urls []string) bool {
	seen := map[string]bool{}
	for _, text := range urls {
		if u, err := url.Parse(text); err == nil {
			text = strings.ToLower(u.Scheme+"://"+u.Host) + strings.TrimRight(u.RequestURI(), "/")
		}
		if seen[text] {
			return true
		}
		seen[text] = true
	}
	return false
}

// finality reads the rule by which blocks are final.
func finality(text string) (tag string, confirmations uint64, err error) {
	switch text {
	case "", "finalized":
		return "finalized", 0, nil
	case "safe":
		return "safe", 0, nil
	}
	count, found := strings.CutPrefix(text, "confirmations:")
	if n, err := strconv.ParseUint(count, 10, 32); found && err == nil && n > 0 {
		return "", n, nil
	}
	return "", 0, fmt.Errorf("finality %.40q is not known, want finalized, safe or confirmations:12", text)
}
