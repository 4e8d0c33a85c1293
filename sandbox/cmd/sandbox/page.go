package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"countersign/sandbox"
	"countersign/sandbox/page"
)

func pageVerb() *cobra.Command {
	var dir, as string
	cmd := &cobra.Command{
		Use:   "page",
		Short: "Print the address of the page where a seeded human votes in a browser",
		Long: "Print the address of the page where a seeded human sees wallets, approvals and webhooks, and votes. What\n" +
			"stands behind its # is the human's token and private key: a browser does not send it, and the page takes it\n" +
			"out of the address bar. The page is part of the control API (`sandbox serve --control-listen`).\n\n" + warning,
		Example: "  xdg-open \"$(sandbox page --as alice)\"",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := sandbox.ReadEnv(dir, as)
			if err != nil {
				return err
			}
			if e.ControlURL == "" {
				return fmt.Errorf("the page of %s is off; serve it with --control-listen 127.0.0.1:PORT", dir)
			}
			key, err := json.Marshal(map[string]string{
				"DFNS_AUTH_TOKEN": e.AuthToken, "DFNS_CRED_ID": e.CredID, "DFNS_PRIVATE_KEY": e.PrivateKey,
			})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), e.ControlURL+page.Path+"#"+base64.RawURLEncoding.EncodeToString(key))
			return err
		},
	}
	dataFlag(cmd.Flags(), &dir)
	cmd.Flags().StringVar(&as, "as", "admin", "seeded human: admin, alice or bob")
	return cmd
}
