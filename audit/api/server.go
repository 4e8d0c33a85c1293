package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"countersign/audit/api/token"
	"countersign/httpserver"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
)

// readyTimeout bounds the question whether there is a database, databaseTimeout each question
// to the log and the journal.
const (
	readyTimeout    = 2 * time.Second
	databaseTimeout = 15 * time.Second
)

// A Server serves the API.
type Server struct {
	cfg  Config
	log  *slog.Logger
	echo *echo.Echo

	sessions map[*token.Token]*session
	public   *rate.Limiter
	streams  chan struct{}
	waits    chan struct{}
	// stopping is done when the server stops: who waits for records is then answered.
	stopping context.Context //nolint:containedctx // it is the server's life
	stop     context.CancelFunc
}

// New returns a server, or an error that names every missing field.
func New(cfg Config) (*Server, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg.Process = cmp.Or(cfg.Process, rand.Text())
	cfg.Rate, cfg.Burst = cmp.Or(cfg.Rate, 50), cmp.Or(cfg.Burst, 100)
	cfg.WriteTimeout = cmp.Or(cfg.WriteTimeout, 20*time.Second)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Server{
		cfg: cfg, log: cfg.Logger, echo: echo.New(), sessions: map[*token.Token]*session{},
		public:  rate.NewLimiter(rate.Limit(cfg.Rate), cfg.Burst),
		streams: make(chan struct{}, cmp.Or(cfg.Streams, 16)),
		waits:   make(chan struct{}, cmp.Or(cfg.Waits, 256)),
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.stopping, s.stop = context.WithCancel(context.Background())
	for _, t := range cfg.Tokens.All() {
		s.sessions[t] = &session{
			Token: t, limiter: rate.NewLimiter(rate.Limit(cfg.Rate), cfg.Burst),
			streams: make(chan struct{}, cmp.Or(cfg.StreamsPerToken, 4)),
		}
	}
	s.echo.HTTPErrorHandler = answer(s.log)
	s.echo.IPExtractor = echo.ExtractIPDirect()
	s.echo.Use(headers, s.recovered)
	for _, r := range s.routes() {
		s.echo.Match([]string{http.MethodGet, http.MethodHead}, r.path, r.handle, r.before...)
	}
	return s, nil
}

// Handler serves requests without a listener, for tests and other servers.
func (s *Server) Handler() http.Handler { return s.echo }

// Routes are what is served, each a method and a path as OpenAPI writes it:
// "GET /v1/records/{id}".
func (s *Server) Routes() (all []string) {
	for _, r := range s.routes() {
		for _, path := range r.documented() {
			all = append(all, http.MethodGet+" "+path, http.MethodHead+" "+path)
		}
	}
	return all
}

// ListenAndServe listens on the configured address and serves until ctx is done.
func (s *Server) ListenAndServe(ctx context.Context) error {
	return s.server().ListenAndServe(ctx, cmp.Or(s.cfg.Listen, "127.0.0.1:8090"))
}

// Serve serves on l until ctx is done, as [httpserver.Server.Serve] does; long polls are
// answered at once. A server serves once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error { return s.server().Serve(ctx, l) }

func (s *Server) server() httpserver.Server {
	return httpserver.Server{
		What: "readers of the trail", Handler: s.echo, ReadTimeout: s.cfg.ReadTimeout, WriteTimeout: s.cfg.WriteTimeout,
		Stopping: s.stop, Log: s.log,
	}
}

// headers are those of every answer: what is read is kept by nobody on the way, and taken
// for nothing but what it says it is.
func headers(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		return next(c)
	}
}

// recovered turns a panic into a 500.
func (s *Server) recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p)
			default:
				err = fmt.Errorf("panic: %v", p)
			}
		}()
		return next(c)
	}
}
