package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"countersign/sandbox/api"
)

func routes() *cobra.Command {
	var missing bool
	cmd := &cobra.Command{
		Use:   "routes",
		Short: "List the routes of @dfns/sdk 0.8.3 and 0.8.21, served or not",
		Long: "List the routes of @dfns/sdk 0.8.3 and 0.8.21, and whether the sandbox serves them. A route that\n" +
			"it does not serve answers 501; a route that neither version has answers 404.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, r := range api.SDKRoutes() {
				state := "served"
				if !r.Served {
					state = "501"
				}
				if r.Served && missing {
					continue
				}
				if _, err := fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", state, r.Method, r.Path, strings.Join(r.Versions, " ")); err != nil {
					return err
				}
			}
			return out.Flush()
		},
	}
	cmd.Flags().BoolVar(&missing, "missing", false, "only the routes that answer 501")
	return cmd
}
