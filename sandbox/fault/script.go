package fault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Script is what a file of faults, or the body of POST /faults, says: in YAML,
// or in JSON, which is YAML too.
type Script struct {
	Seed  uint64 `yaml:"seed" json:"seed"`
	Rules []Rule `yaml:"rules" json:"rules"`
}

// Rule is one fault. Fields that its kind does not use must be left out.
type Rule struct {
	Name string `yaml:"name" json:"name,omitempty"` // for people
	Kind string `yaml:"kind" json:"kind"`           // one of [Kinds]

	// Of calls. Empty matches all.
	Method string `yaml:"method" json:"method,omitempty"` // POST
	Route  string `yaml:"route" json:"route,omitempty"`   // /wallets/*/transfers; a last ** matches any rest

	// Of deliveries. Empty matches all.
	Event   string `yaml:"event" json:"event,omitempty"`     // a kind; a last * matches any rest
	Webhook string `yaml:"webhook" json:"webhook,omitempty"` // an ID, or a part of a URL

	Skip        int      `yaml:"skip" json:"skip,omitempty"`               // this many matching ones pass first
	Count       int      `yaml:"count" json:"count,omitempty"`             // hit at most this many; 0 is no limit
	Probability *float64 `yaml:"probability" json:"probability,omitempty"` // from 0 to 1; absent is 1

	Status     int      `yaml:"status" json:"status,omitempty"`         // error: 500 to 599, default 503
	RetryAfter Duration `yaml:"retryAfter" json:"retryAfter,omitempty"` // limit: whole seconds, default 1s
	Delay      Duration `yaml:"delay" json:"delay,omitempty"`           // slow: real time; delay: by the sandbox's clock; reorder: the longest, default 1m
	Skew       Duration `yaml:"skew" json:"skew,omitempty"`             // skew: added to timestampSent, may be below 0
	What       string   `yaml:"what" json:"what,omitempty"`             // corrupt: body or signature; restart: kill, the default, or stop
	Copies     int      `yaml:"copies" json:"copies,omitempty"`         // duplicate: how many more, default 1
	Silent     bool     `yaml:"silent" json:"silent,omitempty"`         // drop: the platform believes that it arrived
}

// The kinds of faults. The first seven are of calls, the others of deliveries.
const (
	Error     = "error"      // answers 5xx, nothing happens
	Limit     = "limit"      // answers 429 with Retry-After, nothing happens
	Slow      = "slow"       // waits, then answers
	LostReply = "lost-reply" // happens, and the connection is cut before the answer
	Cut       = "cut"        // the connection is cut, nothing happens
	Expired   = "expired"    // answers 401, as for a token that has expired
	Restart   = "restart"    // happens, and the program starts anew before the answer

	Duplicate = "duplicate" // is sent more than once, under one ID
	Drop      = "drop"      // never arrives; a failed attempt, unless silent
	Delay     = "delay"     // is put off
	Reorder   = "reorder"   // waits until a later one was delivered, or for delay
	Corrupt   = "corrupt"   // arrives with a wrong bit in the body, or a wrong signature
	Skew      = "skew"      // is stamped, and signed, with another timestampSent
)

// Kinds tells for each kind which fields of its own it takes.
var Kinds = map[string][]string{
	Error: {"status"}, Limit: {"retryAfter"}, Slow: {"delay"}, LostReply: nil, Cut: nil, Expired: nil, Restart: {"what"},
	Duplicate: {"copies"}, Drop: {"silent"}, Delay: {"delay"}, Reorder: {"delay"}, Corrupt: {"what"}, Skew: {"skew"},
}

// ofCalls are the kinds that are about calls of the API.
var ofCalls = []string{Error, Limit, Slow, LostReply, Cut, Expired, Restart}

// Parse reads a script and fills in the defaults. What is wrong is named by its
// field, such as rules[2].kind.
func Parse(text []byte) (Script, error) {
	var s Script
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&s); err != nil && !errors.Is(err, io.EOF) {
		return Script{}, fmt.Errorf("reading faults: %w", err)
	}
	if len(s.Rules) == 0 {
		return Script{}, errors.New("rules: there are none; give a list of at least one rule")
	}
	for i := range s.Rules {
		if err := s.Rules[i].complete(); err != nil {
			return Script{}, fmt.Errorf("rules[%d].%w", i, err)
		}
	}
	return s, nil
}

