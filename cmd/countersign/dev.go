package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"countersign/audit"
	"countersign/cmd/countersign/demo"
	"countersign/cmd/countersign/describe"
	"countersign/cmd/countersign/stack"
	"countersign/store"

	"github.com/spf13/cobra"
)

func newDev(o *options) *cobra.Command {
	var cfg stack.Config
	var reset, scenarios bool
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run everything on this machine until Ctrl-C",
		Long: `Start Temporal's dev server and the sandbox custody platform as child processes,
ingress, worker and watchers in this one; set up a service account, a policy, a webhook and
the stablecoin rule book; then print one line per decision until Ctrl-C. State is
kept in --dir; starting again goes on with it.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDev(cmd.Context(), o, cfg, reset, scenarios, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&cfg.Dir, "dir", "var/dev", "`directory` for all state and logs")
	f.StringVar(&cfg.IngressAddr, "listen", "127.0.0.1:8080", "`address` of the ingress")
	f.StringVar(&cfg.TemporalAddr, "temporal", "127.0.0.1:7233", "`address` of Temporal")
	f.StringVar(&cfg.UIAddr, "ui", "127.0.0.1:8233", "`address` of Temporal's Web UI")
	f.StringVar(&cfg.SandboxAddr, "sandbox", "127.0.0.1:4000", "`address` of the sandbox's API")
	f.StringVar(&cfg.RPCAddr, "rpc", "127.0.0.1:8545", "`address` of the sandbox's chain (JSON-RPC)")
	f.StringVar(&cfg.ControlAddr, "control", "127.0.0.1:4001", "`address` of the sandbox's control API (faults, chains, time)")
	f.Float64Var(&cfg.TimeScale, "time-scale", 1, "how many `times` faster webhook retries and approval timeouts pass")
	f.IntVar(&cfg.Finality, "finality", 0, "how many `blocks` of the sandbox's chain can still be reorganised away, by its control API")
	f.DurationVar(&cfg.ReconcileEvery, "reconcile-every", 10*time.Second, "how often approvals without a workflow are looked for")
	f.BoolVar(&reset, "reset", false, "forget all state first")
	f.BoolVar(&scenarios, "scenarios", false, "run the demo's scenarios once, so that there is something to look at")
	return cmd
}

func runDev(ctx context.Context, o *options, cfg stack.Config, reset, scenarios bool, out io.Writer) error {
	if reset {
		if err := stack.Forget(cfg.Dir); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return err
	}
	logFile, err := os.OpenFile(filepath.Join(cfg.Dir, "countersign.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer logFile.Close()
	log, err := o.logger(logFile)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "starting Temporal and the sandbox …")
	l, err := startLocal(ctx, cfg, log)
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil // told to stop while starting
	}
	if err != nil {
		return err
	}
	printAddresses(out, l)
	if scenarios {
		l.group.Go(func() error { return playScenarios(l.ended, l) })
	}
	tailErr := tail(l.ended, l.app.Config.Trail.Database, out)
	fmt.Fprintln(out, "stopping …")
	return errors.Join(l.stop(), tailErr)
}

// playScenarios runs the demo's scenarios; what comes of them is on the trail.
func playScenarios(ctx context.Context, l *local) error {
	db, err := store.OpenReader(ctx, l.app.Config.Trail.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	w, err := demo.NewWorld(ctx, l.stack, l.temporal, db, l.webhookURL())
	if err != nil {
		return err
	}
	defer w.Close()
	if failed := demo.Play(ctx, w, io.Discard); failed > 0 {
		l.app.Log.Warn("scenarios did not end as they should; they share one budget of a day", "failed", failed)
	}
	return nil
}

func printAddresses(out io.Writer, l *local) {
	s := l.stack
	fmt.Fprintf(out, `
  Temporal Web UI   http://%s/namespaces/%s/workflows
  Temporal          %s
  ingress           %s
  sandbox (DFNS)    %s      eval "$(%s env --data %s)"
  chain (JSON-RPC)  %s      token TUSD %s
  control (faults)  %s
  configuration     %s      countersign --config %s approvals list
  logs              %s

Decisions (Ctrl-C stops everything):
`, s.UIAddr, stack.Namespace, s.TemporalAddr, l.webhookURL(), s.Platform.BaseURL, s.Sandbox, filepath.Join(s.Dir, "sandbox"),
		s.Platform.RPCURL, s.Platform.Token, s.Platform.ControlURL, s.ConfigFile, s.ConfigFile, filepath.Join(s.Dir, "*.log"))
}

// tail prints each new decision and its end, from the trail itself.
func tail(ctx context.Context, database string, out io.Writer) error {
	db, err := store.OpenReader(ctx, database)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	defer db.Close()
	next := int64(0)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		for e, err := range db.Entries(ctx, store.Filter{From: next}) {
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			next = e.Index + 1
			if e.Record.Type != audit.EventNoticed {
				fmt.Fprintf(out, "%s  #%-4d %-17s %s\n", e.Record.At.Local().Format(time.TimeOnly), e.Index, e.Record.Type, describe.Record(e))
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
