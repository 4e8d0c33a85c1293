// Package siem is what `countersign sink` does: it sends the trail of a database, record by record, to
// the places of COUNTERSIGN_SINKS (docs/siem.md). Package audit/sink says what it promises.
package siem

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"countersign/audit/ocsf"
	"countersign/audit/sink"
	"countersign/cmd/countersign/app"
	"countersign/store"
	"countersign/telemetry"

	"golang.org/x/sync/errgroup"
)

// Run sends the trail to where it is watched until ctx is done.
func Run(ctx context.Context, a *app.App) error {
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
