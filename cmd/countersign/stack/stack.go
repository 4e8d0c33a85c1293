package stack

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
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
	TemporalAddr, UIAddr, SandboxAddr, RPCAddr, IngressAddr string
	// TimeScale shortens the sandbox's waits: webhook retries and approval
	// timeouts pass that many times faster. Zero means 1.
	TimeScale float64
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
// needs. On an error nothing is left running.
func Start(ctx context.Context, cfg Config) (s *Stack, err error) {
	if cfg.Ready == 0 {
		cfg.Ready = 60 * time.Second
	}
	if cfg.TimeScale == 0 {
		cfg.TimeScale = 1
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("stack directory: %w", err)
	}
	for _, addr := range []*string{&cfg.TemporalAddr, &cfg.UIAddr, &cfg.SandboxAddr, &cfg.RPCAddr, &cfg.IngressAddr} {
		if err := settle(addr); err != nil {
			return nil, err
		}
	}
	s = &Stack{Config: cfg, ConfigFile: filepath.Join(cfg.Dir, "countersign.env")}
	defer func() {
		if err != nil {
			s.Stop()
		}
	}()
	ctx, cancel := context.WithTimeoutCause(ctx, cfg.Ready, fmt.Errorf("not up within %s", cfg.Ready))
	defer cancel()
	if err := s.StartTemporal(ctx); err != nil {
		return nil, err
	}
	if err := s.startSandbox(ctx); err != nil {
		return nil, err
	}
	if err := s.setUp(ctx); err != nil {
		return nil, fmt.Errorf("set up the sandbox: %w", err)
	}
	return s, nil
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

// settle replaces port 0 by a free port, and refuses one that is taken: a health
// check would find whoever has it, and two stacks would share one's state. Another
// process may still take the port before we listen; then the start fails.
func settle(addr *string) error {
	if *addr == "" {
		*addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return fmt.Errorf("address %s: %w; is another stack running? stop it, or choose other addresses", *addr, err)
	}
	*addr = l.Addr().String()
	return l.Close()
}
