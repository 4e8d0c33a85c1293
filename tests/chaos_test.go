package tests

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"countersign/custody/dfns"
)

// chaos makes a run's world hard, one fault after the other, until it is told to stop. What it
// does depends on the seed alone; at which moment of the others' work it happens does not.
type chaos struct {
	r      *thousand
	random *rand.Rand
	kept   map[string]*kept
	end    context.CancelFunc
	done   sync.WaitGroup
	all    atomic.Bool // every hardship has happened
	counts map[string]int
}

// A hardship is one thing that goes wrong, and how often beside the others.
type hardship struct {
	name   string
	weight int
	do     func(*chaos, context.Context) error
}

var hardships = []hardship{
	{"reorganise", 6, (*chaos).reorganise},
	{"hold", 4, (*chaos).hold},
	{"release", 4, (*chaos).letGo},
	{"cancel", 4, func(c *chaos, ctx context.Context) error { return c.replace(ctx, "cancel") }},
	{"speed-up", 4, func(c *chaos, ctx context.Context) error { return c.replace(ctx, "speed-up") }},
	{"deposit", 8, (*chaos).deposit},
	{"kill worker", 2, func(c *chaos, _ context.Context) error { c.kept["worker"].kill(); return nil }},
	{"kill ingress", 2, func(c *chaos, _ context.Context) error { c.kept["ingress"].kill(); return nil }},
	{"kill watch", 2, func(c *chaos, _ context.Context) error { c.kept["watch"].kill(); return nil }},
	{"kill sandbox", 1, (*chaos).killSandbox},
	{"kill Temporal", 1, (*chaos).killTemporal},
}

// faults are what webhooks and calls of the platform suffer all the time.
func faults(seed uint64) map[string]any {
	rule := func(kind string, chance float64, more ...any) map[string]any {
		r := map[string]any{"kind": kind, "probability": chance}
		for i := 0; i < len(more); i += 2 {
			r[more[i].(string)] = more[i+1]
		}
		return r
	}
	return map[string]any{"seed": seed, "rules": []any{
		rule("drop", 0.1), rule("duplicate", 0.15, "copies", 2), rule("reorder", 0.1, "delay", "2s"), rule("delay", 0.1, "delay", "1s"),
		rule("corrupt", 0.03, "what", "body"), rule("corrupt", 0.03, "what", "signature"),
		rule("error", 0.03, "status", 500), rule("error", 0.03, "status", 503), rule("limit", 0.02), rule("slow", 0.05, "delay", "300ms"),
		rule("lost-reply", 0.03), rule("cut", 0.02),
	}}
}

func (r *thousand) disturb(seed uint64, kept map[string]*kept) *chaos {
	ctx, cancel := context.WithCancel(r.t.Context())
	c := &chaos{r: r, random: rand.New(rand.NewPCG(seed, 2)), kept: kept, end: cancel, counts: map[string]int{}}
	c.r.control("/faults", faults(seed), nil)
	c.done.Go(func() { c.run(ctx) })
	return c
}

// run does each hardship once, in some order, and then goes on at random.
func (c *chaos) run(ctx context.Context) {
	var bag []int
	for i, h := range hardships {
		for range h.weight {
			bag = append(bag, i)
		}
	}
	first := c.random.Perm(len(hardships))
	for n := 0; ; n++ {
		pause := time.Duration(200+c.random.IntN(500)) * time.Millisecond
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		i := bag[c.random.IntN(len(bag))]
		if n < len(first) {
			i = first[n]
		}
		if err := hardships[i].do(c, ctx); err != nil && ctx.Err() == nil {
			c.r.t.Errorf("%s: %v", hardships[i].name, err)
			return
		}
		c.counts[hardships[i].name]++
		c.all.Store(n >= len(first)-1)
	}
}

// over ends all hardship, and lets go what is held.
func (c *chaos) over() {
	c.end()
	c.done.Wait()
	t := c.r.t
	waitFor(t, "end of all faults", func(ctx context.Context) error {
		return errors.Join(c.clear(ctx), c.ask(ctx, "/chain/"+c.r.stack.Platform.Network+"/release", map[string]any{}))
	})
	t.Logf("hardship: %v", c.counts)
}

