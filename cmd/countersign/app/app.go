// Package app wires the parts of the product together. It is the one place, beside the
// tests, that knows them all.
package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"countersign/activities"
	"countersign/activities/rescreening"
	"countersign/activities/timetable"
	"countersign/config"
	"countersign/custody/dfns"
	"countersign/custody/dfns/signkey"
	"countersign/ingress"
	"countersign/rules"
	"countersign/screening"
	"countersign/store"
	"countersign/watch"
	"countersign/worker"
)

// An App is the product with one configuration.
type App struct {
	Config config.Config
	Log    *slog.Logger
	// Books are the rule books that the program was built with, by name: functions from a
	// book's configuration file, which may be empty, to the book.
	Books map[string]func(config []byte) (rules.Decider, error)
	// Conditions narrow what the watchers tell of, in Go, by the names of the rules in the file.
	Conditions watch.Conditions
	// Revision is what the program was built from.
	Revision string
}

// Dial reaches Temporal.
func (a *App) Dial(ctx context.Context) (*worker.Temporal, error) {
	return worker.Dial(ctx, a.Log, a.Config.Environ)
}

// RunIngress serves webhooks until ctx is done.
func (a *App) RunIngress(ctx context.Context, c *worker.Temporal) error {
	secrets, err := a.secrets()
	if err != nil {
		return err
	}
	events := a.dispatcher(c)
	server, err := ingress.New(ingress.Config{
		Listen: a.Config.Ingress.Listen, Secrets: secrets, Tolerance: a.Config.Ingress.Tolerance,
		Events: events, Ready: events.Ready, Log: a.Log,
	})
	if err != nil {
		return err
	}
	a.Log.Info("ingress started", "listen", a.Config.Ingress.Listen, "secrets", len(secrets))
	return server.ListenAndServe(ctx)
}

// RunWorker decides, posts and resolves until ctx is done.
func (a *App) RunWorker(ctx context.Context, c *worker.Temporal) error {
	db, err := store.Open(ctx, a.Config.Trail.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	screener, err := a.screener(ctx)
	if err != nil {
		return err
	}
	trail, closeKeys, err := a.Signing(ctx, db)
	if err == nil {
		defer closeKeys()
		err = a.recordBooks(ctx, trail)
	}
	if err != nil && ctx.Err() != nil { // told to stop while starting is no failure
		return nil
	}
	if err != nil {
		return err
	}
	acts, err := a.activities(trail, c, screener)
	if err != nil {
		return err
	}
	w := worker.New(c, a.Config.Worker.TaskQueue, acts)
	if err := w.Start(); err != nil {
		return fmt.Errorf("start the worker: %w", err)
	}
	defer w.Stop()
	err = a.applyOwn(ctx, c, trail)
	if err != nil && ctx.Err() == nil {
		return err
	}
	a.Log.Info("worker started", "task_queue", a.Config.Worker.TaskQueue, "book", a.Config.Rules.Book, "approver", a.Config.DFNS.UserID)
	a.keepFresh(ctx, screener)
	return nil
}

func (a *App) activities(trail *store.Trail, c *worker.Temporal, screener *screening.Screener) (worker.Activities, error) {
	custodian, err := a.Custodian()
	if err != nil {
		return worker.Activities{}, err
	}
	approvals, err := a.approvals(custodian, trail, screener)
	if err != nil {
		return worker.Activities{}, err
	}
	deposits, settlements, err := a.money(custodian, trail)
	if err != nil {
		return worker.Activities{}, err
	}
	certifier, err := a.completeness(custodian, trail, c)
	if err != nil {
		return worker.Activities{}, err
	}
	sweeps, err := a.sweeps(custodian, trail)
	if err != nil {
		return worker.Activities{}, err
	}
	lists := &rescreening.Screening{Trail: trail, Approver: a.Config.DFNS.UserID, Now: time.Now}
	if screener != nil {
		lists.Screener = screener
	}
	return worker.Activities{
		Approvals: approvals, Screening: lists, Deposits: deposits, Settlements: settlements, Sweeps: sweeps,
		Timetable:      &timetable.Timetable{Schedules: a.Keeper(c, trail)},
		Completeness:   certifier,
		Reconciliation: a.reconciliation(custodian, trail, c),
		Events:         &activities.Events{Trail: trail},
		Comparison:     &activities.Comparison{Custodian: custodian, Trail: trail, Approver: a.Config.DFNS.UserID, Now: time.Now},
		Reconciler: &activities.Reconciler{
			Custodian: custodian, Starter: &worker.Starter{Client: c, TaskQueue: a.Config.Worker.TaskQueue},
		},
	}, nil
}

// Custodian is the custody platform, with the credential of the service account.
func (a *App) Custodian() (*dfns.Custodian, error) {
	token, err := os.ReadFile(a.Config.DFNS.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("COUNTERSIGN_DFNS_TOKEN_FILE: %w", err)
	}
	key, err := signkey.Load(a.Config.DFNS.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("COUNTERSIGN_DFNS_KEY_FILE: %w", err)
	}
	c, err := dfns.New(dfns.Config{
		BaseURL: a.Config.DFNS.BaseURL, AuthToken: strings.TrimSpace(string(token)),
		CredentialID: a.Config.DFNS.CredentialID, Signer: key,
	})
	if err != nil {
		return nil, err
	}
	return &dfns.Custodian{Client: c, UserID: a.Config.DFNS.UserID}, nil
}
