package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"countersign/sandbox"
	"countersign/sandbox/network"
)

const warning = "For development only: it prints the private keys of its users, and its chain is not a network."

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "sandbox",
		Short:         "A DFNS-compatible custody platform on a local EVM chain",
		Long:          "A DFNS-compatible custody platform on a local EVM chain, for laptops and tests.\n\n" + warning,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.AddCommand(serve(), env(), routes(), deployContract(), human(), trigger(), listenVerb(), pageVerb(), examine(), clockVerb(), faultVerb(), version())
	return cmd
}

// defaultData is where a sandbox lives when nobody says otherwise: `sandbox serve` and
// `eval "$(sandbox env)"` in one directory find each other.
const defaultData = "var/sandbox"

func dataFlag(flags *pflag.FlagSet, dir *string) {
	flags.StringVar(dir, "data", defaultData, "data `directory` of sandbox serve, which makes it when it is not there")
}

func serve() *cobra.Command {
	var cfg sandbox.Config
	var faults string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve a data directory until SIGINT or SIGTERM",
		Long: "Serve a data directory until SIGINT or SIGTERM. The first start of a directory seeds it: an\n" +
			"organisation, the humans admin (Ed25519), alice (P-256) and bob (RSA), a treasury wallet, a token.\n" +
			"GET /healthz answers 200 once that is done. `sandbox env` prints how to talk to it.\n\n" + warning,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := readScript(faults, &cfg); err != nil {
				return err
			}
			return serveUntilSignal(cmd.Context(), cfg)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.Listen, "listen", "127.0.0.1:4000", "address of the API; port 0 chooses one")
	flags.StringVar(&cfg.RPCListen, "rpc-listen", "127.0.0.1:8545", "address of the chains' JSON-RPC; port 0 chooses one")
	flags.StringVar(&cfg.ControlListen, "control-listen", "", "address of the control API and of the page; the former asks for no credentials; port 0 chooses one, none is off")
	flags.StringVar(&faults, "faults", "", "script of faults, YAML or JSON, in force from the start")
	flags.StringSliceVar(&cfg.Networks, "networks", network.Defaults(), "networks to run, by DFNS's names; EthereumSepolia always runs")
	dataFlag(flags, &cfg.Data)
	flags.IntVar(&cfg.Finality, "finality", 0, "blocks by which safe and finalized are behind the head; requests and deposits are confirmed there")
	flags.DurationVar(&cfg.BlockTime, "block-time", time.Second, "between empty blocks while a transaction is not final; negative makes none")
	flags.Float64Var(&cfg.TimeScale, "time-scale", 1, "divides webhook retry delays and autoRejectTimeout, such as 600")
	flags.DurationVar(&cfg.DeliveryTimeout, "delivery-timeout", 0, "time for one webhook attempt (default 5s)")
	flags.BoolVar(&cfg.Bootstrap, "bootstrap", false, "let service accounts and tokens create service accounts, which DFNS refuses")
	flags.BoolVar(&cfg.Unfunded, "unfunded", false, "let new wallets start empty, as DFNS's do; otherwise the faucet gives each 100 of the native asset")
	flags.IntVar(&cfg.RateLimit, "rate-limit", 0, "requests in 60 seconds before they are 429; 0 refuses none")
	flags.BoolVar(&cfg.AllowPublic, "allow-public", false, "allow addresses that other machines can reach")
	flags.BoolVar(&cfg.SeedNames, "seed-names", false, "add what DFNS's page on workflows shows and its API lacks: plural event kinds, deliveryId, X-Dfns-Signature, abstaining, a list of decisions")
	return cmd
}

func serveUntilSignal(ctx context.Context, cfg sandbox.Config) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	restarts := make(chan sandbox.Restart, 1)
	cfg.Restart = func(r sandbox.Restart) {
		if r.Kill {
			startAnew(r)
		}
		select {
		case restarts <- r:
		default: // it is about to
		}
	}
	slog.Warn("this is a sandbox, for development only")
	server, err := sandbox.Start(ctx, cfg)
	if err != nil {
		return err
	}
	slog.Info("sandbox ready", "api", server.URL, "rpc", server.RPCURL, "data", cfg.Data)
	select {
	case <-ctx.Done():
	case again := <-restarts:
		slog.Info("sandbox starting anew")
		if err := server.Close(); err != nil {
			return err
		}
		startAnew(again)
		return errors.New("the sandbox has stopped and did not start anew")
	}
	slog.Info("sandbox stopping")
	return server.Close()
}

func env() *cobra.Command {
	var dir, as string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "env",
		Short: "Print what a client needs, as shell exports or JSON",
		Long:  "Print what a client needs to act as a seeded human, as shell exports or JSON. " + warning,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := sandbox.ReadEnv(dir, as)
			if err != nil {
				return err
			}
			if !asJSON {
				_, err = fmt.Fprint(cmd.OutOrStdout(), e.Shell())
				return err
			}
			enc := json.NewEncoder(cmd.OutOrStdout())
			enc.SetIndent("", "  ")
			return enc.Encode(e)
		},
	}
	dataFlag(cmd.Flags(), &dir)
	cmd.Flags().StringVar(&as, "as", "admin", "seeded human: admin, alice or bob")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := "(devel)"
			if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
				v = info.Main.Version
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "sandbox", v)
			return err
		},
	}
}
