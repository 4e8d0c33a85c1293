package ingress

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// Config configures a [Server].
type Config struct {
	// Listen is the address to serve on. Defaults to 127.0.0.1:8080, which is
	// reachable from this machine only.
	Listen string
	// Secrets verify deliveries; see [ParseSecrets]. At least one is required.
	Secrets []Secret
	// Tolerance is how far a delivery's time of sending may be from our clock,
	// either way. Zero means [DefaultTolerance].
	Tolerance time.Duration
	// Events takes what was verified, usually a [Dispatcher]. Required.
	Events Events
	// Ready says whether events can be taken, usually [Dispatcher.Ready]. Nil
	// means always.
	Ready func(context.Context) error
	// ReadTimeout bounds the reading of one request, WriteTimeout its answer as
	// well. Zero means 10 s and 20 s.
	ReadTimeout, WriteTimeout time.Duration
	// InFlight is how many deliveries are handled at once; more are told to come
	// back. It bounds memory: each may hold [MaxBody]. Zero means 1024.
	InFlight int
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Log is where refusals and acceptances go; slog.Default when nil.
	Log *slog.Logger
}

// Timeouts and sizes that no one has had reason to change. They are what stands
// between a slow or chatty stranger and an honest sender (audit-security.md D1,
// row 5).
const (
	readHeaderTimeout = 5 * time.Second
	idleTimeout       = 60 * time.Second
	shutdownTimeout   = 15 * time.Second
	readyTimeout      = 2 * time.Second
	maxHeaderBytes    = 16 << 10
)

// A Server serves [Path], [OwnPath], /healthz and /readyz.
type Server struct {
	cfg  Config
	log  *slog.Logger
	echo *echo.Echo
}

// New returns a server, or an error that names every missing field. Without a
// secret it is [ErrNoSecret].
func New(cfg Config) (*Server, error) {
	var errs []error
	if len(cfg.Secrets) == 0 {
		errs = append(errs, ErrNoSecret)
	}
	if cfg.Events == nil {
		errs = append(errs, errors.New("ingress config: Events is missing: give a Dispatcher"))
	}
	if cfg.Tolerance < 0 {
		errs = append(errs, fmt.Errorf("ingress config: Tolerance is %s: give a positive time or none", cfg.Tolerance))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, log: logger(cfg.Log), echo: echo.New()}
	s.echo.HTTPErrorHandler = answer(s.log)
	s.echo.IPExtractor = echo.ExtractIPDirect()
	s.echo.Use(s.recovered)
	bounded := atMost(cmp.Or(cfg.InFlight, 1024))
	for source, path := range map[string]string{Source: Path, OwnSource: OwnPath} {
		hook := &Webhook{
			Source:   source,
			Verifier: Verifier{Secrets: Of(source, cfg.Secrets), Tolerance: cfg.Tolerance, Now: cfg.Now},
			Events:   cfg.Events,
			Log:      s.log,
		}
		s.echo.POST(path, hook.Receive, bounded)
	}
	s.echo.GET("/healthz", s.healthy)
	s.echo.GET("/readyz", s.ready)
	return s, nil
}

// Handler serves requests without a listener, for tests and other servers.
func (s *Server) Handler() http.Handler { return s.echo }

// ListenAndServe listens on the configured address and serves until ctx is done.
func (s *Server) ListenAndServe(ctx context.Context) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", cmp.Or(s.cfg.Listen, "127.0.0.1:8080"))
	if err != nil {
		return fmt.Errorf("listening for webhooks: %w", err)
	}
	return s.Serve(ctx, l)
}

// Serve serves on l until ctx is done, then answers what it has begun, for at
// most 15 seconds, and returns. It returns nil when it stopped because of ctx.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler:           s.echo,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       cmp.Or(s.cfg.ReadTimeout, 10*time.Second),
		WriteTimeout:      cmp.Or(s.cfg.WriteTimeout, 20*time.Second),
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	s.log.Info("webhooks are received", "address", l.Addr().String(), "path", Path, "secrets", len(s.cfg.Secrets))
	select {
	case err := <-failed:
		return fmt.Errorf("serving webhooks: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		_ = srv.Close()
		return fmt.Errorf("stopping the webhook server: %w", err)
	}
	return nil
}
