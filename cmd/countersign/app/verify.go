package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"countersign/audit"
	"countersign/audit/anchor"
	"countersign/audit/keyring"
	"countersign/audit/tree"
	"countersign/audit/verify"
	"countersign/store"
	"countersign/store/beside"
)

// Trust is whom a verifier believes: the log keys given, or the policy, or without one the
// public half of the log's key; and the record key that the log must have begun with, where
// one is named.
func (a *App) Trust(ctx context.Context, logKeys ...string) (t verify.Trust, err error) {
	switch trail := a.Config.Trail; {
	case len(logKeys) > 0:
		t.Log = logKeys
	case trail.PolicyFile != "":
		text, err := os.ReadFile(trail.PolicyFile)
		if err != nil {
			return t, fmt.Errorf("COUNTERSIGN_POLICY_FILE: %w", err)
		}
		if t, err = verify.ParsePolicy(text); err != nil {
			return t, fmt.Errorf("COUNTERSIGN_POLICY_FILE: %s: %w", trail.PolicyFile, err)
		}
	case trail.LogKey != "":
		if t.Log, err = a.logKeys(ctx); err != nil {
			return t, err
		}
	default:
		return t, errors.New("nobody to trust: set COUNTERSIGN_POLICY_FILE or give --policy or --log-key")
	}
	if path := a.Config.Trail.PublicKeyFile; path != "" {
		pub, err := audit.LoadPublicKey(path)
		if err != nil {
			return t, fmt.Errorf("COUNTERSIGN_PUBLIC_KEY_FILE: %w", err)
		}
		t.Pinned = audit.NewKeys(pub)
	}
	return t, nil
}

// logKeys are the public halves of the log's configured keys, as verifiers write them.
func (a *App) logKeys(ctx context.Context) (vkeys []string, err error) {
	for _, uri := range []string{a.Config.Trail.LogKey, a.Config.Trail.LogKeyNext} {
		if uri == "" {
			continue
		}
		key, err := keyring.Open(ctx, uri)
		if err != nil {
			return nil, fmt.Errorf("COUNTERSIGN_LOG_KEY: %w", err)
		}
		named, err := tree.NewKey(a.Config.Trail.LogOrigin(), key)
		if err := errors.Join(err, key.Close()); err != nil {
			return nil, fmt.Errorf("COUNTERSIGN_LOG_KEY: %w", err)
		}
		vkeys = append(vkeys, named.VerifierKey())
	}
	return vkeys, nil
}

// Verify checks the whole trail of a database as a stranger would, with its stored
// checkpoints and tiles, and against what the anchors keep; and whether what the database keeps
// beside the records is what they say. Known are more checkpoints, from elsewhere.
func (a *App) Verify(ctx context.Context, db *store.DB, trust verify.Trust, options verify.Options, known ...[]byte) (verify.Report, error) {
	final, err := db.Checkpoint(ctx)
	if err != nil {
		return verify.Report{}, err
	}
	end, err := tree.ReadCheckpoint(final)
	if err != nil {
		return verify.Report{}, err
	}
	source := verify.Source{
		Final: final, Anchors: known, Entries: db.Entries(ctx, store.Filter{To: end.Size}), Checkpoints: db.Checkpoints(ctx, 0, end.Size),
		Tile: func(level int, n int64, width int) ([]byte, error) {
			tile, err := db.Tile(ctx, level, n, width)
			if errors.Is(err, audit.ErrNoRecord) {
				return nil, nil
			}
			return tile, err
		},
	}
	for _, uri := range strings.Fields(a.Config.Trail.Anchors) {
		place, err := anchor.Open(ctx, uri)
		if err != nil {
			return verify.Report{}, fmt.Errorf("COUNTERSIGN_ANCHORS: %w", err)
		}
		kept, err := place.Load(ctx)
		if err != nil {
			return verify.Report{}, fmt.Errorf("anchor %s: %w", place, err)
		}
		if kept == nil {
			continue
		}
		// Written since we began: what it says of records behind the end is not asked here.
		if c, err := tree.ReadCheckpoint(kept); err == nil && c.Size > end.Size {
			if again, err := db.Checkpoint(ctx); err == nil && string(again) != string(final) {
				continue
			}
		}
		source.Anchors = append(source.Anchors, kept)
	}
	report, err := options.Log(ctx, source, trust)
	if err == nil && !options.HashesOnly {
		err = beside.Check(ctx, db.SQL(), end.Size, &report)
	}
	return report, err
}
