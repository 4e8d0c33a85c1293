package main

import (
	"countersign/cmd/countersign/control"
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
			trail, err := a.Signing(db)
			if err != nil {
				db.Close()
			}
			return trail, err
		},
		Reading: func(cmd *cobra.Command) (*store.DB, error) {
			a, err := o.load(cmd.ErrOrStderr(), config.RoleAudit)
			if err != nil {
				return nil, err
			}
			return a.Trail(cmd.Context())
		},
	})
}
