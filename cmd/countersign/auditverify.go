package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"countersign/audit"
	"countersign/audit/verify"
	"countersign/cmd/countersign/app"
	"countersign/store"

	"github.com/spf13/cobra"
)

func newAuditVerify(o *options) *cobra.Command {
	var key, policy string
	var logKeys []string
	var options verify.Options
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check the whole trail as a stranger would",
		Long: `Read the whole trail and check every signature, that no record is missing, altered,
moved or told twice, that every effect stands behind the decision that it names, that
budgets add up, that each key was enrolled when it signed, and that all of it is under
the signed checkpoints and extends what the anchors keep. Nothing is trusted but the
log's public key. Exit code 3 when anything is wrong.

The trail must be read from its database here; auditverify checks exports and receipts
without it.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withTrail(cmd, func(ctx context.Context, a *app.App, db *store.DB) error {
				if key != "" {
					a.Config.Trail.PublicKeyFile = key
				}
				if policy != "" {
					a.Config.Trail.PolicyFile = policy
				}
				trust := verify.Trust{Log: logKeys}
				if len(logKeys) == 0 {
					var err error
					if trust, err = a.Trust(ctx); err != nil {
						return usage(err)
					}
				}
				report, err := a.Verify(ctx, db, trust, options)
				if err != nil {
					return err
				}
				return printReport(cmd, o.json, report)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&policy, "policy", "", "trust policy `file`, C2SP tlog-policy (default: the configured one)")
	f.StringArrayVar(&logKeys, "log-key", nil, "public `key` of the log, name+hash+base64; instead of a policy")
	f.StringVar(&key, "key", "", "public key `file`, PEM, that must have begun the log (default: the configured one)")
	f.BoolVar(&options.HashesOnly, "hashes-only", false, "check the tree and leave the records unopened")
	return cmd
}

func printReport(cmd *cobra.Command, asJSON bool, r verify.Report) error {
	out := cmd.OutOrStdout()
	if asJSON {
		if err := printJSON(out, r); err != nil {
			return err
		}
	} else {
		for _, f := range r.Faults {
			fmt.Fprintf(out, "record %d (%s): %s: %s\n", f.Index, f.Key, f.Code, f.What)
		}
	}
	if !r.OK() {
		return refused(fmt.Errorf("%w: %d faults in %d records", audit.ErrForged, r.FaultCount, r.Records))
	}
	if !asJSON {
		printVerified(out, r)
	}
	return nil
}

// printVerified says what was found to be true, and what nobody could tell.
func printVerified(out io.Writer, r verify.Report) {
	fmt.Fprintf(out, "verified: %d records, %d decisions, %d checkpoints, root %s\n", r.Records, r.Decisions, r.Checkpoints, r.Root)
	if r.HashesOnly {
		fmt.Fprintln(out, "not looked at: what the records say, and who has signed them (--hashes-only)")
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
