package client

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"countersign"
	"countersign/chain/jsonrpc"
)

// An Answer is what one node said.
type Answer[T any] struct {
	Host  string
	Value T
	// Err is why there is no value.
	Err error
}

// ask puts one node's answer in its place of a channel.
func ask[T any](ctx context.Context, n *node, calls []jsonrpc.Call, read func([]jsonrpc.Reply) (T, error)) (a Answer[T]) {
	a.Host = n.rpc.Host()
	replies, err := n.do(ctx, calls)
	if err == nil {
		if a.Value, err = read(replies); err != nil {
			err = fmt.Errorf("node %s: %w", a.Host, err)
		}
	}
	a.Err = err
	return a
}

// All asks every node and returns the answers in the order of the nodes. It waits for all of
// them, but no longer than the network's hedge for those beyond the quorum.
func All[T any](ctx context.Context, c *Chain, calls []jsonrpc.Call, read func([]jsonrpc.Reply) (T, error)) []Answer[T] {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type placed struct {
		i int
		a Answer[T]
	}
	came := make(chan placed, len(c.nodes))
	answers := make([]Answer[T], len(c.nodes))
	for i, n := range c.nodes {
		answers[i] = Answer[T]{Host: n.rpc.Host(), Err: fmt.Errorf("node %s: %w: not within %s", n.rpc.Host(), jsonrpc.ErrNoAnswer, c.settings.Hedge)}
		go func() { came <- placed{i, ask(ctx, n, calls, read)} }()
	}
	patience := time.NewTimer(c.settings.Hedge)
	defer patience.Stop()
	waited, good := false, 0
	for got := 0; got < len(c.nodes) && (!waited || good < c.settings.Quorum); {
		select {
		case p := <-came:
			got++
			answers[p.i] = p.a
			if p.a.Err == nil {
				good++
			}
		case <-patience.C:
			waited = true
		}
	}
	return answers
}

// First asks the first node, and the next when one has not answered within the network's hedge,
// or not with what can be read. The first answer that can stands. Without one the error wraps
// [countersign.ErrUnsure] and what each node said.
func First[T any](ctx context.Context, c *Chain, calls []jsonrpc.Call, read func([]jsonrpc.Reply) (T, error)) (T, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	came := make(chan Answer[T], len(c.nodes))
	asked, missing := 0, []error(nil)
	next := func() {
		if asked < len(c.nodes) {
			n := c.nodes[asked]
			asked++
			go func() { came <- ask(ctx, n, calls, read) }()
		}
	}
	next()
	patience := time.NewTicker(c.settings.Hedge)
	defer patience.Stop()
	for {
		select {
		case a := <-came:
			if a.Err == nil {
				return a.Value, nil
			}
			if missing = append(missing, a.Err); len(missing) == len(c.nodes) {
				var none T
				return none, tooFew(0, 1, missing)
			}
			next()
		case <-patience.C:
			next()
		}
	}
}

// Agree asks every node and returns what the quorum says, when none says otherwise. Values are
// compared by their JSON, so read should keep only what nodes must agree on. The error wraps
// [countersign.ErrUnsure], and what the nodes said that gave no answer. With a quorum of one it
// is [First].
func Agree[T any](ctx context.Context, c *Chain, calls []jsonrpc.Call, read func([]jsonrpc.Reply) (T, error)) (T, error) {
	if c.settings.Quorum == 1 {
		return First(ctx, c, calls, read)
	}
	return Agreed(c, All(ctx, c, calls, read))
}

// Agreed is what the quorum of answers says, as [Agree] has it.
func Agreed[T any](c *Chain, answers []Answer[T]) (value T, err error) {
	var none T
	var missing []error
	var texts []said
	for _, a := range answers {
		if a.Err != nil {
			missing = append(missing, a.Err)
			continue
		}
		text, err := json.Marshal(a.Value)
		if err != nil {
			return none, fmt.Errorf("comparing what nodes said: %w", err)
		}
		if value = a.Value; len(texts) > 0 && texts[0].text != string(text) {
			return none, apart(texts[0], said{a.Host, string(text)})
		}
		texts = append(texts, said{a.Host, string(text)})
	}
	if len(texts) < c.settings.Quorum {
		return none, tooFew(len(texts), c.settings.Quorum, missing)
	}
	return value, nil
}

type said struct{ host, text string }

// apart tells what two nodes said, from a little before it differs.
func apart(a, b said) error {
	at := 0
	for at < len(a.text) && at < len(b.text) && a.text[at] == b.text[at] {
		at++
	}
	window := func(s string) string { return strings.ToValidUTF8(s[max(0, at-30):min(len(s), at+90)], "?") }
	return fmt.Errorf("%w: %s says %s, %s says %s", countersign.ErrUnsure, a.host, window(a.text), b.host, window(b.text))
}

// unsure wraps [countersign.ErrUnsure] and what was said by those that gave no answer.
type unsure struct {
	text   string
	causes []error
}

func (u *unsure) Error() string   { return u.text }
func (u *unsure) Unwrap() []error { return u.causes }

func tooFew(got, want int, missing []error) error {
	var texts []string
	for _, err := range missing {
		texts = append(texts, err.Error())
	}
	text := fmt.Sprintf("%v: too few answered, %d where %d must: %s", countersign.ErrUnsure, got, want, strings.Join(texts, "; "))
	return &unsure{text, append([]error{countersign.ErrUnsure}, missing...)}
}
