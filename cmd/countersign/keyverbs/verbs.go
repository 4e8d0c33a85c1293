// Package keyverbs enrols, retires and revokes the keys of the trail on the command line.
package keyverbs

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"countersign/audit"
	"countersign/audit/keyring"
	"countersign/audit/verify"
	"countersign/cmd/countersign/control"
	"countersign/store"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"
)

// Options are what the verbs are given by the program.
type Options struct {
	// JSON says whether to print JSON; read when a verb runs.
	JSON *bool
	// Signing opens the trail for records of ours, Reading for looking only. The caller
	// closes it.
	Signing func(cmd *cobra.Command) (*store.Trail, error)
	Reading func(cmd *cobra.Command) (*store.DB, error)
	// Policy is the configured trust policy, the zero one where there is none.
	Policy func(cmd *cobra.Command) (verify.Trust, error)
	// Usage marks errors with the exit code 2.
	Usage func(error) error
}

// New returns the verb and those below it.
func New(o Options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Enrol, retire and revoke the keys of the trail",
		Long: `Every key that signs records or checkpoints stands on the trail itself, with the index
from which it may sign and the one at which that ends. docs/keys.md has the steps of a
rotation.`,
	}
	cmd.AddCommand(o.list(), o.enroll(), o.retire(), o.revoke(), o.policy())
	return cmd
}

func (o Options) list() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the keys, and from where to where each may sign",
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := o.registry(cmd)
			if err != nil {
				return err
			}
			return o.print(cmd.OutOrStdout(), r.All())
		},
	}
}

func (o Options) registry(cmd *cobra.Command) (*audit.Registry, error) {
	db, err := o.Reading(cmd)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return db.Registry(cmd.Context())
}

