package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"countersign/sandbox/verbs"
)

func human() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "human",
		Short: "Act as a seeded human: list what waits for a vote, approve, deny",
		Long:  "Act as a seeded human, who votes by signed calls of the API. " + warning,
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(decide("approve", verbs.Approved), decide("deny", verbs.Denied), inbox())
	return cmd
}

// humanFlags are those of everything that a human does.
func humanFlags(cmd *cobra.Command, dir, as *string, asJSON *bool) {
	cmd.Flags().StringVar(dir, "data", "", "data directory of `sandbox serve` (required)")
	cmd.Flags().StringVar(as, "as", "", "seeded human: admin, alice or bob (required)")
	cmd.Flags().BoolVar(asJSON, "json", false, "print JSON as the API has it")
	_ = cmd.MarkFlagRequired("data") // fails only for an unknown flag
	_ = cmd.MarkFlagRequired("as")
}

func decide(verb, value string) *cobra.Command {
	var dir, as, reason string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   verb + " [APPROVAL-ID]",
		Short: "Vote " + value + " on an approval",
		Long: "Vote " + value + " on an approval, and print its ID and what it is now. Without an ID it is the one pending\n" +
			"approval that waits for this person; when there are several they are listed, and nothing is decided.\n\n" + warning,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := verbs.Act(dir, as)
			if err != nil {
				return err
			}
			id := ""
			if len(args) == 1 {
				id = args[0]
			} else if id, err = p.Choose(cmd.Context(), value); err != nil {
				return errors.Join(showChoice(cmd.ErrOrStderr(), err), err)
			}
			after, err := p.Decide(cmd.Context(), id, value, reason)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), after.Raw)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), after.ID, after.Status)
			return err
		},
	}
	humanFlags(cmd, &dir, &as, &asJSON)
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the record")
	return cmd
}

// showChoice prints the approvals between which the person has to choose.
func showChoice(w io.Writer, err error) error {
	var choice *verbs.ChoiceError
	if !errors.As(err, &choice) {
		return nil
	}
	for _, a := range choice.Among {
		if _, err := fmt.Fprintln(w, a); err != nil {
			return err
		}
	}
	return nil
}

func inbox() *cobra.Command {
	var dir, as string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the pending approvals that wait for a vote of this person",
		Long: "List the pending approvals in which this person has a say and has not voted, oldest first.\n" +
			"What the person asked for is among them, since an initiator may deny.\n\n" + warning,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := verbs.Act(dir, as)
			if err != nil {
				return err
			}
			open, err := p.Inbox(cmd.Context())
			if err != nil {
				return err
			}
			list := make([]json.RawMessage, len(open)) // not nil, which is no list in JSON
			for i, a := range open {
				list[i] = a.Raw
				if asJSON {
					continue
				}
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), a); err != nil {
					return err
				}
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), list)
			}
			return nil
		},
	}
	humanFlags(cmd, &dir, &as, &asJSON)
	return cmd
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
