package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"countersign/sandbox/listen"
	"countersign/sandbox/verbs"
)

func listenVerb() *cobra.Command {
	var dir, as string
	var asJSON bool
	var l listen.Listener
	cmd := &cobra.Command{
		Use:   "listen",
		Short: "Show webhook deliveries as they come, and forward them",
		Long: "Show webhook deliveries as they come, until SIGINT or SIGTERM: a webhook is made for a port of this machine,\n" +
			"and deleted at the end. Each delivery is a line on stdout: when, kind, ID, entity, and whether its signature\n" +
			"is right; the webhook and its secret are told on stderr.\n\n" +
			"With --forward the same bytes and headers go there, whatever the signature is, and the platform is answered\n" +
			"with the status that came back, so that it tries again what was not 200. Without an answer it is told 502.\n\n" + warning,
		Example: "  sandbox listen --forward http://127.0.0.1:8080/webhooks --events wallet.transfer.confirmed,policy.approval.pending\n" +
			"  sandbox listen --json | jq .body.data",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if l.Forward != "" {
				if err := listen.CheckForward(l.Forward); err != nil {
					return err
				}
			}
			p, err := verbs.Act(dir, as)
			if err != nil {
				return err
			}
			l.Hooks = p
			return listenUntilSignal(cmd, &l, as, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&dir, "dir", defaultData, "data `directory` of sandbox serve; --data is the same")
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "data" { // as serve, env and human have it
			name = "dir"
		}
		return pflag.NormalizedName(name)
	})
	flags.StringVar(&as, "as", "admin", "seeded human whose webhook it is: admin, alice or bob")
	flags.StringVar(&l.Forward, "forward", "", "`URL` that deliveries are passed on to")
	flags.StringSliceVar(&l.Events, "events", nil, "kinds of events, comma-separated (default all)")
	flags.BoolVar(&asJSON, "json", false, "print one JSON object a line, with the body")
	return cmd
}

func listenUntilSignal(cmd *cobra.Command, l *listen.Listener, as string, asJSON bool) error {
	signal.Ignore(syscall.SIGPIPE) // a reader that has had enough ends the listener, which deletes the webhook
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	out, notes := cmd.OutOrStdout(), cmd.ErrOrStderr()
	l.Swept = func(h verbs.Webhook) {
		fmt.Fprintf(notes, "deleted webhook %s, which a killed sandbox listen had left\n", h.ID)
	}
	l.Started = func(h verbs.Webhook) {
		kinds, where := "every event", ""
		if len(l.Events) > 0 {
			kinds = strings.Join(l.Events, ", ")
		}
		if l.Forward != "" {
			where = ", forwarding to " + l.Forward
		}
		fmt.Fprintf(notes, "webhook %s of %s: %s%s\nits secret is %s; Ctrl-C deletes it\n", h.ID, as, kinds, where, h.Secret)
	}
	l.Show = func(d listen.Delivery) error {
		if !asJSON {
			_, err := fmt.Fprintln(out, d)
			return err
		}
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		return enc.Encode(d)
	}
	return l.Run(ctx)
}
