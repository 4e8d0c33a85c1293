// Package doctor is what `countersign doctor` does: it looks for what would make the
// approvals worth nothing, and says what to do about it.
//
// Rules, records and signatures help nobody while a wallet is covered by no policy, while
// whoever asks may also approve, or while one account may change the policies alone. The
// doctor looks at the organisation through the worker's own configuration and credential,
// so it also finds what keeps the worker from working. It changes nothing.
//
// Every check has an ID that outlives releases (docs/doctor.md lists them). What the
// platform does not tell is unknown, never ok: nobody can say then that it is in order.
package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/cmd/countersign/app"

	"github.com/spf13/cobra"
)

// Options are what the verb is given by the program.
type Options struct {
	// JSON says whether to print JSON; read when the verb runs.
	JSON *bool
	// Usage and Refused mark errors with the exit codes 2 and 3.
	Usage, Refused func(error) error
	// Load reads the configuration and checks it as the worker's.
	Load func(*cobra.Command) (*app.App, error)
}

// New returns the verb.
func New(o Options) *cobra.Command {
	var accepted []string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what would make the approvals worth nothing",
		Long: `Look at the organisation with the worker's configuration and credential, change
nothing, and report what would make its approvals worth nothing: wallets that no policy
covers, groups in which the initiator may approve, accounts with too many rights, a
webhook that is not there. docs/doctor.md explains every check.

A check is ok, warning, failed or unknown. Unknown means that the platform did not say,
most often for want of a permission, which is then named. Exit code 3 unless every check
is ok or accepted with --accept.`,
		Example: `  countersign doctor --config countersign.env
  countersign doctor --json --accept people.self,account.duties`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, id := range accepted {
				if !slices.Contains(IDs(), id) {
					return o.Usage(fmt.Errorf("--accept %q: no such check, there are %s", id, strings.Join(IDs(), ", ")))
				}
			}
			a, err := o.Load(cmd)
			if err != nil {
				return err
			}
			report, err := Examine(cmd.Context(), a, time.Now)
			if err != nil {
				return o.Refused(err)
			}
			if err := cmd.Context().Err(); err != nil {
				return err // what was not asked is no finding
			}
			report.accept(accepted)
			if *o.JSON {
				err = printJSON(cmd.OutOrStdout(), report)
			} else {
				err = report.text(cmd.OutOrStdout())
			}
			if err == nil && !report.Governed {
				return o.Refused(nil)
			}
			return err
		},
	}
	cmd.Flags().StringSliceVar(&accepted, "accept", nil, "`IDs` of checks that need not be ok")
	return cmd
}
