package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"countersign/audit/api"
	"countersign/audit/api/token"
	"countersign/audit/ocsf"
	"countersign/audit/sink"
	"countersign/store"
	"countersign/telemetry"

	"golang.org/x/sync/errgroup"
)

// RunAPI answers questions about the trail until ctx is done.
func (a *App) RunAPI(ctx context.Context) error {
	f, err := os.Open(a.Config.API.TokensFile)
	if err != nil {
		return fmt.Errorf("COUNTERSIGN_API_TOKENS_FILE: %w", err)
	}
	tokens, err := token.Parse(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("COUNTERSIGN_API_TOKENS_FILE %s: %w", f.Name(), err)
	}
	db, err := store.Open(ctx, a.Config.Trail.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	trail, closeKeys, err := a.Signing(ctx, db)
	if err != nil {
		return err
	}
	defer closeKeys()
	trust, err := a.Trust(ctx)
	if err != nil {
		return err
	}
	// What is read is read without the right to write.
	reader, err := a.Trail(ctx)
	if err != nil {
		return err
	}
	defer reader.Close()
	server, err := api.New(api.Config{
		Listen: a.Config.API.APIListen, Log: reader, Journal: trail, Tokens: tokens, Policy: trust.Policy(), Logger: a.Log,
	})
	if err != nil {
		return err
	}
	a.Log.Info("API started", "listen", a.Config.API.APIListen)
	return server.ListenAndServe(ctx)
}

// RunSinks sends the trail to where it is watched until ctx is done.
func (a *App) RunSinks(ctx context.Context) error {
	db, err := store.Open(ctx, a.Config.Trail.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	meter, stop, err := telemetry.Meter(ctx, a.Config.Environ)
	if err != nil {
		return err
	}
	defer stop(context.WithoutCancel(ctx)) //nolint:errcheck // measurements are not what we are here for
	var all errgroup.Group
	var runners []*sink.Runner
	names := map[string]bool{}
	for _, uri := range strings.Fields(a.Config.Sinks.URIs) {
		config, err := sink.ParseSink(uri)
		if err != nil {
			return fmt.Errorf("COUNTERSIGN_SINKS: %w", err)
		}
		if names[config.Name] {
			return fmt.Errorf("COUNTERSIGN_SINKS: two sinks are called %s: give one of them name=…", config.Name)
		}
		names[config.Name] = true
		sender, err := sink.NewSender(config)
		if err != nil {
			return fmt.Errorf("COUNTERSIGN_SINKS: %w", err)
		}
		runner := &sink.Runner{Log: db, Cursors: cursors{db}, Sender: sender, Product: ocsf.Product{Version: a.Revision, Origin: a.Config.Trail.LogOrigin()}, Batch: config.Batch, Logger: a.Log}
		runners = append(runners, runner)
	}
	if _, err := sink.Observe(meter, runners...); err != nil {
		return err
	}
	for _, runner := range runners {
		all.Go(func() error { return runner.Run(ctx) })
		a.Log.Info("sink started", "sink", runner.Sender.Name())
	}
	if err := all.Wait(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// cursors are the store's, with the error that a sink knows.
type cursors struct{ *store.DB }

func (c cursors) Advance(ctx context.Context, name string, from, to int64) error {
	err := c.DB.Advance(ctx, name, from, to)
	if errors.Is(err, store.ErrCursor) {
		return fmt.Errorf("%w: %w", sink.ErrCursorMoved, err)
	}
	return err
}
