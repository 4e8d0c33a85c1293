// Package sandbox is a custody platform for laptops and tests that speaks the
// DFNS API: callers that sign their requests, wallets, policies, approvals and
// signed webhooks, on real EVM chains that run in the same process.
//
// [Start] serves a data directory; [ReadEnv] tells a client what it needs to
// talk to it. All state is in that directory, in one SQLite file. Everything
// that was acknowledged survives kill -9, and what was under way is finished,
// once, at the next start.
//
// The sandbox checks what DFNS checks. It is for development only: it prints
// the private keys of its users, and hands out ETH that is worth nothing.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"countersign/sandbox/api"
	"countersign/sandbox/auth"
	"countersign/sandbox/chains"
	"countersign/sandbox/clock"
	"countersign/sandbox/credential"
	"countersign/sandbox/custody"
	"countersign/sandbox/facts"
	"countersign/sandbox/fault"
	"countersign/sandbox/gate"
	"countersign/sandbox/keys"
	"countersign/sandbox/network"
	"countersign/sandbox/ratelimit"
	"countersign/sandbox/recovery"
	"countersign/sandbox/registration"
	"countersign/sandbox/settle"
	"countersign/sandbox/store"
	"countersign/sandbox/validator"
	"countersign/sandbox/webhook"
)

// Config says what to serve, and where. The zero value of a field means its
// default, except Data, which is required.
type Config struct {
	Listen          string        // of the API; default 127.0.0.1:4000, port 0 chooses one
	RPCListen       string        // of the chains' JSON-RPC; default 127.0.0.1:8545
	ControlListen   string        // of the control API, which has no default: "" is off
	Faults          fault.Script  // in force from the start; none by default
	Networks        []string      // DFNS's names; default network.Defaults. EthereumSepolia always runs
	Data            string        // the data directory; made when it is not there
	Finality        int           // blocks that safe and finalized are behind the head; default 0
	BlockTime       time.Duration // between empty blocks while something is not final; default 1s, negative for none
	TimeScale       float64       // divides webhook retry delays and autoRejectTimeout; default 1
	DeliveryTimeout time.Duration // for one webhook attempt; default 5s
	AllowPublic     bool          // bind to addresses that other machines reach
	SeedNames       bool          // also what DFNS's page on workflows shows and its API lacks
	Bootstrap       bool          // service accounts and tokens may create service accounts
	Unfunded        bool          // wallets that callers make start empty, as DFNS's do; else each gets 100 ETH
	RateLimit       int           // requests of the organisation in 60 seconds; 0 refuses none
	// Restart starts the program anew, for the control API and faults of kind restart. Without it they refuse.
	Restart func(Restart)
	Now     func() time.Time // real time, which the sandbox's clock runs ahead of; default time.Now
}

// closeGrace is how long Close waits for calls under way before it cuts them off.
const closeGrace = 2 * time.Second

// Server is a running sandbox.
type Server struct {
	// URL and RPCURL are where the API and the chain answer, ControlURL where the
	// control API does, if it is on.
	URL, RPCURL, ControlURL string

	at        Restart // its addresses
	db        *store.DB
	clock     *clock.Clock
	faults    fault.Set
	chains    *chains.Chains
	settler   *settle.Settler
	nets      network.Set
	http, rpc *http.Server
	control   *http.Server // nil when it is off
	lock      *lock
	done      sync.WaitGroup
	stop      context.CancelFunc
	ready     atomic.Bool
}

