package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"

	"countersign/sandbox/verbs"
)

// triggerFlags are those of everything that can be triggered.
type triggerFlags struct {
	dir, as, wallet string
	asJSON          bool
}

func (f *triggerFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.dir, "dir", "", "data directory of `sandbox serve` (required; other commands call it --data)")
	cmd.Flags().StringVar(&f.as, "as", "admin", "seeded human who asks: admin, alice or bob")
	cmd.Flags().StringVar(&f.wallet, "wallet", "", "`ID` of the wallet (default the treasury)")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print one JSON object")
	_ = cmd.MarkFlagRequired("dir") // fails only for an unknown flag
}

// person is who asks, and the wallet that is asked.
func (f *triggerFlags) person() (verbs.Person, string, error) {
	if strings.ContainsAny(f.wallet, "/?#%") {
		return verbs.Person{}, "", fmt.Errorf("--wallet %q is no ID; it begins with wa-", f.wallet)
	}
	p, err := verbs.Act(f.dir, f.as)
	if f.wallet == "" {
		f.wallet = p.WalletID
	}
	return p, f.wallet, err
}

func trigger() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trigger",
		Short: "Make something happen: a transaction that needs an approval, a transfer",
		Long:  "Make something happen, by signed calls of the API. " + warning,
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(triggerApproval(), triggerTransfer())
	return cmd
}

func triggerApproval() *cobra.Command {
	var f triggerFlags
	var in verbs.Transaction
	cmd := &cobra.Command{
		Use:   "approval --to ADDRESS",
		Short: "Ask for a transaction that needs an approval",
		Long: "Ask for a transaction that needs an approval, and print its ID, its status and the approval's ID.\n" +
			"Unless a policy has everything approved that the wallet signs, one is made for the wallet first; it stays.\n\n" + warning,
		Example: "  sandbox trigger approval --dir DIR --to 0x… --data 0xa9059cbb…",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkTransaction(in); err != nil {
				return err
			}
			p, wallet, err := f.person()
			if err != nil {
				return err
			}
			made, err := p.Guard(cmd.Context(), wallet)
			if err != nil {
				return err
			}
			if made != "" {
				fmt.Fprintf(cmd.ErrOrStderr(), "made policy %s: whatever wallet %s signs needs one approval\n", made, wallet)
			}
			e, err := p.Transact(cmd.Context(), wallet, in)
			if err != nil {
				return err
			}
			if err := f.print(cmd, e, made); err != nil {
				return err
			}
			if e.ApprovalID == "" {
				return fmt.Errorf("transaction %s is %s without an approval: %s; look for a policy that blocks", e.ID, e.Status, e.Reason)
			}
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&in.To, "to", "", "`address` that is called (required)")
	cmd.Flags().StringVar(&in.Data, "data", "", "call data, 0x and hexadecimal `digits`")
	cmd.Flags().StringVar(&in.Value, "value", "", "`wei` to send along, decimal")
	_ = cmd.MarkFlagRequired("to") // fails only for an unknown flag
	return cmd
}

func triggerTransfer() *cobra.Command {
	var f triggerFlags
	var in verbs.Transfer
	cmd := &cobra.Command{
		Use:   "transfer --to ADDRESS --amount UNITS",
		Short: "Ask for a transfer of the native asset or an ERC-20 token",
		Long: "Ask for a transfer, and print its ID, its status and the ID of the approval that it waits for, if any.\n\n" +
			warning,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if in.Contract != "" && !common.IsHexAddress(in.Contract) {
				return fmt.Errorf("--contract %q is no address; give 0x and 40 hexadecimal digits", in.Contract)
			}
			if err := checkAmount("--amount", in.Amount); err != nil {
				return err
			}
			p, wallet, err := f.person()
			if err != nil {
				return err
			}
			e, err := p.Transfer(cmd.Context(), wallet, in)
			if err != nil {
				return err
			}
			return f.print(cmd, e, "")
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&in.To, "to", "", "`address` of the recipient, in the form of the wallet's network (required)")
	cmd.Flags().StringVar(&in.Amount, "amount", "", "amount in the asset's smallest `units`, decimal (required)")
	cmd.Flags().StringVar(&in.Contract, "contract", "", "`address` of the ERC-20 token (default the native asset)")
	_ = cmd.MarkFlagRequired("to") // fails only for an unknown flag
	_ = cmd.MarkFlagRequired("amount")
	return cmd
}

func checkTransaction(in verbs.Transaction) error {
	if !common.IsHexAddress(in.To) {
		return fmt.Errorf("--to %q is no address; give 0x and 40 hexadecimal digits", in.To)
	}
	if digits, ok := strings.CutPrefix(in.Data, "0x"); in.Data != "" {
		if _, err := hex.DecodeString(digits); !ok || err != nil {
			return fmt.Errorf("--data %q is no call data; give 0x and pairs of hexadecimal digits (the data directory is --dir here)", in.Data)
		}
	}
	if in.Value == "" {
		return nil
	}
	return checkAmount("--value", in.Value)
}

func checkAmount(flag, text string) error {
	if n, ok := new(big.Int).SetString(text, 10); !ok || n.Sign() < 0 {
		return fmt.Errorf("%s %q is no amount; give a whole decimal number of the smallest units, such as wei", flag, text)
	}
	return nil
}

// print shows what was asked for, and the policy that was made before, if any.
func (f *triggerFlags) print(cmd *cobra.Command, e verbs.Entity, made string) error {
	if f.asJSON {
		return printJSON(cmd.OutOrStdout(), struct {
			ID         string          `json:"id"`
			Status     string          `json:"status"`
			ApprovalID string          `json:"approvalId,omitempty"`
			PolicyID   string          `json:"policyId,omitempty"` // made for it
			Entity     json.RawMessage `json:"entity"`             // as the API has it
		}{e.ID, e.Status, e.ApprovalID, made, e.Raw})
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), strings.TrimSpace(strings.Join([]string{e.ID, e.Status, e.ApprovalID}, " ")))
	return err
}
