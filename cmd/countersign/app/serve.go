package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"countersign/audit/api"
	"countersign/audit/ocsf"
	"countersign/audit/sink"
	"countersign/store"

	"golang.org/x/sync/errgroup"
)

// RunAPI answers questions about the trail until ctx is done.
func (a *App) RunAPI(ctx context.Context) error {
	f, err := os.Open(a.Config.API.TokensFile)
	if err != nil {
		return fmt.Errorf("COUNTERSIGN_API_TOKENS_FILE: %w", err)
	}
	tokens, err := api.ParseTokens(f)
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
	var all errgroup.Group
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
		runner := &sink.Runner{Log: db, Cursors: db, Sender: sender, Product: ocsf.Product{Version: a.Revision, Origin: a.Config.Trail.LogOrigin()}, Batch: config.Batch, Logger: a.Log}
		all.Go(func() error { return runner.Run(ctx) })
		a.Log.Info("sink started", "sink", config.Name)
	}
	if err := all.Wait(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}
