package app

import (
	"context"
	"fmt"
	"strings"

	"countersign/audit/anchor"
	"countersign/store"
)

// anchors gives the log the places that keep its newest checkpoint.
func (a *App) anchors(ctx context.Context, log *store.Log) error {
	for _, uri := range strings.Fields(a.Config.Trail.Anchors) {
		place, err := anchor.Open(ctx, uri)
		if err != nil {
			return fmt.Errorf("COUNTERSIGN_ANCHORS: %w", err)
		}
		log.Anchors = append(log.Anchors, place)
	}
	if len(log.Anchors) == 0 {
		a.Log.Warn("the newest checkpoint is kept nowhere but in the database: a restored backup will not be noticed", "setting", "COUNTERSIGN_ANCHORS")
	}
	return nil
}
