// Package httpserver runs our HTTP servers, all with the same bounds on slow and chatty
// strangers, and stops them only when what they have begun is answered.
package httpserver

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Timeouts and sizes that no one has had reason to change. They are what stands
// between a slow or chatty stranger and an honest sender (audit-security.md D1,
// row 5).
const (
	readHeaderTimeout = 5 * time.Second
	idleTimeout       = 60 * time.Second
	shutdownTimeout   = 15 * time.Second
	maxHeaderBytes    = 16 << 10
)

// A Server is one that can be run once.
type Server struct {
	// What names it in errors: "webhooks".
	What    string
	Handler http.Handler
	// ReadTimeout bounds the reading of one request, WriteTimeout its answer as well. Zero
	// means 10 s and 20 s.
	ReadTimeout, WriteTimeout time.Duration
	// Stopping is called once no more is taken, so that long answers are given at once.
	// Optional.
	Stopping func()
	Log      *slog.Logger
}

// ListenAndServe is [Server.Serve] on a TCP address.
func (s Server) ListenAndServe(ctx context.Context, address string) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listening for %s: %w", s.What, err)
	}
	return s.Serve(ctx, l)
}

// Serve serves on l until ctx is done, then answers what it has begun, for at most 15 seconds,
// and returns. It returns nil when it stopped because of ctx.
func (s Server) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler:           s.Handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       cmp.Or(s.ReadTimeout, 10*time.Second),
		WriteTimeout:      cmp.Or(s.WriteTimeout, 20*time.Second),
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	if s.Stopping != nil {
		defer s.Stopping()
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	s.Log.Info("serving "+s.What, "address", l.Addr().String())
	select {
	case err := <-failed:
		return fmt.Errorf("serving %s: %w", s.What, err)
	case <-ctx.Done():
	}
	if s.Stopping != nil {
		s.Stopping()
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		_ = srv.Close()
		return fmt.Errorf("stopping the server of %s: %w", s.What, err)
	}
	return nil
}