func (c *chaos) clear(ctx context.Context) error {
	return send(ctx, http.MethodDelete, c.r.stack.Platform.ControlURL+"/faults", nil)
}

// ask asks the control API.
func (c *chaos) ask(ctx context.Context, path string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return send(ctx, http.MethodPost, c.r.stack.Platform.ControlURL+path, text)
}

// refusal is an answer that is not 200.
type refusal struct {
	status int
	text   string
}

func (r refusal) Error() string { return r.text }

func send(ctx context.Context, method, url string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode/100 != 2 {
		err = refusal{res.StatusCode, fmt.Sprintf("%s %s answers %s %s", method, url, res.Status, text)}
	}
	return err
}

// unless drops the refusals that may be.
func unless(err error, statuses ...int) error {
	var r refusal
	if errors.As(err, &r) {
		for _, s := range statuses {
			if r.status == s {
				return nil
			}
		}
	}
	return err
}

func (c *chaos) reorganise(ctx context.Context) error {
	body := map[string]any{"depth": 1 + c.random.IntN(3), "drop": c.random.IntN(3) == 0}
	return unless(c.ask(ctx, "/chain/"+c.r.stack.Platform.Network+"/reorganise", body), http.StatusUnprocessableEntity)
}

func (c *chaos) hold(ctx context.Context) error {
	return c.ask(ctx, "/chain/"+c.r.stack.Platform.Network+"/hold", map[string]any{"count": 1 + c.random.IntN(3)})
}

func (c *chaos) letGo(ctx context.Context) error {
	return c.ask(ctx, "/chain/"+c.r.stack.Platform.Network+"/release", map[string]any{})
}

// deposit pays a wallet from outside.
func (c *chaos) deposit(ctx context.Context) error {
	p := c.r.stack.Platform
	body := map[string]string{"network": p.Network, "to": c.r.any(c.random).Address, "amount": fmt.Sprint(1 + c.random.IntN(1_000_000))}
	if i := c.random.IntN(1 + len(c.r.tokens)); i > 0 {
		body["contract"] = c.r.tokens[i-1]
	}
	// What is held may hold up what the outside account needs: 503, and 422 while its token is on a
	// branch that is gone.
	return unless(c.ask(ctx, "/deposits", body), http.StatusServiceUnavailable, http.StatusUnprocessableEntity)
}

// replace has people cancel or speed up whatever is sent and in no block.
func (c *chaos) replace(ctx context.Context, how string) error {
	for _, w := range c.r.wallets {
		for _, raw := range c.r.listed(ctx, "/wallets/"+w.ID+"/transfers", 10) {
			var transfer struct{ ID, Status string }
			if err := json.Unmarshal(raw, &transfer); err != nil {
				return err
			}
			if transfer.Status != "Broadcasted" {
				continue
			}
			err := c.r.people.Do(ctx, http.MethodPost, "/wallets/"+w.ID+"/transfers/"+transfer.ID+"/"+how, struct{}{}, nil)
			var refused *dfns.Error
			if err == nil || !errors.As(err, &refused) { // one is enough, and no answer is an answer here
				return nil
			}
		}
	}
	return nil
}

func (c *chaos) killSandbox(ctx context.Context) error {
	if err := c.ask(ctx, "/restart", map[string]string{"mode": "kill"}); err != nil {
		return err
	}
	if err := holds(ctx, func() error { return answers200(ctx, "http://"+c.r.stack.SandboxAddr+"/healthz") }); err != nil {
		return fmt.Errorf("it does not come back: %w", err)
	}
	again := faults(c.random.Uint64()) // they end with the process
	return holds(ctx, func() error { return c.ask(ctx, "/faults", again) })
}

func (c *chaos) killTemporal(ctx context.Context) error {
	if err := c.r.stack.KillTemporal(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience) // it must run for the rest of the test
	defer cancel()
	return c.r.stack.StartTemporal(ctx)
}

// holds asks until a condition holds, for as long as our patience.
func holds(ctx context.Context, condition func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := condition()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}
