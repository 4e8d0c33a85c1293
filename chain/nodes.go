package chain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"countersign/chain/codepin"
	"countersign/chain/network"
)

// An Endpoint says where one network is read.
type Endpoint = network.Network

// Nodes are the endpoints by network, in the custodian's names. A node is reached
// when it is needed first, so that one that is down stops no program. Nodes are safe
// for concurrent use.
type Nodes struct {
	// Now is the clock; nil means [time.Now].
	Now func() time.Time

	endpoints map[string]network.Settings

	mu    sync.Mutex
	ready map[string]*Node
}

// LoadNodes reads a file of endpoints by network, see package network.
func LoadNodes(path string) (*Nodes, error) {
	endpoints, err := network.Load(path)
	if err != nil {
		return nil, err
	}
	return NewNodes(endpoints)
}

// NewNodes checks endpoints, without reaching them.
func NewNodes(endpoints map[string]Endpoint) (*Nodes, error) {
	n := &Nodes{endpoints: map[string]network.Settings{}, ready: map[string]*Node{}}
	if err := network.Check(endpoints); err != nil {
		return nil, err
	}
	for name, e := range endpoints {
		n.endpoints[name], _ = e.Settings() // checked above
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
	if age := n.endpoints[network].MaxAge; err == nil && age > 0 {
		err = evidence.Fresh(now(), age)
	}
	text, _ := json.Marshal(evidence) // strings, numbers and a time
	return text, err
}

// node returns a network's node, reached now if none was before: the first that answers for
// its chain.
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
	var errs []error
	for _, url := range e.URLs {
		node, err := Dial(ctx, url, e.ChainID)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		n.ready[network] = node
		return node, nil
	}
	return nil, errors.Join(errs...)
}