// Start serves cfg.Data and returns once it is seeded and the API answers.
// Only one process may serve a directory.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	s := &Server{}
	if err := s.start(ctx, cfg); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, cfg Config) (err error) {
	if s.lock, err = acquire(cfg.Data); err != nil {
		return err
	}
	if s.db, err = store.Open(cfg.Data); err != nil {
		return err
	}
	if s.clock, err = openClock(s.db, cfg.Now); err != nil {
		return err
	}
	cfg.Now = s.clock.Now
	users, err := auth.New(s.db, cfg.Now)
	if err != nil {
		return err
	}
	if s.nets, err = network.NewSet(cfg.Networks); err != nil {
		return err
	}
	vault := &custody.Custody{DB: s.db, Now: cfg.Now, Networks: s.nets, Unfunded: cfg.Unfunded}
	desk := governance(cfg, s.db, vault)
	seed, err := plant(s.db, users, vault, cfg.Now())
	if err != nil {
		return fmt.Errorf("seeding: %w", err)
	}
	vault.Token, vault.Faucet = seed.TokenAddress, seed.faucetAddress()
	if err := s.startChains(cfg, seed, vault); err != nil {
		return err
	}
	if err := (facts.Files{Dir: cfg.Data}).Seed(prices(s.nets, vault)); err != nil {
		return err
	}
	hooks := &webhook.Registry{DB: s.db, Now: cfg.Now, SeedNames: cfg.SeedNames}
	deliverer := webhook.NewDeliverer(hooks, cfg.TimeScale, cfg.DeliveryTimeout)
	deliverer.Faults = &s.faults
	rights := permissions(cfg, s.db, desk)
	door := &api.API{Auth: users, Access: rights, Accounts: accounts(cfg, s.db, users, rights), Custody: vault,
		Credentials:  &credential.Desk{DB: s.db, Now: cfg.Now, Auth: users, Machines: cfg.Bootstrap},
		Registration: &registration.Desk{DB: s.db, Now: cfg.Now, Auth: users, Vault: vault}, Recovery: &recovery.Desk{DB: s.db, Now: cfg.Now, Auth: users},
		Policies: desk.Policies, Gate: desk.Gate, Changes: desk, Keys: &keys.Ring{DB: s.db, Now: cfg.Now},
		Signatures: signatures(cfg, s.db, vault), Webhooks: hooks, Deliverer: deliverer,
		Validators: &validator.Desk{DB: s.db, Now: cfg.Now, OrgID: users.OrgID()},
		Chains:     s.chains, Limiter: &ratelimit.Limiter{Limit: cfg.RateLimit, Now: cfg.Now}, Ready: s.ready.Load, SeedNames: cfg.SeedNames}
	if err := vault.WatchWallets(); err != nil {
		return err
	}
	s.settler = &settle.Settler{Custody: vault, Chains: s.chains, Faucet: seed.faucet()}
	s.faults.Restart = s.restarter(cfg)
	if err := s.faults.Check(cfg.Faults); err != nil {
		return err
	}
	s.faults.Install(cfg.Faults)
	s.run(desk.Gate, deliverer)
	calls := s.faults.Door(door.Handler())
	if err := s.startControl(cfg, seed, vault, calls); err != nil {
		return err
	}
	return s.open(ctx, cfg, seed, calls)
}

// run starts the three loops that finish what was begun.
func (s *Server) run(approvals *gate.Gate, deliverer *webhook.Deliverer) {
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	expiring, settling := s.db.Watch(), s.db.Watch()
	s.done.Go(func() { approvals.Expire(ctx, expiring) })
	s.done.Go(func() { s.settler.Run(ctx, settling) })
	s.done.Go(func() { deliverer.Run(ctx) })
}

// open serves the API, notes where, and waits for the seeded chain work.
func (s *Server) open(ctx context.Context, cfg Config, seed seedling, calls http.Handler) error {
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listening for the API: %w", err)
	}
	s.at.Listen = listener.Addr().String()
	s.URL = "http://" + reachable(listener.Addr().String())
	s.http = s.serve(listener, calls)
	if err := s.awaitToken(ctx, seed); err != nil {
		return err
	}
	err = s.db.Update(func(tx *store.Tx) error {
		return errors.Join(tx.SetMeta(metaURL, s.URL), tx.SetMeta(metaRPCURL, s.RPCURL), tx.SetMeta(metaNetworks, s.networkNames()),
			tx.SetMeta(metaControlURL, s.ControlURL))
	})
	s.ready.Store(err == nil)
	return err
}

// Clock is the sandbox's time.
func (s *Server) Clock() *clock.Clock { return s.clock }

// serve answers at listener until the server is shut down.
func (s *Server) serve(listener net.Listener, h http.Handler) *http.Server {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	s.done.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("serving failed", "address", listener.Addr(), "error", err)
		}
	})
	return server
}

func shutdown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	if server.Shutdown(ctx) != nil { // someone dialled and said nothing, or is slow
		return server.Close()
	}
	return nil
}

// Faults is what the sandbox gets wrong, on request.
func (s *Server) Faults() *fault.Set { return &s.faults }

// Close stops the server. Deliveries under way are recorded first.
func (s *Server) Close() error {
	s.ready.Store(false)
	var errs []error
	for _, server := range []*http.Server{s.control, s.http, s.rpc} {
		if server != nil {
			errs = append(errs, shutdown(server))
		}
	}
	if s.stop != nil {
		s.stop()
	}
	s.done.Wait()
	if s.chains != nil {
		errs = append(errs, s.chains.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
	}
	return errors.Join(errs...)
}
