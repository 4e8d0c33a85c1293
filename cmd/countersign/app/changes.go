package app

import (
	"context"
	"errors"

	"countersign/audit"
	"countersign/store"
)

// recordBooks puts on the trail that other rules decide from here on, when they do.
func (a *App) recordBooks(ctx context.Context, trail *store.Trail) error {
	_, about, err := a.Book()
	if err != nil {
		return err
	}
	if err := recordBook(ctx, trail, about, false); err != nil || a.Config.Rules.ShadowBook == "" {
		return err
	}
	if _, about, err = a.ShadowBook(); err != nil {
		return err
	}
	return recordBook(ctx, trail, about, true)
}

// recordBook looks again when a worker of another book was faster: its change came first, and ours
// is one from its book.
func recordBook(ctx context.Context, trail *store.Trail, about audit.Rules, shadow bool) (err error) {
	for range maxRaces {
		if err = recordBookOnce(ctx, trail, about, shadow); !errors.Is(err, audit.ErrOtherContent) {
			return err
		}
	}
	return err
}

// maxRaces bounds how often workers that start together may be faster.
const maxRaces = 10

func recordBookOnce(ctx context.Context, trail *store.Trail, about audit.Rules, shadow bool) error {
	body, prefix := audit.BookChange{After: about, Shadow: shadow}, "book/decides/"
	if shadow {
		prefix = "book/shadow/"
	}
	last, err := trail.LatestUnder(ctx, audit.BookChanged, prefix)
	if errors.Is(err, audit.ErrNoRecord) {
		last.LeafHash = "first"
	} else if err != nil {
		return err
	} else {
		var before audit.BookChange
		if err := last.Decode(&before); err != nil {
			return err
		}
		if before.After == about {
			return nil
		}
		body.Before = &before.After
	}
	// Named after the record before it: workers that start together tell one change once.
	_, err = trail.Append(ctx, audit.Draft{Key: prefix + last.LeafHash, Type: audit.BookChanged, Body: body})
	return err
}
