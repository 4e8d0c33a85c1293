package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"countersign/sandbox"
	"countersign/sandbox/fault"
)

func clockVerb() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "clock",
		Short: "Show the sandbox's clock, or advance it",
		Long:  "Show the sandbox's clock, or advance it, by the control API of `sandbox serve --control-listen`.",
		Args:  cobra.NoArgs,
		RunE:  ask(http.MethodGet, "/clock", nil),
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "advance DURATION",
		Short: "Advance the clock, doing what falls due on the way",
		Args:  cobra.ExactArgs(1),
		RunE: ask(http.MethodPost, "/clock/advance", func(args []string) ([]byte, error) {
			return json.Marshal(map[string]string{"by": args[0]})
		}),
	})
	return withData(cmd)
}

func faultVerb() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fault",
		Short: "List the faults in force, add some, clear them, or restart",
		Long:  "List the faults in force, add some, or clear them, by the control API of `sandbox serve --control-listen`.",
		Args:  cobra.NoArgs,
		RunE:  ask(http.MethodGet, "/faults", nil),
	}
	cmd.AddCommand(
		&cobra.Command{Use: "list", Short: "List the faults in force", Args: cobra.NoArgs, RunE: ask(http.MethodGet, "/faults", nil)},
		&cobra.Command{Use: "add FILE", Short: "Add the rules of a script, in YAML or JSON", Args: cobra.ExactArgs(1),
			RunE: ask(http.MethodPost, "/faults", func(args []string) ([]byte, error) { return os.ReadFile(args[0]) })},
		restartVerb(),
		&cobra.Command{Use: "clear", Short: "Clear all faults", Args: cobra.NoArgs, RunE: ask(http.MethodDelete, "/faults", nil)},
	)
	return withData(cmd)
}

// restartVerb has the server start anew at its addresses.
func restartVerb() *cobra.Command {
	mode := "kill"
	cmd := &cobra.Command{
		Use:   "restart",
		Short: "Have the sandbox start anew: all that is not on the disk is gone",
		Long: "Have the sandbox start anew, with the same flags and addresses: all that is not on the disk is gone,\n" +
			"and connections are cut. The API answers again when GET /healthz is 200.",
		Args: cobra.NoArgs,
		RunE: ask(http.MethodPost, "/restart", func([]string) ([]byte, error) {
			return json.Marshal(map[string]string{"mode": mode})
		}),
	}
	cmd.Flags().StringVar(&mode, "mode", mode, "kill, as kill -9 does, or stop, which closes everything first")
	return cmd
}

// withData gives a command and those below it the flag that finds the server.
func withData(cmd *cobra.Command) *cobra.Command {
	dataFlag(cmd.PersistentFlags(), new(string)) // read by name, in ask
	return cmd
}

// ask makes one request to the control API and prints its answer. A nil body is none.
func ask(method, path string, body func(args []string) ([]byte, error)) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		dir, err := cmd.Flags().GetString("data")
		if err != nil {
			return err
		}
		e, err := sandbox.ReadEnv(dir, "admin")
		if err != nil {
			return err
		}
		if e.ControlURL == "" {
			return fmt.Errorf("the control API of %s is off; serve it with --control-listen 127.0.0.1:PORT", dir)
		}
		var text []byte
		if body != nil {
			if text, err = body(args); err != nil {
				return err
			}
		}
		return request(cmd.Context(), cmd.OutOrStdout(), method, e.ControlURL+path, text)
	}
}

func request(ctx context.Context, out io.Writer, method, url string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("asking the control API; is the sandbox running? %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		var refused struct{ Error struct{ Message string } }
		if json.Unmarshal(text, &refused) != nil || refused.Error.Message == "" {
			return fmt.Errorf("the control API answered %s", resp.Status)
		}
		return fmt.Errorf("%s (%d)", refused.Error.Message, resp.StatusCode)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, bytes.TrimSpace(text), "", "  "); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	_, err = fmt.Fprintln(out, pretty.String())
	return err
}

// readScript reads the file of `serve --faults`, if one is named.
func readScript(file string, cfg *sandbox.Config) error {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("--faults: %w", err)
	}
	if cfg.Faults, err = fault.Parse(text); err != nil {
		return fmt.Errorf("--faults %s: %w", file, err)
	}
	return nil
}
