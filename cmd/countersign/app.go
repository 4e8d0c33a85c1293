package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"countersign/activities"
	"countersign/audit"
	"countersign/chain"
	"countersign/config"
	"countersign/custody/dfns"
	"countersign/examples/stablecoin"
	"countersign/ingress"
	"countersign/rules"
	"countersign/schedules"
	"countersign/store"
	"countersign/worker"
)

// books are the rule books that this program was built with. To run your own,
// add it here: a name and a function from its configuration file to the book.
var books = map[string]func(config []byte) (*rules.Book, error){
	"stablecoin": stablecoin.New,
}

// app wires the parts together. It is the one place that knows them all.
type app struct {
	cfg config.Config
	log *slog.Logger
}

// dial reaches Temporal.
func (a *app) dial(ctx context.Context) (*worker.Temporal, error) {
	return worker.Dial(ctx, a.log, a.cfg.Environ)
}

// runIngress serves webhooks until ctx is done.
func (a *app) runIngress(ctx context.Context, c *worker.Temporal) error {
	f, err := os.Open(a.cfg.Ingress.WebhookSecretFile)
	if err != nil {
		return err
	}
	secrets, err := ingress.ParseSecrets(f)
	f.Close()
	if err != nil {
		return fmt.Errorf("COUNTERSIGN_WEBHOOK_SECRET_FILE %s: %w", f.Name(), err)
	}
	events := &ingress.Dispatcher{
		Service: c.WorkflowService(), Namespace: c.Namespace, TaskQueue: a.cfg.Worker.TaskQueue,
	}
	server, err := ingress.New(ingress.Config{
		Listen: a.cfg.Ingress.Listen, Secrets: secrets, Tolerance: a.cfg.Ingress.Tolerance,
		Events: events, Ready: events.Ready, Log: a.log,
	})
	if err != nil {
		return err
	}
	a.log.Info("ingress started", "listen", a.cfg.Ingress.Listen, "secrets", len(secrets))
	return server.ListenAndServe(ctx)
}

// runWorker decides, posts and resolves until ctx is done.
func (a *app) runWorker(ctx context.Context, c *worker.Temporal) error {
	db, err := store.Open(ctx, a.cfg.Trail.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	acts, err := a.activities(db, c)
	if err != nil {
		return err
	}
	w := worker.New(c, a.cfg.Worker.TaskQueue, acts)
	if err := w.Start(); err != nil {
		return fmt.Errorf("start the worker: %w", err)
	}
	defer w.Stop()
	err = schedules.Apply(ctx, c, a.cfg.Worker.TaskQueue, schedules.Wanted(a.cfg.Worker.ReconcileEvery))
	if err != nil && ctx.Err() == nil { // told to stop while starting is no failure
		return err
	}
	a.log.Info("worker started", "task_queue", a.cfg.Worker.TaskQueue, "book", a.cfg.Rules.Book, "approver", a.cfg.DFNS.UserID)
	<-ctx.Done()
	return nil
}

func (a *app) activities(db *store.DB, c *worker.Temporal) (worker.Activities, error) {
	custodian, err := a.custodian()
	if err != nil {
		return worker.Activities{}, err
	}
	book, about, err := a.book()
	if err != nil {
		return worker.Activities{}, err
	}
	key, err := audit.LoadKey(a.cfg.Trail.SigningKeyFile)
	if err != nil {
		return worker.Activities{}, fmt.Errorf("COUNTERSIGN_SIGNING_KEY_FILE: %w", err)
	}
	var code activities.CodeChecker // stays nil without a file: a nil *chain.Nodes would not
	if a.cfg.Rules.NodesFile != "" {
		if code, err = chain.LoadNodes(a.cfg.Rules.NodesFile); err != nil {
			return worker.Activities{}, fmt.Errorf("COUNTERSIGN_NODES_FILE: %w", err)
		}
	}
	trail := &store.Trail{DB: db, Signer: &audit.Signer{
		Key: key, Issuer: a.cfg.Trail.Issuer, Subject: a.cfg.DFNS.UserID, Now: time.Now,
	}}
	return worker.Activities{
		Approvals: &activities.Approvals{
			Custodian: custodian, Trail: trail, Book: book, Code: code, Approver: a.cfg.DFNS.UserID,
			Rules: about, RuleTimeout: a.cfg.Rules.Timeout, Now: time.Now,
		},
		Events: &activities.Events{Trail: trail},
		Reconciler: &activities.Reconciler{
			Custodian: custodian, Starter: &worker.Starter{Client: c, TaskQueue: a.cfg.Worker.TaskQueue},
		},
	}, nil
}

func (a *app) custodian() (*dfns.Custodian, error) {
	token, err := os.ReadFile(a.cfg.DFNS.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("COUNTERSIGN_DFNS_TOKEN_FILE: %w", err)
	}
	key, err := dfns.LoadKey(a.cfg.DFNS.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("COUNTERSIGN_DFNS_KEY_FILE: %w", err)
	}
	c, err := dfns.New(dfns.Config{
		BaseURL: a.cfg.DFNS.BaseURL, AuthToken: strings.TrimSpace(string(token)),
		CredentialID: a.cfg.DFNS.CredentialID, Signer: key,
	})
	if err != nil {
		return nil, err
	}
	return &dfns.Custodian{Client: c, UserID: a.cfg.DFNS.UserID}, nil
}

// book loads and checks the rule book and says how records name it.
func (a *app) book() (*rules.Book, audit.Rules, error) {
	build, ok := books[a.cfg.Rules.Book]
	if !ok {
		return nil, audit.Rules{}, fmt.Errorf("COUNTERSIGN_BOOK: no book %q in this program", a.cfg.Rules.Book)
	}
	var file []byte
	if a.cfg.Rules.BookFile != "" {
		var err error
		if file, err = os.ReadFile(a.cfg.Rules.BookFile); err != nil {
			return nil, audit.Rules{}, fmt.Errorf("COUNTERSIGN_BOOK_FILE: %w", err)
		}
	}
	book, err := build(file)
	if err != nil {
		return nil, audit.Rules{}, fmt.Errorf("COUNTERSIGN_BOOK_FILE %s: %w", a.cfg.Rules.BookFile, err)
	}
	if err := book.Check(); err != nil {
		return nil, audit.Rules{}, err
	}
	return book, audit.Rules{Book: book.Name, Version: book.Version, Digest: book.Digest(), Build: revision()}, nil
}

// verificationKey is the public key that the trail is verified with.
func (a *app) verificationKey() (ed25519.PublicKey, error) {
	if path := a.cfg.Trail.PublicKeyFile; path != "" {
		return audit.LoadPublicKey(path)
	}
	if path := a.cfg.Trail.SigningKeyFile; path != "" {
		key, err := audit.LoadKey(path)
		if err != nil {
			return nil, err
		}
		return key.Public().(ed25519.PublicKey), nil
	}
	return nil, errors.New("no key to verify with: set COUNTERSIGN_PUBLIC_KEY_FILE or give --key")
}

// trail opens the records for reading.
func (a *app) trail(ctx context.Context) (*store.DB, error) {
	db, err := store.OpenReader(ctx, a.cfg.Trail.Database)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("COUNTERSIGN_DATABASE: no trail at %s; give --config or set it", a.cfg.Trail.Database)
	}
	return db, err
}

// revision is the version-control revision that this program was built from.
func revision() string {
	if stamped != "" {
		return stamped
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return info.Main.Version
}
