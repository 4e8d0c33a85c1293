package stack

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Config says where the stack lives and listens. Every address may end in :0 for
// a port that is free.
type Config struct {
	// Dir holds all state; it is created. Starting again on it continues.
	Dir string
	// Temporal and Sandbox are the programs; see [FindTemporal] and [FindSandbox].
	Temporal, Sandbox string
	// The addresses to listen on.
	TemporalAddr, UIAddr, SandboxAddr, RPCAddr, IngressAddr, ControlAddr string
	// TimeScale shortens the sandbox's waits: webhook retries and approval
	// timeouts pass that many times faster. Zero means 1.
	TimeScale float64
	// Unfunded has the sandbox give new wallets nothing, as the real platform does.
	Unfunded bool
	// Finality is how many blocks the sandbox's final block is behind its newest one; blocks
	// above it can be reorganised away. 0 makes every block final at once.
	Finality int
	// BlockTime is between its empty blocks while something is not final. Zero means 1 s,
	// below zero makes none.
	BlockTime time.Duration
	// NodeFinality is when we take a block for final: the nodes file's "finality". Empty
	// means by the node's word.
	NodeFinality string
	// ReconcileEvery is how often pending approvals without a workflow are looked
	// for. Zero means the product's default.
	ReconcileEvery time.Duration
	// Ready bounds the start of everything. Zero means 60 s.
	Ready time.Duration
	Log   *slog.Logger
}

// A Stack is running.
type Stack struct {
	Config
	// Platform is the sandbox as its administrator sees it.
	Platform Platform
	// ConfigFile is the configuration for `countersign --config`.
	ConfigFile string
	// Accounts are the service accounts that were set up.
	Accounts Accounts

	temporal, sandbox *child
}

// Start starts the children, waits for their health and sets up what the product
// needs. On an error nothing is left running. A port that was found free may be
// taken by another process before a child listens; where the choice of ports is
// ours, others are tried.
func Start(ctx context.Context, cfg Config) (*Stack, error) {
	for attempt := 1; ; attempt++ {
		s, err := startOnce(ctx, cfg)
		if err == nil || attempt == 3 || !cfg.chooses() || ctx.Err() != nil {
			return s, err
		}
		cfg.Log.Warn("stack did not start, trying other ports", "attempt", attempt, "error", err)
	}
}

// startOnce is one attempt of Start.
func startOnce(ctx context.Context, cfg Config) (*Stack, error) {
	cfg.Ready = cmp.Or(cfg.Ready, 60*time.Second)
	cfg.TimeScale = cmp.Or(cfg.TimeScale, 1)
	cfg.BlockTime = cmp.Or(cfg.BlockTime, time.Second)
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("stack directory: %w", err)
	}
	if err := settle(cfg.addresses()); err != nil {
		return nil, err
	}
	s := &Stack{Config: cfg, ConfigFile: filepath.Join(cfg.Dir, "countersign.env")}
	if err := s.start(ctx); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Stack) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.Ready, fmt.Errorf("not up within %s", s.Ready))
	defer cancel()
	if err := s.StartTemporal(ctx); err != nil {
		return err
	}
	if err := s.startSandbox(ctx); err != nil {
		return err
	}
	if err := s.setUp(ctx); err != nil {
		return fmt.Errorf("set up the sandbox: %w", err)
	}
	return nil
}

func (c *Config) addresses() []*string {
	return []*string{&c.TemporalAddr, &c.UIAddr, &c.SandboxAddr, &c.RPCAddr, &c.IngressAddr, &c.ControlAddr}
}

// chooses reports whether a port is ours to choose.
func (c *Config) chooses() bool {
	return slices.ContainsFunc(c.addresses(), func(a *string) bool { return *a == "" || strings.HasSuffix(*a, ":0") })
}

// Stop ends the children, last started first.
func (s *Stack) Stop() {
	for _, c := range []*child{s.sandbox, s.temporal} {
		if c != nil {
			c.stop()
		}
	}
	s.sandbox, s.temporal = nil, nil
}

// Wait returns when ctx is done, or with an error when a child has ended by
// itself.
func (s *Stack) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-s.temporal.done:
		return fmt.Errorf("temporal ended: %v: %s", s.temporal.err, logTail(s.Dir, "temporal"))
	case <-s.sandbox.done:
		return fmt.Errorf("sandbox ended: %v: %s", s.sandbox.err, logTail(s.Dir, "sandbox"))
	}
}

// settle replaces each port 0 by a free port, no two the same, and refuses one that is taken: a
// health check would find whoever has it, and two stacks would share one's state. Another
// process may still take a port before we listen; then the start fails.
func settle(addrs []*string) error {
	for _, addr := range addrs {
		l, err := listen(*addr)
		if err != nil {
			return err
		}
		defer l.Close() // when all are chosen
		*addr = l.Addr().String()
	}
	return nil
}

func listen(addr string) (net.Listener, error) {
	if addr == "" || addr == "127.0.0.1:0" {
		return choose()
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("address %s: %w; is another stack running? stop it, or choose other addresses", addr, err)
	}
	return l, nil
}

// choose finds a free port below those that the system gives to outgoing connections: one
// of these would soon be taken by whoever dials next.
func choose() (l net.Listener, err error) {
	for range 100 {
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(10_000))); err == nil {
			return l, nil
		}
	}
	return nil, fmt.Errorf("no free port from 20000 to 29999: %w", err)
}
