package exportverbs

import (
	"fmt"
	"strconv"

	"countersign/audit"
	"countersign/audit/export"
	"countersign/cmd/countersign/control"

	"github.com/spf13/cobra"
)

func (o Options) receipt() *cobra.Command {
	var by string
	cmd := &cobra.Command{
		Use:   "receipt INDEX",
		Short: "Print the receipt of a record (C2SP tlog-proof)",
		Long: `Print a text that proves that a record stands in the log, to whoever trusts the log's
public key. It holds the record. The file is best called INDEX.tlog-proof. That it was
given stands on the trail before it is printed.`,
		Example: "  countersign audit receipt 17 > 17.tlog-proof",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			index, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || index < 0 {
				return o.Usage(fmt.Errorf("%.60q is no index of a record", args[0]))
			}
			trail, err := o.Signing(cmd)
			if err != nil {
				return err
			}
			defer trail.DB.Close()
			if _, err := trail.DB.Receipt(cmd.Context(), index); err != nil {
				return err
			}
			job := job{Options: o, wanted: wanted{by: by}, trail: trail}
			if _, err := job.record(cmd.Context(), audit.Export{Form: "receipt", From: index, To: index + 1}); err != nil {
				return err
			}
			size, err := trail.DB.CosignedFrom(cmd.Context(), index+1)
			if err != nil {
				return err
			}
			cosigned, err := job.cosigned(cmd.Context(), size)
			if err != nil {
				return err
			}
			text, err := export.Receipt(cmd.Context(), log{trail.DB}, index, size, cosigned)
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	cmd.Flags().StringVar(&by, "by", control.Whoami(), "who takes it, for the trail")
	return cmd
}
