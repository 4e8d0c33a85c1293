package main

import (
	"countersign/cmd/countersign/app"
	"countersign/cmd/countersign/doctor"
	"countersign/config"

	"github.com/spf13/cobra"
)

func newDoctor(o *options) *cobra.Command {
	return doctor.New(doctor.Options{JSON: &o.json, Usage: usage, Refused: refused, Load: func(cmd *cobra.Command) (*app.App, error) {
		return o.load(cmd.ErrOrStderr(), config.RoleWorker)
	}})
}
