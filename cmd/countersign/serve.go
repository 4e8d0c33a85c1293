package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"countersign/audit/api/token"
	"countersign/cmd/countersign/app"
	"countersign/cmd/countersign/siem"
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

func newAPI(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "api",
		Short: "Answer questions about the trail over HTTP",
		Long: `Serve records, decisions, exports, receipts and the log's tiles to those who have a
token, and the checkpoint, the keys and the policy to everybody (docs/api.md). Who
signs in and what is exported stands on the trail before it is answered.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := o.load(cmd.ErrOrStderr(), config.RoleAPI)
			if err != nil {
				return err
			}
			return ended(cmd.Context(), a.RunAPI(cmd.Context()))
		},
	}
	cmd.AddCommand(newToken())
	return cmd
}

func newToken() *cobra.Command {
	var name, scopes string
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make a token, and the line that lets it in",
		Long: `Print a new token, which is shown this once, to standard error, and the line for the file
of COUNTERSIGN_API_TOKENS_FILE, which holds its digest only, to standard output.`,
		Example: "  countersign api token --name siem --scopes records:read,export >> tokens",
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, f := range []struct{ flag, value string }{{"--name", name}, {"--scopes", scopes}} {
				if strings.ContainsFunc(f.value, unicode.IsSpace) {
					return usage(fmt.Errorf("%s %q has a space in it, and is one word of a line: write siem-eu, or records:read,export", f.flag, f.value))
				}
			}
			made := token.New()
			line := fmt.Sprintf("%s name=%s scopes=%s", token.Digest(made), name, scopes)
			if _, err := token.Parse(strings.NewReader(line + "\n")); err != nil {
				return usage(fmt.Errorf("--name, --scopes: %w", err))
			}
			fmt.Fprintln(cmd.ErrOrStderr(), made)
			fmt.Fprintln(cmd.OutOrStdout(), line)
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "who will use it, for the trail (required)")
	cmd.Flags().StringVar(&scopes, "scopes", token.ReadRecords+","+token.ReadDecisions, "what it may do, separated by commas")
	return cmd
}

func newSink(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "sink",
		Short: "Send the trail to a SIEM",
		Long: `Send every record, as an OCSF event, to the places of COUNTERSIGN_SINKS (docs/siem.md),
at least once and in order. Nothing is dropped: a receiver that is away holds its sink
up until it is back. Run it once; several would send everything several times.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := o.load(cmd.ErrOrStderr(), config.RoleSink)
			if err != nil {
				return err
			}
			return ended(cmd.Context(), siem.Run(cmd.Context(), a))
		},
	}
}

func newWatch(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "watch",
		Short: "Follow chains and the custodian's lists, and tell the ingress",
		Long: `Follow every chain of COUNTERSIGN_NODES_FILE block by block, compare the custodian's lists of
policies, service accounts and wallets with what they were, and tell the ingress of COUNTERSIGN_INGRESS_URL
what is seen, by signed webhooks like the custodian's own (docs/watching.md). What was seen is told
until it is taken. Run it once for each database: of two, one says that the other is there.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := o.load(cmd.ErrOrStderr(), config.RoleWatch)
			if err != nil {
				return err
			}
			return ended(cmd.Context(), a.RunWatch(cmd.Context()))
		},
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
			return ended(cmd.Context(), err)
		}
		defer c.Close()
		return ended(cmd.Context(), run(a, cmd.Context(), c))
	}
}

// ended is what the end of a service says. Being told to stop is no failure, also where it was
// still starting and what it was at says that it was cancelled.
func ended(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
