package app

import (
	"context"
	"errors"
	"fmt"
	"os"

	"countersign/audit/api"
	"countersign/audit/api/token"
	"countersign/store"
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
	trail, closeKeys, err := a.signingAPI(ctx, db)
	if err != nil {
		return err
	}
	defer closeKeys()
	trust, err := a.Trust(ctx)
	if err != nil {
		return err
	}
	// What is read is read without the right to write.
	reader, err := a.apiReader(ctx, db)
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

// apiReader is what the API reads. An address of its own must lead to the log that takes the
// sign-ins: what is told would else be of one log, and who has read it on another.
func (a *App) apiReader(ctx context.Context, db *store.DB) (*store.DB, error) {
	if a.Config.API.APIDatabase == "" {
		return a.Trail(ctx)
	}
	reader, err := reading(ctx, "COUNTERSIGN_API_DATABASE", a.Config.API.APIDatabase)
	if err != nil {
		return nil, err
	}
	var first [2]string
	for i, of := range []*store.DB{db, reader} {
		for e, broken := range of.Entries(ctx, store.Filter{Limit: 1}) {
			first[i], err = e.LeafHash, errors.Join(err, broken)
		}
	}
	if err == nil && first[0] != first[1] {
		err = errors.New("it is another log than that of COUNTERSIGN_DATABASE: give the same database, by a login that may only read")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("COUNTERSIGN_API_DATABASE: %w", err), reader.Close())
	}
	return reader, nil
}