// complete checks r and fills in its defaults. Its errors begin with the field.
func (r *Rule) complete() error {
	takes, known := Kinds[r.Kind]
	if !known {
		return fmt.Errorf("kind: %q is not a kind of fault; choose one of %s", r.Kind,
			strings.Join(slices.Sorted(maps.Keys(Kinds)), ", "))
	}
	for field, given := range r.given() {
		if given && !slices.Contains(takes, field) {
			return fmt.Errorf("%s: a fault of kind %s does not use it; leave it out", field, r.Kind)
		}
	}
	if err := r.checkMatch(); err != nil {
		return err
	}
	return r.checkEffect()
}

// given tells for each field that only some kinds use whether r has it.
func (r *Rule) given() map[string]bool {
	calls := slices.Contains(ofCalls, r.Kind)
	return map[string]bool{
		"method": r.Method != "" && !calls, "route": r.Route != "" && !calls,
		"event": r.Event != "" && calls, "webhook": r.Webhook != "" && calls,
		"status": r.Status != 0, "retryAfter": r.RetryAfter != 0, "delay": r.Delay != 0, "skew": r.Skew != 0,
		"what": r.What != "", "copies": r.Copies != 0, "silent": r.Silent,
	}
}

func (r *Rule) checkMatch() error {
	methods := []string{"", http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete}
	switch {
	case !slices.Contains(methods, r.Method):
		return fmt.Errorf("method: %q is none that the API has; give GET, POST, PUT or DELETE", r.Method)
	case r.Route != "" && !strings.HasPrefix(r.Route, "/"):
		return fmt.Errorf("route: %q does not start with /; write it like /wallets/*/transfers", r.Route)
	case r.Skip < 0:
		return fmt.Errorf("skip: %d is below 0", r.Skip)
	case r.Count < 0:
		return fmt.Errorf("count: %d is below 0; 0 means no limit", r.Count)
	case r.Probability != nil && !(*r.Probability >= 0 && *r.Probability <= 1):
		return fmt.Errorf("probability: %g is not from 0 to 1", *r.Probability)
	}
	return nil
}

func (r *Rule) checkEffect() error {
	setDefault(&r.Status, 503, r.Kind == Error)
	setDefault(&r.RetryAfter, Duration(time.Second), r.Kind == Limit)
	setDefault(&r.Delay, Duration(time.Minute), r.Kind == Reorder)
	setDefault(&r.What, "kill", r.Kind == Restart)
	setDefault(&r.Copies, 1, r.Kind == Duplicate)
	switch {
	case r.Kind == Error && (r.Status < 500 || r.Status > 599):
		return fmt.Errorf("status: %d is not from 500 to 599", r.Status)
	case r.Kind == Limit && (r.RetryAfter < 0 || r.RetryAfter%Duration(time.Second) != 0):
		return fmt.Errorf("retryAfter: %s is not a whole number of seconds", time.Duration(r.RetryAfter))
	case (r.Kind == Slow || r.Kind == Delay || r.Kind == Reorder) && r.Delay <= 0:
		return fmt.Errorf("delay: a fault of kind %s needs one above 0, such as 2s", r.Kind)
	case r.Kind == Skew && r.Skew == 0:
		return errors.New("skew: it is needed, such as -10m")
	case r.Kind == Corrupt && r.What != "body" && r.What != "signature":
		return fmt.Errorf("what: %q must be body or signature", r.What)
	case r.Kind == Restart && r.What != "kill" && r.What != "stop":
		return fmt.Errorf("what: %q must be kill, as kill -9 does, or stop, which closes everything first", r.What)
	case r.Copies < 0 || r.Copies > 100:
		return fmt.Errorf("copies: %d is not from 1 to 100", r.Copies)
	}
	return nil
}

func setDefault[T comparable](field *T, value T, applies bool) {
	var zero T
	if applies && *field == zero {
		*field = value
	}
}
