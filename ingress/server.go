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

	"countersign/httpserver"

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

// readyTimeout bounds the question whether events can be taken.
const readyTimeout = 2 * time.Second

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
	return s.server().ListenAndServe(ctx, cmp.Or(s.cfg.Listen, "127.0.0.1:8080"))
}

// Serve serves on l until ctx is done, as [httpserver.Server.Serve] does.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	return s.server().Serve(ctx, l)
}

func (s *Server) server() httpserver.Server {
	return httpserver.Server{What: "webhooks", Handler: s.echo, ReadTimeout: s.cfg.ReadTimeout, WriteTimeout: s.cfg.WriteTimeout, Log: s.log}
}
