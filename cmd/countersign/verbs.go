package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"countersign/audit/export/bundle"
	"countersign/audit/verify"
	"countersign/cmd/countersign/app"
	"countersign/cmd/countersign/auditverbs"
	"countersign/cmd/countersign/completeverbs"
	"countersign/cmd/countersign/control"
	"countersign/cmd/countersign/exportverbs"
	"countersign/cmd/countersign/keyverbs"
	"countersign/cmd/countersign/ledgerverbs"
	"countersign/cmd/countersign/ruleverbs"
	"countersign/cmd/countersign/settlementverbs"
	"countersign/cmd/countersign/sweepverbs"
	"countersign/config"
	"countersign/store"
	"countersign/store/sqldb"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"
)

// newControl returns the verbs of the kill switch.
func newControl(o *options) []*cobra.Command {
	return control.New(control.Options{JSON: &o.json, Usage: usage, Refused: refused, Signing: o.signing, Reading: o.reading})
}

// newKeys returns the verbs of the trail's keys.
func newKeys(o *options) *cobra.Command {
	return keyverbs.New(keyverbs.Options{JSON: &o.json, Usage: usage, Signing: o.signing, Reading: o.reading,
		Policy: func(cmd *cobra.Command) (verify.Trust, error) {
			a, err := o.load(cmd.ErrOrStderr(), config.RoleAudit)
			if err != nil || a.Config.Trail.PolicyFile == "" {
				return verify.Trust{}, err
			}
			return a.Trust(cmd.Context())
		},
	})
}

// newMigrate returns the verb for whoever owns the database.
func newMigrate(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Bring the database's schema up to date", Args: cobra.NoArgs,
		Long: `Bring the schema of COUNTERSIGN_DATABASE up to date, and do nothing else. Every process does
it when it starts, where its role may; on PostgreSQL with roles, give this verb the address of the
role that owns the tables, and run docs/postgres-roles.sql afterwards.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := o.load(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			db, err := store.Open(cmd.Context(), a.Config.Trail.Database)
			if err != nil {
				return err
			}
			if o.json {
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]string{"database": sqldb.Redact(a.Config.Trail.Database)})
			} else {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "the schema of %s is up to date\n", sqldb.Redact(a.Config.Trail.Database))
			}
			return errors.Join(err, db.Close())
		},
	}
}

// newAudit returns the verbs of the trail.
func newAudit(o *options) *cobra.Command {
	return auditverbs.New(auditverbs.Options{JSON: &o.json, Day: day, LastDay: lastDay, Usage: usage, Refused: refused,
		App: func(cmd *cobra.Command, roles ...config.Role) (*app.App, error) {
			return o.load(cmd.ErrOrStderr(), roles...)
		},
	}, newExport(o)...)
}

// day reads a flag that is a day or a time.
func day(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usage(fmt.Errorf("--%s %q: want 2026-05-01 or 2026-05-01T13:00:00Z", flag, s))
}

// lastDay reads a flag that is the last of several days, and is the end of it, or a time.
func lastDay(flag, s string) (time.Time, error) {
	t, err := day(flag, s)
	if _, not := time.Parse(time.DateOnly, s); not == nil {
		t = t.AddDate(0, 0, 1)
	}
	return t, err
}

// newExport returns the verbs that take records out of the house.
func newExport(o *options) []*cobra.Command {
	return exportverbs.New(exportverbs.Options{
		Signing: o.signing, Reading: o.reading, Day: day, LastDay: lastDay, Usage: usage, Product: bundle.Product{Version: revision()},
		Trust: func(cmd *cobra.Command) (verify.Trust, error) {
			a, err := o.load(cmd.ErrOrStderr(), config.RoleOperator)
			if err != nil {
				return verify.Trust{}, err
			}
			return a.Trust(cmd.Context())
		},
	})
}

// newCompleteness returns the verbs of certificates.
func newCompleteness(o *options) *cobra.Command {
	return completeverbs.New(completeverbs.Options{
		JSON: &o.json, Reading: o.reading, Day: day, Usage: usage, Refused: refused, Temporal: o.temporal,
	})
}

// newMoney returns the verbs of settlements and of the books.
func newMoney(o *options) []*cobra.Command {
	return []*cobra.Command{
		settlementverbs.New(settlementverbs.Options{JSON: &o.json, Temporal: o.temporal, Signing: o.signing, Usage: usage, Refused: refused}),
		ledgerverbs.New(ledgerverbs.Options{JSON: &o.json, Reading: o.reading, Usage: usage, Refused: refused}),
		newSweep(o),
	}
}

// newSweep returns the verbs of sweeps.
func newSweep(o *options) *cobra.Command {
	return sweepverbs.New(sweepverbs.Options{
		JSON: &o.json, Temporal: o.temporal, Reading: o.reading, Signing: o.signing, Now: time.Now, Usage: usage, Refused: refused,
		App: func(cmd *cobra.Command) (*app.App, error) { return o.load(cmd.ErrOrStderr()) },
	})
}

// temporal reaches Temporal, and says where the workers listen.
func (o *options) temporal(cmd *cobra.Command) (client.Client, string, error) {
	a, err := o.load(cmd.ErrOrStderr())
	if err != nil {
		return nil, "", err
	}
	c, err := a.Dial(cmd.Context())
	if err != nil {
		return nil, "", err
	}
	return c, a.Config.Worker.TaskQueue, nil
}

// signing opens the trail for records of ours. The keys are the process's until it ends.
func (o *options) signing(cmd *cobra.Command) (*store.Trail, error) {
	a, err := o.load(cmd.ErrOrStderr(), config.RoleOperator)
	if err != nil {
		return nil, err
	}
	return a.Operate(cmd.Context())
}

// reading opens the trail for reading.
func (o *options) reading(cmd *cobra.Command) (*store.DB, error) {
	a, err := o.load(cmd.ErrOrStderr(), config.RoleAudit)
	if err != nil {
		return nil, err
	}
	return a.Trail(cmd.Context())
}

func newRules(o *options) *cobra.Command {
	return ruleverbs.New(ruleverbs.Options{JSON: &o.json, Book: namedBook, Trail: o.reading, Usage: usage, Refused: refused})
}
