// Package exportverbs takes records out of the house on the command line: bundles and
// selections for auditors, and single receipts.
package exportverbs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"countersign/audit"
	"countersign/audit/export"
	"countersign/audit/export/bundle"
	"countersign/audit/verify"
	"countersign/cmd/countersign/control"
	"countersign/store"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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
	// Day reads a flag that is a day or a time.
	Day func(flag, text string) (time.Time, error)
	// Usage marks errors with the exit code 2.
	Usage func(error) error
}

// wanted is what the flags ask for.
type wanted struct {
	since, until                                string
	wallet, approval, initiator, decision, kind string
	by                                          string
	query                                       store.Query
}

// pick reads the filters, and says them for people.
func (w *wanted) pick() (words string) {
	var all []string
	for _, f := range []audit.Facet{
		{Name: audit.FacetWallet, Value: w.wallet}, {Name: audit.FacetApproval, Value: w.approval},
		{Name: audit.FacetInitiator, Value: w.initiator}, {Name: audit.FacetDecision, Value: w.decision},
	} {
		if f.Value != "" {
			w.query.Facets = append(w.query.Facets, f)
			all = append(all, f.Name+" "+f.Value)
		}
	}
	if w.query.Type = audit.Type(w.kind); w.kind != "" {
		all = append(all, "type "+w.kind)
	}
	return strings.Join(all, ", ")
}

// New returns the verbs.
func New(o Options) []*cobra.Command { return []*cobra.Command{o.export(), o.receipt()} }

func (o Options) export() *cobra.Command {
	var w wanted
	cmd := &cobra.Command{
		Use:   "export PATH",
		Short: "Write records for an auditor, who verifies them without us",
		Long: `Write everything that was signed between two days into the directory PATH, from one
checkpoint to another: it shows that nothing was altered and nothing left out. An export
that was stopped goes on when it is called again.

With --wallet, --approval, --initiator, --decision or --type, write those records alone
into the file PATH, a zip, each with its receipt: it shows that none was altered, and not
that none was left out.

auditverify checks both, and so does 'countersign audit verify PATH'. The export stands on
the trail before it is written.`,
		Example: `  countersign audit export --from 2026-05-01 --to 2026-06-01 may
  countersign audit export --wallet wa-1 --from 2026-05-01 wallet.zip`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if w.query.Since, err = o.Day("from", w.since); err != nil {
				return err
			}
			if w.query.Until, err = o.Day("to", w.until); err != nil {
				return err
			}
			words := w.pick()
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
			job := job{Options: o, wanted: w, trail: trail, trust: trust, path: args[0], out: cmd.OutOrStdout(), progress: bar(cmd.ErrOrStderr())}
			if words != "" {
				return job.selection(cmd.Context(), words)
			}
			return job.bundle(cmd.Context())
		},
	}
	w.flags(cmd.Flags())
	return cmd
}

func (w *wanted) flags(f *pflag.FlagSet) {
	f.StringVar(&w.since, "from", "", "only what was signed at or after this `time` (2026-05-01 or RFC 3339, UTC)")
	f.StringVar(&w.until, "to", "", "only what was signed before this `time`")
	f.StringVar(&w.wallet, "wallet", "", "only records about this wallet `ID`")
	f.StringVar(&w.approval, "approval", "", "only records about this approval `ID`")
	f.StringVar(&w.initiator, "initiator", "", "only records about what this user `ID` asked for")
	f.StringVar(&w.decision, "decision", "", "only records that say `approve`, reject or abstain")
	f.StringVar(&w.kind, "type", "", "only records of this `type`, e.g. decision.intent")
	f.StringVar(&w.by, "by", control.Whoami(), "who takes it, for the trail")
}

// job is one export.
type job struct {
	Options
	wanted
	trail    *store.Trail
	trust    verify.Trust
	path     string
	out      io.Writer
	progress func(done, total int64)
}

func (j *job) bundle(ctx context.Context) error {
	log := log{j.trail.DB}
	options := export.Options{Dir: j.path, Trust: j.trust, Product: j.Product, Progress: j.progress, Cosigned: j.cosigned}
	var err error
	if options.From, options.To, err = export.Bounds(ctx, log, j.query.Since, j.query.Until); err != nil {
		return err
	}
	if begun(j.path) {
		options.To = 0 // it goes on to where it was to end
	} else if options.To, err = j.announced(ctx, options); err != nil {
		return err
	}
	manifest, err := export.Bundle(ctx, log, options)
	if err != nil {
		return err
	}
	fmt.Fprintf(j.out, "exported %d records, index %d to %d, to %s\nverify it with: auditverify --policy POLICY %s\n",
		manifest.To-manifest.From, manifest.From, manifest.To-1, j.path, j.path)
	return nil
}

// begun reports whether an earlier run has begun the bundle, and recorded it.
func begun(dir string) bool {
	for _, name := range []string{bundle.ProgressFile, bundle.ManifestFile} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

func (j *job) selection(ctx context.Context, words string) (err error) {
	size, err := j.trail.DB.Size(ctx)
	if err != nil {
		return err
	}
	j.query.Before = size // what is found is under a checkpoint of now, and the export's own record is not
	if err := j.record(ctx, audit.Export{Form: "selection", To: size, Filter: words}); err != nil {
		return err
	}
	if size, err = j.trail.DB.CosignedFrom(ctx, size); err != nil {
		return err
	}
	cosigned, err := j.cosigned(ctx, size)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(j.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			err = errors.Join(err, os.Remove(j.path)) // half of one must not pass for it
		}
	}()
	var n int64
	manifest, err := export.Selected(ctx, log{j.trail.DB}, export.Selection{
		Indexes: j.indexes(ctx, &n), Filter: words, Trust: j.trust, Progress: j.progress, Cosigned: cosigned,
	}, file)
	if err != nil {
		return err
	}
	fmt.Fprintf(j.out, "exported %d records (%s) to %s, a zip of form %s\n", n, words, j.path, manifest.Form)
	return file.Sync()
}

func (j *job) indexes(ctx context.Context, n *int64) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		for e, err := range j.trail.DB.Select(ctx, j.query) {
			*n++
			if !yield(e.Index, err) {
				return
			}
		}
	}
}

func (o Options) receipt() *cobra.Command {
	return &cobra.Command{
		Use:   "receipt INDEX",
		Short: "Print the receipt of a record (C2SP tlog-proof)",
		Long: `Print a text that proves that a record stands in the log, to whoever trusts the log's
public key. It holds the record. The file is best called INDEX.tlog-proof.`,
		Example: "  countersign audit receipt 17 > 17.tlog-proof",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			index, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || index < 0 {
				return o.Usage(fmt.Errorf("%.60q is no index of a record", args[0]))
			}
			db, err := o.Reading(cmd)
			if err != nil {
				return err
			}
			defer db.Close()
			r, err := db.Receipt(cmd.Context(), index)
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(r.Text())
			return err
		},
	}
}

// log is a store as exports read it.
type log struct{ *store.DB }

func (l log) Records(ctx context.Context, q export.Query) iter.Seq2[audit.Entry, error] {
	return l.Entries(ctx, store.Filter{From: q.From, To: q.Before, Limit: q.Limit, Type: q.Type, Since: q.Since, Until: q.Until})
}
