// Package control is the kill switch on the command line: halt and resume what
// machines may decide, and say what is halted.
package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/user"
	"strings"
	"text/tabwriter"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/store"

	"github.com/spf13/cobra"
)

// Options are what the verbs are given by the program.
type Options struct {
	// JSON says whether to print JSON; read when a verb runs.
	JSON *bool
	// Signing opens the trail for records of ours, Reading for looking only. The caller
	// closes it.
	Signing func(cmd *cobra.Command) (*store.Trail, error)
	Reading func(cmd *cobra.Command) (*store.DB, error)
	// Usage and Refused mark errors with the exit codes 2 and 3.
	Usage, Refused func(error) error
}

// scope is where a verb acts.
type scope struct {
	all                bool
	wallet, book, rule string
	reason, by         string
}

// name is the scope as the trail has it.
func (s scope) name() (string, error) {
	var given []string
	if s.all {
		given = append(given, countersign.HaltAll)
	}
	for kind, value := range map[string]string{"wallet": s.wallet, "book": s.book, "rule": s.rule} {
		if value != "" {
			given = append(given, kind+"/"+value)
		}
	}
	if len(given) != 1 {
		return "", errors.New("give exactly one of --all, --wallet, --book and --rule")
	}
	if strings.TrimSpace(s.reason) == "" {
		return "", errors.New("--reason is required: it stands on the trail")
	}
	return given[0], countersign.CheckHaltScope(given[0])
}

func (s *scope) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&s.all, "all", false, "everything")
	f.StringVar(&s.wallet, "wallet", "", "the custodian's `ID` of a wallet")
	f.StringVar(&s.book, "book", "", "`name` of a rule book")
	f.StringVar(&s.rule, "rule", "", "`name` of a rule, as in applied_rules of a decision")
	f.StringVar(&s.reason, "reason", "", "why, for the trail (required)")
	f.StringVar(&s.by, "by", Whoami(), "who says so, for the trail")
}

// Whoami is the operator's name on this machine.
func Whoami() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

// New returns the verbs.
func New(o Options) []*cobra.Command {
	return []*cobra.Command{
		o.verb(verb{
			use: "halt", short: "Stop machines from deciding, in one scope or everywhere",
			long: `Put a halt on the trail. From then on every decision in the scope is an abstention
with code halted, and an approval that was decided but not posted yet is void; people
decide. Workflows go on, and so does everything outside of the scope. A name that nothing
on the trail has is halted too, with a warning: it may be misspelled, and stop nobody.`,
			example: `  countersign halt --all --reason 'incident 42'
  countersign halt --wallet wa-1 --reason 'key ceremony'
  countersign halt --rule 'EthereumSepolia/TUSD/mint(address,uint256)' --reason 'cap is wrong'`,
			kind: audit.ControlHalted, done: "halted", act: (*store.Trail).Halt,
		}),
		o.verb(verb{
			use: "resume", short: "Let machines decide again",
			long: `End a halt and put that on the trail. Decisions that were made meanwhile stay as they
are: an approval is never decided twice.`,
			example: `  countersign resume --all --reason 'incident 42 is over'`,
			kind:    audit.ControlResumed, done: "resumed", act: (*store.Trail).Resume,
		}),
		o.list(),
	}
}

// verb is what halt and resume differ in.
type verb struct {
	use, short, long, example, done string
	kind                            audit.Type
	act                             func(*store.Trail, context.Context, audit.Draft, string) (audit.Entry, error)
}

func (o Options) verb(v verb) *cobra.Command {
	var s scope
	cmd := &cobra.Command{
		Use: v.use, Short: v.short, Long: v.long, Example: v.example, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			name, err := s.name()
			if err != nil {
				return o.Usage(err)
			}
			trail, err := o.Signing(cmd)
			if err != nil {
				return err
			}
			defer trail.DB.Close()
			entry, err := v.act(trail, cmd.Context(), audit.Draft{
				Key: fmt.Sprintf("%s/%s/%d", v.kind, name, time.Now().UnixNano()), Type: v.kind,
				Body: audit.Control{Scope: name, Reason: s.reason, By: s.by},
			}, name)
			if errors.Is(err, store.ErrNotHalted) {
				return o.Refused(err)
			}
			if err != nil {
				return err
			}
			if err := o.say(cmd, v.done, name, entry); err != nil || v.kind != audit.ControlHalted {
				return err
			}
			strange, err := unseen(cmd.Context(), trail.DB, name)
			if err != nil {
				strange = "whether anything has that name could not be read: " + err.Error()
			}
			if strange != "" {
				fmt.Fprintf(cmd.ErrOrStderr(), "WARNING: %s stops that name and no other; %s\n", name, strange)
			}
			return nil
		},
	}
	s.flags(cmd)
	return cmd
}

// say tells what stands on the trail now: for a second halt that is the first.
func (o Options) say(cmd *cobra.Command, done, scope string, e audit.Entry) error {
	var body audit.Control
	if err := e.Decode(&body); err != nil {
		return err
	}
	if *o.JSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{
			"scope": scope, "state": done, "index": e.Index, "leaf_hash": e.LeafHash, "by": body.By, "reason": body.Reason, "at": e.Record.At,
		})
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s is %s: record %d of %s by %s (%s)\n",
		scope, done, e.Index, e.Record.At.Format(time.RFC3339), body.By, body.Reason)
	return err
}

// standing is a halt as halts prints it.
type standing struct {
	store.Halt
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
}

func (o Options) list() *cobra.Command {
	return &cobra.Command{
		Use: "halts", Short: "List where machines may not decide now", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			db, err := o.Reading(cmd)
			if err != nil {
				return err
			}
			defer db.Close()
			halts, err := db.Halts(cmd.Context())
			if err != nil {
				return err
			}
			all := []standing{}
			for _, h := range halts {
				var body audit.Control
				if e, err := db.Find(cmd.Context(), h.Key); err == nil {
					_ = e.Decode(&body) // shown as it is; audit verify judges it
				}
				all = append(all, standing{h, body.By, body.Reason})
			}
			if *o.JSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(all)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "SCOPE\tSINCE\tBY\tREASON")
			for _, h := range all {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", h.Scope, h.Since.Format(time.RFC3339), h.By, h.Reason)
			}
			return w.Flush()
		},
	}
}
