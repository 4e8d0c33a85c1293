package chain

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"countersign/chain/codepin"
	"countersign/strictjson"
)

// An Endpoint says where one network is read.
type Endpoint struct {
	// URL is the JSON-RPC endpoint, https, or http within your own network. Required.
	URL string `json:"url"`
	// ChainID is the network's EIP-155 number; a node of another chain is not asked.
	// Required.
	ChainID uint64 `json:"chain_id"`
	// MaxAge is how old the newest block may be, as "15m"; an older one means that the
	// node is stuck, and then nothing is known from it. Empty means any age, which is
	// for chains that stand still between transactions.
	MaxAge string `json:"max_age,omitempty"`
}

// Nodes are the endpoints by network, in the custodian's names. A node is reached
// when it is needed first, so that one that is down stops no program. Nodes are safe
// for concurrent use.
type Nodes struct {
	// Now is the clock; nil means [time.Now].
	Now func() time.Time

	endpoints map[string]Endpoint
	maxAge    map[string]time.Duration

	mu    sync.Mutex
	ready map[string]*Node
}

// LoadNodes reads a file of endpoints by network: a JSON object of [Endpoint]s. The
// file may hold keys, in URLs.
func LoadNodes(path string) (*Nodes, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var endpoints map[string]Endpoint
	if err := strictjson.Exact(text, &endpoints); err != nil {
		return nil, fmt.Errorf("nodes: %w", err)
	}
	return NewNodes(endpoints)
}

// NewNodes checks endpoints, without reaching them.
func NewNodes(endpoints map[string]Endpoint) (*Nodes, error) {
	n := &Nodes{endpoints: endpoints, maxAge: map[string]time.Duration{}, ready: map[string]*Node{}}
	for _, network := range slices.Sorted(maps.Keys(endpoints)) {
		e := endpoints[network]
		if e.URL == "" || e.ChainID == 0 {
			return nil, fmt.Errorf("nodes: %s: url and chain_id are required", network)
		}
		if e.MaxAge == "" {
			continue
		}
		age, err := time.ParseDuration(e.MaxAge)
		if err != nil || age <= 0 {
			return nil, fmt.Errorf("nodes: %s: max_age %q is no duration, want one like 15m", network, e.MaxAge)
		}
		n.maxAge[network] = age
	}
	return n, nil
}

// CheckCode compares pins with a network's chain, as [Verify] does, and with the age
// of its newest block. It returns what was read as JSON, beside an error too.
func (n *Nodes) CheckCode(ctx context.Context, network string, pins []codepin.Pin) ([]byte, error) {
	node, err := n.node(ctx, network)
	if err != nil {
		return nil, err
	}
	evidence, err := Verify(ctx, node, pins)
	now := time.Now
	if n.Now != nil {
		now = n.Now
	}
	if age := n.maxAge[network]; err == nil && age > 0 {
		err = evidence.Fresh(now(), age)
	}
	text, _ := json.Marshal(evidence) // strings, numbers and a time
	return text, err
}

// node returns a network's node, reached now if it was not before.
func (n *Nodes) node(ctx context.Context, network string) (*Node, error) {
	n.mu.Lock()
	node := n.ready[network]
	n.mu.Unlock()
	if node != nil {
		return node, nil
	}
	e, known := n.endpoints[network]
	if !known {
		return nil, fmt.Errorf("%w: no node is configured for network %.64q", codepin.ErrUnknown, network)
	}
	node, err := Dial(ctx, e.URL, e.ChainID)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ready[network] = node
	return node, nil
}
