package auditverbs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"countersign/audit/beside"
	"countersign/cmd/countersign/app"
	"countersign/store"

	"github.com/spf13/cobra"
)

func (o Options) evidence() *cobra.Command {
	return &cobra.Command{
		Use:   "evidence DIGEST [FILE]",
		Short: "Print what records name by its SHA-256",
		Long: `Print the bytes that are kept beside the trail under a SHA-256 which a record names: what a
service was asked and answered, a vote as the custodian tells it, the moves of a sweep, and
more ('countersign audit show' shows the names). They are printed, or written into a new FILE, as they
are, and only when they have that digest.`,
		Example: "  countersign audit evidence 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 answer.json",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, ok := beside.Parse(strings.TrimPrefix(args[0], "sha256:"))
			if !ok {
				return o.Usage(fmt.Errorf("%.80q is no SHA-256: give 64 lower-case hex digits, as a record has them", args[0]))
			}
			return o.withTrail(cmd, func(ctx context.Context, _ *app.App, db *store.DB) error {
				text, err := db.Evidence(ctx, name.String())
				if err != nil {
					return err
				}
				if len(args) == 1 {
					_, err = cmd.OutOrStdout().Write(text)
					return err
				}
				return writeNew(args[1], text)
			})
		},
	}
}

// writeNew writes a file that was not there before.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		err = errors.Join(err, os.Remove(path)) // half of it must not pass for it
	}
	return err
}
