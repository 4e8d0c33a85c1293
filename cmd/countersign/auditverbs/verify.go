package auditverbs

import (
	"context"
	"fmt"
	"io"
	"strings"

	"countersign/audit"
	"countersign/audit/export/check"
	"countersign/audit/verify"
	"countersign/cmd/auditverify/verdict"
	"countersign/cmd/countersign/app"
	"countersign/store"

	"github.com/spf13/cobra"
)

const verifyLong = `Read the whole trail and check every signature, that no record is missing, altered,
moved or told twice, that every effect stands behind the decision that it names, that
budgets add up, that each key was enrolled when it signed, and that all of it is under
the signed checkpoints and extends what the anchors keep; then, that what the database
keeps beside the records follows from them: what they are found by, the evidence that they
name, the steps of the ledger, and what budgets have taken. Nothing is trusted but the
log's public key. Exit code 3 when anything is wrong.

With PATH, check an export (a directory or a zip of it) or a receipt (.tlog-proof) instead
of the database. auditverify does the same without the rest of this program, and says the
same of what is shown and what is not.`

func (o Options) verify() *cobra.Command {
	var key, policy string
	var logKeys []string
	var options verify.Options
	var known []string
	cmd := &cobra.Command{
		Use:   "verify [PATH]",
		Short: "Check the whole trail, an export or a receipt, as a stranger would",
		Long:  verifyLong,
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			defer check.Passing()()
			a, err := o.App(cmd)
			if err != nil {
				return err
			}
			if key != "" {
				a.Config.Trail.PublicKeyFile = key
			}
			if policy != "" {
				a.Config.Trail.PolicyFile = policy
			}
			trust, err := a.Trust(cmd.Context(), logKeys...)
			if err != nil {
				return o.Usage(err)
			}
			anchors, err := readAll(known)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return o.verifyPath(cmd, args[0], trust, check.Checks{HashesOnly: options.HashesOnly, Anchors: anchors})
			}
			return o.withTrail(cmd, func(ctx context.Context, _ *app.App, db *store.DB) error {
				report, err := a.Verify(ctx, db, trust, options, anchors...)
				if err != nil {
					return err
				}
				return o.printReport(cmd, report)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&policy, "policy", "", "trust policy `file`, C2SP tlog-policy (default: the configured one)")
	f.StringArrayVar(&logKeys, "log-key", nil, "public `key` of the log, name+hash+base64; instead of a policy")
	f.StringVar(&key, "key", "", "public key `file`, PEM, that must have begun the log (default: the configured one)")
	f.StringArrayVar(&known, "anchor", nil, "checkpoint `file` that you have kept, which the log must extend; may be given twice")
	f.BoolVar(&options.HashesOnly, "hashes-only", false, "check the tree and leave the records unopened")
	return cmd
}

func (o Options) printReport(cmd *cobra.Command, r verify.Report) error {
	out := cmd.OutOrStdout()
	if *o.JSON {
		if err := printJSON(out, r); err != nil {
			return err
		}
	} else {
		printFaults(out, r)
	}
	if !r.OK() {
		return o.wrong(r)
	}
	if !*o.JSON {
		printVerified(out, r)
	}
	return nil
}

func printFaults(out io.Writer, r verify.Report) {
	for _, f := range r.Faults {
		fmt.Fprintf(out, "record %d (%s): %s: %s\n", f.Index, verdict.Plain(f.Key), f.Code, verdict.Plain(f.What))
	}
}

// wrong is the error of a report with faults.
func (o Options) wrong(r verify.Report) error {
	return o.Refused(fmt.Errorf("%w: %d faults in %d records", audit.ErrForged, r.FaultCount, r.Records))
}

// printVerified says what was found to be true, and what nobody could tell.
func printVerified(out io.Writer, r verify.Report) {
	fmt.Fprintf(out, "verified: %d records, %d decisions, %d checkpoints, root %s\n", r.Records, r.Decisions, r.Checkpoints, r.Root)
	if r.HashesOnly {
		fmt.Fprintln(out, "not looked at: what the records say, and who has signed them (--hashes-only)")
	}
	if r.Unproven.Facets > 0 {
		fmt.Fprintf(out, "found by less than this release knows of: %d records, as an older one leaves them\n", r.Unproven.Facets)
	}
	if r.Alarms > 0 {
		fmt.Fprintf(out, "alarms on the trail: %d (countersign audit list --type alarm.raised)\n", r.Alarms)
	}
	if r.CustodianProofs+r.CustodianUnproven > 0 {
		fmt.Fprintf(out, "votes that the custodian's own credential has signed: %d of %d\n", r.CustodianProofs, r.CustodianProofs+r.CustodianUnproven)
	}
	if len(r.Witnesses) > 0 {
		fmt.Fprintf(out, "witnesses of the last checkpoint: %s\n", strings.Join(r.Witnesses, ", "))
	}
}