func (o Options) print(out io.Writer, keys []audit.RegisteredKey) error {
	if *o.JSON {
		listed := []verify.Key{}
		for _, k := range keys {
			listed = append(listed, listedKey(k))
		}
		return encode(out, listed)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KEY\tUSE\tSUBJECT\tFROM\tUNTIL\tSTATE")
	for _, k := range keys {
		until, state := "", "signs"
		if k.Until >= 0 {
			until, state = fmt.Sprint(k.Until), "retired"
		}
		if k.Revoked {
			state = "revoked"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", k.KeyID, k.Use, k.Subject, k.From, until, state)
	}
	return w.Flush()
}

func listedKey(k audit.RegisteredKey) verify.Key {
	out := verify.Key{KeyID: k.KeyID, Use: k.Use, Subject: k.Subject, From: k.From, Until: k.Until, Revoked: k.Revoked}
	if k.Credential != nil {
		out.Custodian = k.Credential.Custodian
	}
	return out
}

func encode(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func (o Options) enroll() *cobra.Command {
	var uri, use, subject, by string
	cmd := &cobra.Command{
		Use:   "enroll",
		Short: "Let another key sign from here on",
		Long: `Put on the trail that a key may sign from the next record on. The key must be here: it
proves that by a signature. What is signed now with the configured key says so. The first
keys of a log are enrolled by the first worker.`,
		Example: `  countersign keys enroll --key file:/etc/countersign/next.pem
  countersign keys enroll --key 'vault:https://vault:8200/transit/keys/trail?version=2&token-file=/run/vault' --subject us-…
  countersign keys enroll --use log --key file:/etc/countersign/log-next.pem`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if uri == "" {
				return o.Usage(errors.New("--key is required: the key to enrol, as docs/keys.md names keys"))
			}
			if use != string(audit.RecordKey) && use != string(audit.LogKey) {
				return o.Usage(fmt.Errorf("--use %q: want record or log", use))
			}
			key, err := keyring.Open(cmd.Context(), uri)
			if err != nil {
				return fmt.Errorf("--key: %w", err)
			}
			defer key.Close()
			return o.append(cmd, func(ctx context.Context, t *store.Trail) (audit.Entry, error) {
				whose := subject
				switch {
				case use == string(audit.LogKey) && whose == "":
					whose = t.DB.Origin()
				case whose == "":
					whose = t.Signer.Subject
				}
				return t.Enrol(ctx, audit.KeyUse(use), whose, key, by)
			}, "enrolled "+audit.KeyID(key.Public()))
		},
	}
	f := cmd.Flags()
	f.StringVar(&uri, "key", "", "`URI` or path of the private key (required)")
	f.StringVar(&use, "use", string(audit.RecordKey), "what it will sign: `record or log`")
	f.StringVar(&subject, "subject", "", "whose records it signs: a service account's `ID` (default: the configured one)")
	f.StringVar(&by, "by", control.Whoami(), "who says so, for the trail")
	return cmd
}

func (o Options) retire() *cobra.Command {
	var reason, by string
	cmd := &cobra.Command{
		Use:   "retire KEY",
		Short: "End a key: what it has signed stands, and it signs nothing more",
		Long: `Put on the trail that a key signs nothing more. The last key that may sign is refused:
enrol another first. So is the key that is configured here: sign with the next one first.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.append(cmd, func(ctx context.Context, t *store.Trail) (audit.Entry, error) {
				if err := signsHere(ctx, t, args[0]); err != nil {
					return audit.Entry{}, err
				}
				return t.EndKey(ctx, args[0], audit.KeyRetired, 0, reason, by)
			}, "retired "+args[0])
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the trail")
	cmd.Flags().StringVar(&by, "by", control.Whoami(), "who says so, for the trail")
	return cmd
}

// signsHere refuses the key of the record that would retire it, while another of the account may
// sign: whoever still has the old one configured has not turned it yet.
func signsHere(ctx context.Context, t *store.Trail, kid string) error {
	if kid != audit.KeyID(t.Signer.Key.Public()) {
		return nil
	}
	r, err := t.DB.Registry(ctx)
	if err != nil {
		return err
	}
	for _, k := range r.All() {
		if k.Use == audit.RecordKey && k.KeyID != kid && k.Subject == t.Signer.Subject && k.Until < 0 {
			return fmt.Errorf("%s signs here: set COUNTERSIGN_SIGNING_KEY to the next key, %s, at every worker and here, and retire this one with it; one that was in other hands is revoked", kid, k.KeyID)
		}
	}
	return nil
}

func (o Options) revoke() *cobra.Command {
	var reason, by string
	var from int64
	cmd := &cobra.Command{
		Use:   "revoke KEY",
		Short: "Disown a key: nothing that it signed from an index on is believed",
		Long: `Put on the trail that a key was in other hands. What it signed from --from on, also what
stands on the trail already, does not verify any more and nothing follows from it: people
must look at each of those records (countersign audit verify lists them). The keys that it
has enrolled since go with it; where none would be left to sign, nothing is revoked.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("from") || strings.TrimSpace(reason) == "" {
				return o.Usage(errors.New("--from and --reason are required: the first index that it may not have signed, and why"))
			}
			return o.append(cmd, func(ctx context.Context, t *store.Trail) (audit.Entry, error) {
				return t.EndKey(ctx, args[0], audit.KeyRevoked, from, reason, by)
			}, "revoked "+args[0])
		},
	}
	cmd.Flags().Int64Var(&from, "from", 0, "first `index` that it is not to be believed at (required)")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the trail (required)")
	cmd.Flags().StringVar(&by, "by", control.Whoami(), "who says so, for the trail")
	return cmd
}

// append puts one record about a key on the trail and says where it stands.
func (o Options) append(cmd *cobra.Command, act func(context.Context, *store.Trail) (audit.Entry, error), done string) error {
	trail, err := o.Signing(cmd)
	if err != nil {
		return err
	}
	defer trail.DB.Close()
	entry, err := act(cmd.Context(), trail)
	if err != nil {
		return err
	}
	if err := trail.Barrier(cmd.Context(), entry); err != nil {
		return err
	}
	if *o.JSON {
		return encode(cmd.OutOrStdout(), map[string]any{"index": entry.Index, "leaf_hash": entry.LeafHash, "record": entry.Record})
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: record %d\n", done, entry.Index)
	return nil
}

func (o Options) policy() *cobra.Command {
	return &cobra.Command{
		Use:   "policy",
		Short: "Print whom a verifier must trust (C2SP tlog-policy)",
		Long: `Print the trust policy to hand to an auditor: the public keys of the log that sign now,
and the witnesses of the configured policy. It holds no secret.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			trust, err := o.Policy(cmd)
			if err != nil {
				return err
			}
			r, err := o.registry(cmd)
			if err != nil {
				return err
			}
			trust.Log = nil
			for _, k := range r.All() {
				if k.Use != audit.LogKey || k.Until >= 0 {
					continue
				}
				pub, _ := k.Public.(ed25519.PublicKey) // another kind has the wrong length, which is said
				vkey, err := note.NewEd25519VerifierKey(k.Subject, pub)
				if err != nil {
					return err
				}
				trust.Log = append(trust.Log, vkey)
			}
			_, err = cmd.OutOrStdout().Write(trust.Policy())
			return err
		},
	}
}
