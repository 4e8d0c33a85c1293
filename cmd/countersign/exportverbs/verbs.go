// Package exportverbs takes records out of the house on the command line: bundles and
// selections for auditors, and single receipts.
package exportverbs

import (
	"context"
	"io"
	"iter"
	"time"

	"countersign/audit"
	"countersign/audit/export"
	"countersign/audit/export/bundle"
	"countersign/audit/verify"
	"countersign/store"

	"github.com/spf13/cobra"
)

// Options are what the verbs are given by the program.
type Options struct {
	// Signing opens the trail for records of ours, Reading for looking only. The caller
	// closes it.
	Signing func(cmd *cobra.Command) (*store.Trail, error)
	Reading func(cmd *cobra.Command) (*store.DB, error)
	// Trust is whom the exporter trusts, for the bundle's policy.
	Trust func(cmd *cobra.Command) (verify.Trust, error)
	// Product is who says it in the OCSF events of a bundle.
	Product bundle.Product
	// Day reads a flag that is a day, then it is its beginning, or a time; LastDay one that is
	// the last day of several, then it is its end.
	Day, LastDay func(flag, text string) (time.Time, error)
	// Usage marks errors with the exit code 2.
	Usage func(error) error
}

// New returns the verbs.
func New(o Options) []*cobra.Command { return []*cobra.Command{o.export(), o.receipt()} }

func (o Options) export() *cobra.Command {
	var w wanted
	cmd := &cobra.Command{
		Use:   "export PATH",
		Short: "Write records for an auditor, who verifies them without us",
		Long: `Write everything that was signed from one day to another into the directory PATH, from
one checkpoint to another: it shows that nothing was altered and nothing left out. Both
days are whole. An export that was stopped goes on when it is called again.

With --wallet, --approval, --initiator, --decision or --type, write those records alone
into the file PATH, a zip, each with its receipt: it shows that none was altered, and not
that none was left out.

--with-evidence adds what the records name by its SHA-256 and do not hold: what services were
asked and answered, the moves of a sweep, and more. Without it an export has the names alone.

auditverify checks both, and so does 'countersign audit verify PATH'. The export stands on
the trail before it is written.`,
		Example: `  countersign audit export --from 2026-05-01 --to 2026-05-31 may
  countersign audit export --wallet wa-1 --from 2026-05-01 wallet.zip`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if err := w.read(o); err != nil {
				return err
			}
			trust, err := o.Trust(cmd)
			if err != nil {
				return o.Usage(err)
			}
			trust.Pinned = nil
			trail, err := o.Signing(cmd)
			if err != nil {
				return err
			}
			defer trail.DB.Close()
			job := job{Options: o, wanted: w, trail: trail, trust: trust, path: args[0], out: cmd.OutOrStdout(), errs: cmd.ErrOrStderr(), progress: bar(cmd.ErrOrStderr())}
			if w.picks() {
				return job.selection(cmd.Context())
			}
			return job.bundle(cmd.Context())
		},
	}
	w.flags(cmd.Flags())
	return cmd
}

// job is one export.
type job struct {
	Options
	wanted
	trail    *store.Trail
	trust    verify.Trust
	path     string
	out      io.Writer
	errs     io.Writer
	progress func(done, total int64)
}

// log is a store as exports read it.
type log struct{ *store.DB }

func (l log) Records(ctx context.Context, q export.Query) iter.Seq2[audit.Entry, error] {
	return l.Entries(ctx, store.Filter{From: q.From, To: q.Before, Limit: q.Limit, Type: q.Type, Since: q.Since, Until: q.Until})
}
