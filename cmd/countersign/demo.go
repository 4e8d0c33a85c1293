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
	"countersign/cmd/countersign/stack"
	"countersign/store"

	"github.com/spf13/cobra"
)

func newDemo(o *options) *cobra.Command {
	var keep bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the main job on this machine, in under a minute",
		Long: `Start everything on free ports in a directory of its own, run the scenarios
through the sandbox's public API, webhooks, Temporal and back, have deposits arrive
at ten wallets and the nightly sweep gather them, verify the trail, and stop
everything. Exit code 0 only when every scenario ended as it should, all deposits
are in the treasury, and the trail verifies.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := os.MkdirTemp("", "countersign-demo-")
			if err != nil {
				return err
			}
			err = runDemo(cmd.Context(), o, dir, cmd.OutOrStdout())
			if keep || err != nil {
				fmt.Fprintf(cmd.OutOrStdout(), "state and logs are kept in %s\n", dir)
				return err
			}
			return os.RemoveAll(dir)
		},
	}
	cmd.Flags().BoolVar(&keep, "keep", false, "keep state and logs")
	return cmd
}

func runDemo(ctx context.Context, o *options, dir string, out io.Writer) (err error) {
	start := time.Now()
	logFile, err := os.Create(filepath.Join(dir, "countersign.log"))
	if err != nil {
		return err
	}
	defer logFile.Close()
	log, err := o.logger(logFile)
	if err != nil {
		return err
	}
	fmt.Fprint(out, "starting Temporal, the sandbox, ingress and worker … ")
	l, err := startLocal(ctx, stack.Config{Dir: dir, TimeScale: 600, ReconcileEvery: 2 * time.Second, Unfunded: true}, log)
	if err != nil {
		fmt.Fprintln(out)
		return err
	}
	defer func() { err = errors.Join(err, l.stop()) }()
	fmt.Fprintf(out, "up after %.1f s\n\n", time.Since(start).Seconds())

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
	failed := demo.Play(l.ended, w, out)
	if l.ended.Err() != nil && ctx.Err() == nil {
		return errors.New("a part of the product has ended") // stop says which, and why
	}
	if err := demo.Sweep(l.ended, w, out); err != nil {
		return fmt.Errorf("the nightly sweep: %w", err)
	}
	if err := verifyDemo(ctx, w, out); err != nil {
		return err
	}
	if failed > 0 {
		return refused(fmt.Errorf("%d scenarios did not end as they should", failed))
	}
	fmt.Fprintf(out, "all scenarios ended as they should and the sweep has gathered everything, in %.1f s\n", time.Since(start).Seconds())
	return nil
}

// verifyDemo checks the trail as a stranger would: with the public key alone.
func verifyDemo(ctx context.Context, w *demo.World, out io.Writer) error {
	report, err := w.Verify(ctx)
	if err != nil {
		return err
	}
	for _, f := range report.Faults {
		fmt.Fprintf(out, "record %d (%s): %s\n", f.Index, f.Key, f.What)
	}
	if !report.OK() {
		return refused(fmt.Errorf("%w: %d faults", audit.ErrForged, len(report.Faults)))
	}
	fmt.Fprintf(out, "\ntrail verified: %d records, %d decisions, root %s\n", report.Records, report.Decisions, report.Root)
	return nil
}
