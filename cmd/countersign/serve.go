package main

import (
	"context"

	"countersign/cmd/countersign/app"
	"countersign/config"
	"countersign/worker"

	"github.com/spf13/cobra"
)

func newIngress(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "ingress",
		Short: "Receive webhooks and hand them to Temporal",
		Long: `Serve POST /webhooks/dfns, GET /healthz and GET /readyz. A delivery is answered
200 once Temporal has it and not before; whatever gets another answer is sent
again. The process keeps nothing and may be run many times behind a balancer.`,
		RunE: o.serve(config.RoleIngress, (*app.App).RunIngress),
	}
}

func newWorker(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "worker",
		Short: "Decide approvals",
		Long: `Run workflows and activities: read approvals, run the rule book, sign and record
decisions, post them, and see each approval to its end. Several workers may run
at once on one database; no approval is decided twice.`,
		RunE: o.serve(config.RoleWorker, (*app.App).RunWorker),
	}
}

// serve plays one role until it is told to stop.
func (o *options) serve(role config.Role, run func(*app.App, context.Context, *worker.Temporal) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		a, err := o.load(cmd.ErrOrStderr(), role)
		if err != nil {
			return err
		}
		c, err := a.Dial(cmd.Context())
		if err != nil {
			return err
		}
		defer c.Close()
		return run(a, cmd.Context(), c)
	}
}
