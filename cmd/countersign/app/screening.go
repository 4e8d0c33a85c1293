package app

import (
	"context"
	"fmt"
	"time"

	"countersign/screening"
	"countersign/screening/setup"
)

// screener looks addresses up as the screening file says; nil without one.
func (a *App) screener(ctx context.Context) (*screening.Screener, error) {
	file := a.Config.Rules.ScreeningFile
	if file == "" {
		return nil, nil
	}
	s, err := setup.Load(file)
	if err != nil {
		return nil, fmt.Errorf("COUNTERSIGN_SCREENING_FILE: %w", err)
	}
	a.refresh(ctx, s)
	return s, nil
}

// refresh reads every list again. One that cannot be read is no reason to stop: until it
// can be, it grows stale and then clears nobody.
func (a *App) refresh(ctx context.Context, s *screening.Screener) {
	if _, err := s.Refresh(ctx); err != nil && ctx.Err() == nil {
		a.Log.Warn("screening list was not read", "error", err)
	}
}

// keepFresh reads the lists of this process again until ctx is done. The schedule's
// workflow runs on one worker at a time; decisions are made on all of them.
func (a *App) keepFresh(ctx context.Context, s *screening.Screener) {
	if s == nil {
		<-ctx.Done()
		return
	}
	again := time.NewTicker(a.Config.Worker.ScreeningEvery)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			a.refresh(ctx, s)
		}
	}
}
