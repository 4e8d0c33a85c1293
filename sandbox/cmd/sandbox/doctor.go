package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"countersign/sandbox/client"
	"countersign/sandbox/doctor"
)

// differs is the exit code when a check failed: the platform was asked, and differs.
const differs = 3

// exitError ends the program with a code of its own.
type exitError struct {
	error
	code int
}

func examine() *cobra.Command {
	var cfg doctor.Config
	var keyFile string
	var asJSON, list bool
	cmd := &cobra.Command{
		Use:   "doctor --against URL",
		Short: "Ask a DFNS platform whether it behaves as the sandbox does",
		Long: "Ask a DFNS platform, the real one or a sandbox, whether it behaves as the sandbox was built to, and say\n" +
			"for each check what was expected and what was seen. The caller is given as `sandbox env` prints it:\n" +
			"DFNS_AUTH_TOKEN, DFNS_CRED_ID and DFNS_PRIVATE_KEY (PEM), with DFNS_BASE_URL and DFNS_WALLET_ID for the\n" +
			"flags. Without --write it only reads, and signs calls for wallets that do not exist. With --write it makes\n" +
			"wallets (which stay), and policies and webhooks (which it removes); no transfer that it asks for is let go.\n\n" +
			"Exit code 0 when no check failed, 3 when one did, 1 when nothing could be asked.",
		Example: "  eval \"$(sandbox env --data DIR)\" && sandbox doctor --write\n" +
			"  sandbox doctor --against https://api.dfns.io --only signing.once,wallets.pages --json",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if list {
				return printChecks(cmd.OutOrStdout())
			}
			if err := fromEnvironment(&cfg, keyFile); err != nil {
				return err
			}
			results, err := doctor.Run(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			return report(cmd.OutOrStdout(), results, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.Client.Base, "against", os.Getenv("DFNS_BASE_URL"), "base `URL` of the platform (default $DFNS_BASE_URL)")
	flags.StringVar(&keyFile, "key-file", "", "`file` with the private key, in place of DFNS_PRIVATE_KEY")
	flags.StringVar(&cfg.WalletID, "wallet", os.Getenv("DFNS_WALLET_ID"), "`ID` of a wallet to look at (default $DFNS_WALLET_ID, then the first)")
	flags.StringVar(&cfg.Network, "network", "EthereumSepolia", "network of the wallets that --write makes")
	flags.BoolVar(&cfg.Write, "write", false, "run the checks that change something, too")
	flags.StringSliceVar(&cfg.Only, "only", nil, "run these checks only")
	flags.BoolVar(&asJSON, "json", false, "print one JSON array")
	flags.BoolVar(&list, "list", false, "print the checks, and run none")
	return cmd
}

// fromEnvironment fills in who calls. Secrets are not flags, which other users can see.
func fromEnvironment(cfg *doctor.Config, keyFile string) error {
	if cfg.Client.Base == "" {
		return fmt.Errorf("no platform given; name its base URL with --against or DFNS_BASE_URL")
	}
	cfg.Client.Token, cfg.Client.CredID = os.Getenv("DFNS_AUTH_TOKEN"), os.Getenv("DFNS_CRED_ID")
	text := os.Getenv("DFNS_PRIVATE_KEY")
	if keyFile != "" {
		raw, err := os.ReadFile(keyFile)
		if err != nil {
			return err
		}
		text = string(raw)
	}
	for _, v := range []struct{ name, value string }{
		{"DFNS_AUTH_TOKEN", cfg.Client.Token}, {"DFNS_CRED_ID", cfg.Client.CredID}, {"DFNS_PRIVATE_KEY (or --key-file)", text},
	} {
		if v.value == "" {
			return fmt.Errorf("%s is not set; `sandbox env` prints what is needed", v.name)
		}
	}
	key, err := client.ParseKey(text)
	cfg.Client.Key = key
	return err
}

func report(w io.Writer, results []doctor.Result, asJSON bool) error {
	count := map[string]int{}
	for _, r := range results {
		count[r.Verdict]++
	}
	var err error
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		err = enc.Encode(results)
	} else {
		err = printTable(w, results, count)
	}
	if err == nil && count[doctor.Fail] > 0 {
		err = exitError{fmt.Errorf("%d of %d checks failed", count[doctor.Fail], len(results)), differs}
	}
	return err
}

func printTable(w io.Writer, results []doctor.Result, count map[string]int) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range results {
		fmt.Fprintf(tw, "%s\t%s\t%s\n", r.Verdict, r.Name, r.Expected)
		if r.Seen != "" {
			fmt.Fprintf(tw, "\t\t  seen: %s\n", strings.ReplaceAll(r.Seen, "\t", " "))
		}
	}
	fmt.Fprintf(tw, "%d passed, %d failed, %d skipped\n", count[doctor.Pass], count[doctor.Fail], count[doctor.Skip])
	return tw.Flush()
}

func printChecks(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range doctor.Checks() {
		kind := "reads"
		if c.Write {
			kind = "writes"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\n", c.Name, kind, c.Expected)
	}
	return tw.Flush()
}
