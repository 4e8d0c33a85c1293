package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"countersign/cmd/countersign/app"
	"countersign/cmd/countersign/stack"
	"countersign/config"
	"countersign/ingress"
	"countersign/store"
	"countersign/worker"

	"golang.org/x/sync/errgroup"
)

// local is the whole product on this machine: the stack as child processes,
// ingress, worker and watchers in this one.
type local struct {
	stack    *stack.Stack
	app      *app.App
	temporal *worker.Temporal

	cancel context.CancelFunc
	group  *errgroup.Group
	ended  context.Context // done when a part has ended
}

// startLocal starts everything and returns once webhooks are taken.
func startLocal(ctx context.Context, cfg stack.Config, log *slog.Logger) (_ *local, err error) {
	if cfg.Temporal, err = stack.FindTemporal(ctx); err != nil {
		return nil, err
	}
	if cfg.Sandbox, err = stack.FindSandbox(); err != nil {
		return nil, err
	}
	cfg.Log = log
	s, err := stack.Start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	l := &local{stack: s}
	defer func() {
		if err != nil {
			_ = l.stop() // the first error is the one to tell
		}
	}()
	c, err := config.Load(s.ConfigFile, nil) // the stack's own, whatever the shell has set
	if err != nil {
		return nil, err
	}
	if err := c.Check(config.RoleIngress, config.RoleWorker, config.RoleWatch); err != nil {
		return nil, err
	}
	l.app = newApp(c, log)
	db, err := store.Open(ctx, c.Trail.Database) // there before anybody reads it
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	if l.temporal, err = l.app.Dial(ctx); err != nil {
		return nil, err
	}
	l.run(ctx)
	return l, l.ready(ctx)
}

// run starts ingress, worker and watchers, and looks after the children.
func (l *local) run(ctx context.Context) {
	ctx, l.cancel = context.WithCancel(ctx)
	l.group, l.ended = errgroup.WithContext(ctx)
	part := func(run func() error) { l.group.Go(func() error { return ended(l.ended, run()) }) }
	part(func() error { return l.app.RunIngress(l.ended, l.temporal) })
	part(func() error { return l.app.RunWorker(l.ended, l.temporal) })
	part(func() error { return l.app.RunWatch(l.ended) })
	part(func() error { return l.stack.Wait(l.ended) })
}

// ready waits until the ingress says that it is.
func (l *local) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	url := "http://" + l.stack.IngressAddr + "/readyz"
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			res.Body.Close()
			if l.ended.Err() != nil { // somebody else has our port, and answers there
				return l.group.Wait()
			}
			if res.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("%s answered %s", url, res.Status)
		}
		select {
		case <-l.ended.Done():
			return l.group.Wait()
		case <-ctx.Done():
			return fmt.Errorf("ingress is not ready: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop ends ingress, worker and watchers, then the children.
func (l *local) stop() (err error) {
	if l.cancel != nil {
		l.cancel()
		err = l.group.Wait()
	}
	if l.temporal != nil {
		l.temporal.Close()
	}
	l.stack.Stop()
	return err
}

// webhookURL is where the sandbox delivers.
func (l *local) webhookURL() string { return "http://" + l.stack.IngressAddr + ingress.Path }
