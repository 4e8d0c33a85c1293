package main

import (
	"fmt"
	"slices"
	"text/tabwriter"

	"countersign/config"

	"github.com/spf13/cobra"
)

func newConfig(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Check and describe the configuration"}
	cmd.AddCommand(newConfigCheck(o), newConfigDescribe(o))
	return cmd
}

func newConfigCheck(o *options) *cobra.Command {
	var roles []string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Report every mistake in the configuration at once",
		Long: `Load the configuration as the given roles would, read the files that it names,
build and check the rule book, and report every mistake at once. Exit code 3 when
there is one.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var want []config.Role
			for _, r := range roles {
				if !slices.Contains(config.Roles, config.Role(r)) {
					return usage(fmt.Errorf("--role %q: want one of %v", r, config.Roles))
				}
				want = append(want, config.Role(r))
			}
			a, err := o.load(cmd.ErrOrStderr(), want...)
			if err != nil {
				return err
			}
			if slices.Contains(want, config.RoleWorker) {
				if _, _, err := a.Book(); err != nil {
					return refused(err)
				}
				if _, err := a.Custodian(); err != nil {
					return refused(err)
				}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "configuration is good for %v\n", want)
			return nil
		},
	}
	cmd.Flags().StringSliceVar(&roles, "role", []string{"ingress", "worker", "audit"}, "`roles` to check for")
	return cmd
}

func newConfigDescribe(o *options) *cobra.Command {
	var example bool
	cmd := &cobra.Command{
		Use:   "describe",
		Short: "Print every setting with its default and meaning",
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			switch {
			case example:
				return config.WriteExample(out)
			case o.json:
				return printJSON(out, config.Describe())
			}
			for _, f := range config.Describe() {
				fmt.Fprintln(out, f.Name)
				fmt.Fprintf(out, "    %s\n", f.Doc)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&example, "example", false, "print as a file for --config (this is .env.example)")
	return cmd
}

func newVersion(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print what this program was built from",
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := map[string]string{"revision": revision()}
			if o.json {
				return printJSON(cmd.OutOrStdout(), v)
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "countersign %s\n", v["revision"])
			return err
		},
	}
}

// table writes rows in columns.
func table(cmd *cobra.Command, head string, rows func(w *tabwriter.Writer)) error {
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, head)
	rows(w)
	return w.Flush()
}
