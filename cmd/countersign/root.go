package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"

	"countersign/cmd/countersign/app"
	"countersign/cmd/countersign/scheduleverbs"
	"countersign/cmd/countersign/screening"
	"countersign/config"

	"github.com/spf13/cobra"
)

// options are the flags that every verb knows.
type options struct {
	configFile string
	logLevel   string
	json       bool
}

func newRoot() *cobra.Command {
	o := &options{}
	root := &cobra.Command{
		Use:   "countersign",
		Short: "Governed financial operations: signed webhooks in, signed decisions out",
		Long: `Countersign hears a custody platform's signed webhooks, reads each pending
approval, decodes it, runs rules written in plain Go, and approves, rejects or
abstains. Each decision is signed and on the trail before it takes effect.

Try it:            countersign demo     (everything on this machine, then gone)
Work with it:      countersign dev      (the same, until Ctrl-C)
Run it:            countersign ingress, countersign worker, countersign watch,
                   countersign api, countersign sink
Look:              countersign approvals, countersign audit, countersign completeness,
                   countersign decode
Keep it:           countersign keys, countersign migrate
By the clock:      countersign schedules, countersign sweep
Stop it:           countersign halt, countersign resume, countersign halts

Configuration comes from COUNTERSIGN_* and TEMPORAL_* variables or a file of
them (--config); "countersign config describe" is the manual.

Exit codes: 0 done; 1 failed; 2 wrong command line; 3 the answer is no (call data
refused, trail not verified, configuration wrong, demo not as expected).`,
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	f := root.PersistentFlags()
	f.StringVar(&o.configFile, "config", os.Getenv("COUNTERSIGN_CONFIG"), "file of NAME=value `settings` (also $COUNTERSIGN_CONFIG)")
	f.StringVar(&o.logLevel, "log-level", "info", "debug, info, warn or error")
	f.BoolVar(&o.json, "json", false, "print JSON instead of text")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(fmt.Errorf("%w\nRun '%s --help' for usage", err, cmd.CommandPath()))
	})
	root.AddCommand(newDemo(o), newDev(o), newIngress(o), newWorker(o), newAPI(o), newSink(o), newWatch(o), newApprovals(o), newAudit(o),
		newDecode(o), newPin(o), newRules(o), screening.New(screening.Options{JSON: &o.json, Usage: usage, Refused: refused}), newDoctor(o), newConfig(o), newVersion(o))
	root.AddCommand(newControl(o)...)
	root.AddCommand(newMoney(o)...)
	root.AddCommand(newKeys(o), newMigrate(o), newCompleteness(o), scheduleverbs.New(scheduleverbs.Options{JSON: &o.json, Usage: usage, Refused: refused, Signing: o.signing,
		App: func(cmd *cobra.Command) (*app.App, error) { return o.load(cmd.ErrOrStderr()) }}))
	wrapArgs(root)
	return root
}

// wrapArgs makes a wrong number of arguments a usage error, with the usage.
func wrapArgs(cmd *cobra.Command) {
	check := cmd.Args
	if check == nil {
		check = cobra.NoArgs
	}
	cmd.Args = func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usage(fmt.Errorf("%w\nUsage: %s (see '%s --help')", err, c.UseLine(), c.CommandPath()))
		}
		return nil
	}
	if cmd.HasSubCommands() && cmd.RunE == nil {
		cmd.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	}
	for _, sub := range cmd.Commands() {
		wrapArgs(sub)
	}
}

// load reads the configuration and checks it for the roles that the verb plays.
func (o *options) load(w io.Writer, roles ...config.Role) (*app.App, error) {
	log, err := o.logger(w)
	if err != nil {
		return nil, err
	}
	cfg, err := config.Load(o.configFile, os.Environ())
	if err == nil {
		err = cfg.Check(roles...)
	}
	if err != nil {
		return nil, refused(fmt.Errorf("%w\n`countersign config describe` is the manual", err))
	}
	return newApp(cfg, log), nil
}

// logger writes JSON lines: no text that comes from outside can forge a line.
func (o *options) logger(w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.logLevel)); err != nil {
		return nil, usage(fmt.Errorf("--log-level %q: want debug, info, warn or error", o.logLevel))
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})), nil
}

// printJSON writes one value, indented.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
