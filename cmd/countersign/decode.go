package main

import (
	"errors"
	"fmt"

	"countersign/chain"
	"countersign/cmd/countersign/app"
	"countersign/cmd/countersign/decode"
	"countersign/rules"

	"github.com/spf13/cobra"
)

func newDecode(o *options) *cobra.Command {
	return decode.New(decode.Options{JSON: &o.json, Book: namedBook, Usage: usage, Refused: refused})
}

// namedBook builds and checks a book of this program.
func namedBook(name, file string) (rules.Decider, error) {
	book, _, err := (&app.App{Books: books}).Build(name, file)
	if err != nil {
		return nil, fmt.Errorf("--book, --book-file: %w", err)
	}
	return book, nil
}

func newPin(_ *options) *cobra.Command {
	var url string
	var chainID uint64
	var selectors []string
	cmd := &cobra.Command{
		Use:   "pin ADDRESS",
		Short: "Print the code pin of a contract as it is now, for a rule book",
		Long: `Ask a node for the code at an address and, behind a proxy, for its implementation, and
print the pin that would hold now, as JSON. A pin says what is there, not that it is
good: read the code before you put the pin into a book.`,
		Example: `  countersign pin --node https://node.example --chain-id 1 0xA0b8…eB48
  countersign pin --node http://127.0.0.1:8545 --chain-id 11155111 --selector 0xcdffacc6 0x…`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if url == "" || chainID == 0 {
				return usage(errors.New("--node and --chain-id are required: say which node to ask, and of which chain"))
			}
			node, err := chain.Dial(cmd.Context(), url, chainID)
			if err != nil {
				return err
			}
			pin, err := chain.Observe(cmd.Context(), node, args[0], selectors...)
			if err != nil {
				return refused(err)
			}
			return printJSON(cmd.OutOrStdout(), pin)
		},
	}
	cmd.Flags().StringVar(&url, "node", "", "JSON-RPC `URL`")
	cmd.Flags().Uint64Var(&chainID, "chain-id", 0, "EIP-155 `number` of the chain")
	cmd.Flags().StringArrayVar(&selectors, "selector", nil, "`selector` that will be called, of a diamond; may be repeated")
	return cmd
}
