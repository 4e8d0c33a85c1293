// Package fault makes the sandbox misbehave on request, and the same way every
// time.
//
// A [Script] is a seed and a list of rules. A rule says which calls or webhook
// deliveries it is about, which of them it lets pass, and what it does to the
// others:
//
//	seed: 7
//	rules:
//	  - kind: error            # what to do; see [Kinds]
//	    method: POST           # of the call
//	    route: /wallets/*/transfers
//	    skip: 2                # the first two pass
//	    count: 3               # then at most three are hit
//	    probability: 0.5       # each with this chance
//	    status: 503
//	  - kind: duplicate
//	    event: wallet.transfer.*
//	    webhook: 127.0.0.1:9000  # the webhook's ID, or a part of its URL
//
// # Reproducible
//
// Whether a rule hits its n-th matching call depends on the seed, the rule's
// place in its script, and n: not on the time, and on no other rule. The same
// script and the same sequence of calls give the same faults. Deliveries are
// counted for each webhook by itself, in the order in which they fall due,
// because webhooks are served side by side.
//
// The first rule that hits a call has it; later rules do not count that call.
// Rules live in memory and end with the process, however it ends or starts anew.
// Only those that the program is started with are in force again, and count from 0.
package fault

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
)

// Set is the rules in force. Its zero value has none. It is safe for concurrent
// use.
type Set struct {
	// Restart starts the program anew, soon: at once, as after kill -9, or closed first.
	// Without it there are no faults of kind restart. It is set before any is asked.
	Restart func(kill bool) error

	mu    sync.Mutex
	next  int
	rules []*Installed
}

// Installed is a rule in force, and how often it was asked.
type Installed struct {
	ID      string `json:"id"`    // f-1, f-2, …
	Seed    uint64 `json:"seed"`  // of its script
	Place   int    `json:"place"` // in its script, from 0
	Matched int    `json:"matched"`
	Hit     int    `json:"hit"`
	Rule

	streams map[string]*stream
}

// stream counts what a rule saw of one webhook, or of all calls.
type stream struct{ matched, hit int }

// Check fails for a script with a fault that this program cannot have.
func (s *Set) Check(script Script) error {
	for i, rule := range script.Rules {
		if rule.Kind == Restart && s.Restart == nil {
			return fmt.Errorf("rules[%d].kind: restart needs a program that can start anew; run sandbox serve", i)
		}
	}
	return nil
}

// Install adds the rules of a script, after those in force.
func (s *Set) Install(script Script) []Installed {
	s.mu.Lock()
	defer s.mu.Unlock()
	added := []Installed{}
	for place, rule := range script.Rules {
		s.next++
		one := &Installed{ID: fmt.Sprintf("f-%d", s.next), Seed: script.Seed, Place: place, Rule: rule,
			streams: map[string]*stream{}}
		s.rules = append(s.rules, one)
		added = append(added, *one)
	}
	return added
}

// List returns the rules in force, in order.
func (s *Set) List() []Installed {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []Installed{}
	for _, r := range s.rules {
		found = append(found, *r)
	}
	return found
}

// Empty tells whether no rule is in force.
func (s *Set) Empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rules) == 0
}

// Remove takes a rule out of force, and tells whether it was in it.
func (s *Set) Remove(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.rules)
	s.rules = slices.DeleteFunc(s.rules, func(r *Installed) bool { return r.ID == id })
	return len(s.rules) < before
}

// Clear takes all rules out of force.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// A Hit is a rule that has a call, with a number drawn for it: the same for the
// same call of the same script.
type Hit struct {
	Rule
	Draw uint64
}

// Call returns the rule that has a call of the API.
func (s *Set) Call(method, path string) (Hit, bool) {
	return s.find("", func(r Rule) bool { return r.matchesCall(method, path) })
}

// Delivery returns the rule that has a delivery to a webhook.
func (s *Set) Delivery(webhook, url, event string) (Hit, bool) {
	return s.find(webhook, func(r Rule) bool { return r.matchesDelivery(webhook, url, event) })
}

func (s *Set) find(key string, matches func(Rule) bool) (Hit, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rules {
		if !matches(r.Rule) {
			continue
		}
		if draw, hit := r.ask(key); hit {
			return Hit{r.Rule, draw}, true
		}
	}
	return Hit{}, false
}

// ask counts a matching call and says whether the rule hits it.
func (r *Installed) ask(key string) (uint64, bool) {
	seen := r.streams[key]
	if seen == nil {
		seen = &stream{}
		r.streams[key] = seen
	}
	n := seen.matched
	seen.matched++
	r.Matched++
	draw := drawn(r.Seed, r.Place, n)
	chance := 1.0
	if r.Probability != nil {
		chance = *r.Probability
	}
	// The upper 53 bits, as a number from 0 up to but not including 1.
	if n < r.Skip || r.Count > 0 && seen.hit >= r.Count || float64(draw>>11)/(1<<53) >= chance {
		return 0, false
	}
	seen.hit++
	r.Hit++
	return draw, true
}

// drawn is a random number that depends on nothing but its arguments.
func drawn(seed uint64, place, n int) uint64 {
	var in [24]byte
	binary.BigEndian.PutUint64(in[0:], seed)
	binary.BigEndian.PutUint64(in[8:], uint64(place))
	binary.BigEndian.PutUint64(in[16:], uint64(n))
	sum := sha256.Sum256(in[:])
	return binary.BigEndian.Uint64(sum[:8])
}
