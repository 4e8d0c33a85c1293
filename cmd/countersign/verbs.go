package main

import (
	"countersign/cmd/countersign/control"
	"countersign/cmd/countersign/ruleverbs"
	"countersign/cmd/countersign/screening"
	"countersign/config"
	"countersign/store"

	"github.com/spf13/cobra"
)

// newControl returns the verbs of the kill switch.
func newControl(o *options) []*cobra.Command {
	return control.New(control.Options{JSON: &o.json, Usage: usage, Refused: refused,
		Signing: func(cmd *cobra.Command) (*store.Trail, error) {
			a, err := o.load(cmd.ErrOrStderr(), config.RoleOperator)
			if err != nil {
				return nil, err
			}
			db, err := store.Open(cmd.Context(), a.Config.Trail.Database)
			if err != nil {
				return nil, err
			}
			trail, _, err := a.Signing(cmd.Context(), db) // the keys are the process's until it ends
			if err != nil {
				db.Close()
			}
			return trail, err
		},
		Reading: o.reading,
	})
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

func newScreening(o *options) *cobra.Command {
	return screening.New(screening.Options{JSON: &o.json, Usage: usage, Refused: refused})
}
