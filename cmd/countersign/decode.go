package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"countersign/calldata"

	"github.com/spf13/cobra"
)

// decoded is what `decode --json` prints.
type decoded struct {
	Refused  bool           `json:"refused"`
	Code     calldata.Code  `json:"code,omitempty"`
	Offset   int            `json:"offset,omitempty"`
	Path     string         `json:"path,omitempty"`
	Why      string         `json:"why,omitempty"`
	Selector string         `json:"selector,omitempty"`
	Function string         `json:"function,omitempty"`
	Args     []decodedField `json:"args,omitempty"`
}

type decodedField struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Value any    `json:"value"`
}

func newDecode(o *options) *cobra.Command {
	var abiFile string
	var functions []string
	cmd := &cobra.Command{
		Use:   "decode HEX|-",
		Short: "Read call data as a rule would, or say why it is refused",
		Long: `Read EVM call data with a given ABI and nothing else: no lookup, no guess. Only the
one canonical encoding is accepted. "-" reads the hex from standard input. Exit
code 3 when the call data is refused.`,
		Example: `  countersign decode --function 'mint(address to,uint256 amount)' 0x40c10f19…
  countersign decode --abi token.abi.json - < calldata.hex`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			abi, err := loadABI(abiFile, functions)
			if err != nil {
				return usage(err)
			}
			data, err := readHex(cmd.InOrStdin(), args[0])
			if err != nil {
				return usage(err)
			}
			return printDecoded(cmd, o.json, abi, data)
		},
	}
	cmd.Flags().StringVar(&abiFile, "abi", "", "JSON ABI `file`")
	cmd.Flags().StringArrayVar(&functions, "function", nil, "human-readable `signature`; may be repeated")
	return cmd
}

func loadABI(file string, functions []string) (*calldata.ABI, error) {
	switch {
	case file != "" && len(functions) > 0:
		return nil, errors.New("give --abi or --function, not both")
	case len(functions) > 0:
		return calldata.ParseSignatures(functions...)
	case file == "":
		return nil, errors.New("give the ABI with --abi or --function: call data alone does not say what it means")
	}
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return calldata.ParseABI(source)
}

func readHex(in io.Reader, arg string) ([]byte, error) {
	if arg == "-" {
		text, err := io.ReadAll(io.LimitReader(in, 4*calldata.MaxBytes))
		if err != nil {
			return nil, err
		}
		arg = string(text)
	}
	data, err := hex.DecodeString(strings.TrimPrefix(strings.TrimSpace(arg), "0x"))
	if err != nil {
		return nil, fmt.Errorf("call data: %w", err)
	}
	return data, nil
}

func printDecoded(cmd *cobra.Command, asJSON bool, abi *calldata.ABI, data []byte) error {
	out := cmd.OutOrStdout()
	call, err := abi.Decode(data)
	var r *calldata.Refusal
	if errors.As(err, &r) {
		if asJSON {
			if err := printJSON(out, decoded{Refused: true, Code: r.Code, Offset: r.Offset, Path: r.Path, Why: r.Why}); err != nil {
				return err
			}
			return refused(nil)
		}
		return refused(fmt.Errorf("refused: %w", r))
	}
	if err != nil {
		return err
	}
	d := decoded{Selector: call.Function.Selector.String(), Function: call.Function.Signature}
	for i, in := range call.Function.Inputs {
		d.Args = append(d.Args, decodedField{Name: in.Name, Type: in.Type.String(), Value: call.At(i).JSON()})
	}
	if asJSON {
		return printJSON(out, d)
	}
	fmt.Fprintf(out, "%s  %s\n", d.Selector, d.Function)
	for _, a := range d.Args {
		fmt.Fprintf(out, "  %s %s = %v\n", a.Type, a.Name, a.Value)
	}
	return nil
}
