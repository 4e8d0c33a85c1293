package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign/sandbox"
	"countersign/sandbox/contracts"
	"countersign/sandbox/deploy"
)

// deployTimeout bounds a deployment; one takes a block.
const deployTimeout = time.Minute

func deployContract() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "deploy NAME [ARGUMENT...]",
		Short: "Deploy a contract to play with, and print its address and the file of its ABI",
		Long: "Deploy a contract on EthereumSepolia, as a transaction of the treasury that admin asks for, and print\n" +
			"its address and the file of its ABI. Arguments are the constructor's, lists with commas. The same\n" +
			"contract with the same arguments is deployed once. There are " + strings.Join(contracts.Names(), ", ") + ".",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := contracts.Find(args[0])
			if err != nil {
				return err
			}
			e, err := sandbox.ReadEnv(dir, "admin")
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), deployTimeout)
			defer cancel()
			address, err := deploy.Contract(ctx, e, c, args[1:])
			if err != nil {
				return err
			}
			file := filepath.Join(dir, c.Name+".abi.json")
			if err := os.WriteFile(file, c.ABIJSON, 0o600); err != nil {
				return fmt.Errorf("writing ABI: %w", err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), address, file)
			return err
		},
	}
	dataFlag(cmd.Flags(), &dir)
	return cmd
}
