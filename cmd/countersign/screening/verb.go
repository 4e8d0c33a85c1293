// Package screening is what `countersign screening` does: it shows the lists of a
// screening file and screens one address with it.
package screening

import (
	"errors"
	"fmt"
	"os"

	"countersign/screening"
	"countersign/screening/setup"

	"github.com/spf13/cobra"
)

// Options are what the verb is given by the program.
type Options struct {
	// JSON says whether to print JSON; read when the verb runs.
	JSON *bool
	// Usage and Refused mark errors with the exit codes 2 and 3.
	Usage, Refused func(error) error
}

// New returns the verb.
func New(o Options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "screening",
		Short: "Screen an address against sanctions lists and vendors",
		Long: `Use the sources of a screening file as a rule would. docs/screening.md documents the
file, which is named by --file or $COUNTERSIGN_SCREENING_FILE. Lists are read first,
from where the file says that they are.`,
	}
	var file string
	cmd.PersistentFlags().StringVar(&file, "file", os.Getenv("COUNTERSIGN_SCREENING_FILE"), "screening `file` (also $COUNTERSIGN_SCREENING_FILE)")
	cmd.AddCommand(newLists(o, &file), newCheck(o, &file))
	return cmd
}

func newLists(o Options, file *string) *cobra.Command {
	return &cobra.Command{
		Use:   "lists",
		Short: "Read every list and print what it is",
		Long: `Read every list of the screening file and print its version, digest, number of
addresses, age and state. Exit code 3 when one of them cannot clear anybody now.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := o.load(*file)
			if err != nil {
				return err
			}
			_, _ = s.Refresh(cmd.Context()) // what failed stands in the state of the lists
			lists := s.Lists()
			if *o.JSON {
				err = printJSON(cmd.OutOrStdout(), lists)
			} else {
				err = table(cmd.OutOrStdout(), lists)
			}
			if err != nil {
				return err
			}
			for _, l := range lists {
				if state(l) != ready {
					return o.Refused(nil)
				}
			}
			return nil
		},
	}
}

func newCheck(o Options, file *string) *cobra.Command {
	var network string
	cmd := &cobra.Command{
		Use:   "check ADDRESS",
		Short: "Ask every source about one address",
		Long: `Read every list of the screening file, ask every source about the address, and print
the verdict and what each source found. Exit code 0 when it is clear, 3 when it is a
hit, to be reviewed, or unknown.`,
		Example: `  countersign screening check --file screening.json --network Ethereum 0x…
  countersign screening check --file screening.json --json bc1q…`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := o.load(*file)
			if err != nil {
				return err
			}
			if _, err := s.Refresh(cmd.Context()); err != nil {
				fmt.Fprintln(cmd.ErrOrStderr(), "countersign: lists:", err)
			}
			report := s.Screen(cmd.Context(), []screening.Query{{Network: network, Address: args[0]}})
			if *o.JSON {
				err = printJSON(cmd.OutOrStdout(), report)
			} else {
				err = findings(cmd.OutOrStdout(), report)
			}
			if err == nil && report.Verdict != screening.Clear {
				return o.Refused(nil)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&network, "network", "", "the address's `network`, in the custodian's name")
	return cmd
}

// load builds the screener of the file.
func (o Options) load(file string) (*screening.Screener, error) {
	if file == "" {
		return nil, o.Usage(errors.New("name the screening file with --file or COUNTERSIGN_SCREENING_FILE"))
	}
	s, err := setup.Load(file)
	if err != nil {
		return nil, o.Refused(err)
	}
	return s, nil
}
