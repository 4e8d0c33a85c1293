package decode

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"countersign/calldata"
	"countersign/calldata/calltree"
	"countersign/calldata/rawtx"
	"countersign/rules"

	"github.com/spf13/cobra"
)

// Options are what the verb is given by the program.
type Options struct {
	// JSON says whether to print JSON; read when the verb runs.
	JSON *bool
	// Book builds a rule book by name from its configuration file, which may be "".
	Book func(name, file string) (rules.Decider, error)
	// Usage and Refused mark errors with the exit codes 2 and 3.
	Usage, Refused func(error) error
}

// flags are the verb's own.
type flags struct {
	to, value, network     string
	abis, functions        []string
	protocols, descriptors []string
	chainID                uint64
	book, bookFile         string
	transaction, isBatch   bool
	colour                 string
}

// New returns the verb.
func New(o Options) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "decode [HEX|-]",
		Short: "Read call data as a rule would, or say why it is refused",
		Long: `Read EVM call data with the ABIs that are given and nothing else: no lookup, no
guess. Only the one canonical encoding is accepted. Wrappers (multicalls, Safes,
MultiSend, smart accounts, timelocks, governors, routers, proxies …) are unwrapped
when their functions are pinned to the address that is called, and every call inside
is read the same way. "-" reads the hex from standard input.

With --transaction the hex is a serialised transaction (RLP of any EIP-2718 type).
With --batch, requests are read from standard input, one JSON object per line, and
answered one per line; docs/call-data.md has the form of both.

Exit code 3 when anything in it is refused. The codes are in docs/call-data.md.`,
		Example: `  countersign decode --function 'mint(address to,uint256 amount)' 0x40c10f19…
  countersign decode --to 0x… --abi safe.abi.json --abi 0x…=token.abi.json 0x6a761202…
  countersign decode --to 0x… --book stablecoin --book-file book.json --transaction 0x02f8…
  countersign decode --batch < requests.ndjson > answers.ndjson`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.isBatch {
				if len(args) > 0 {
					return o.Usage(errors.New("--batch reads requests from standard input: give no HEX"))
				}
				return Batch(cmd.InOrStdin(), cmd.OutOrStdout())
			}
			if len(args) == 0 {
				return o.Usage(errors.New("give the call data as HEX, or - to read it from standard input"))
			}
			return f.run(cmd, o, args[0])
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&f.to, "to", "", "called `address`; without it the ABI is that of whatever is called")
	fs.StringVar(&f.value, "value", "0", "native `amount` sent along, in wei")
	fs.StringArrayVar(&f.abis, "abi", nil, "JSON ABI `[address=]file`, of --to or of another address; may be repeated")
	fs.StringArrayVar(&f.functions, "function", nil, "human-readable `[address=]signature`; may be repeated")
	fs.StringArrayVar(&f.protocols, "protocol", nil, "`address=protocol`, where a signature has several meanings; may be repeated")
	fs.StringVar(&f.book, "book", "", "take the contracts of the rule book with this `name`")
	fs.StringVar(&f.bookFile, "book-file", "", "the book's configuration `file`")
	fs.StringVar(&f.network, "network", "", "`network` of the book's contracts; needed when it has several")
	fs.StringArrayVar(&f.descriptors, "descriptor", nil, "ERC-7730 `file`, whose words are added; may be repeated")
	fs.Uint64Var(&f.chainID, "chain-id", 0, "EIP-155 `number` of the chain that descriptors are for")
	fs.BoolVar(&f.transaction, "transaction", false, "HEX is a serialised transaction")
	fs.BoolVar(&f.isBatch, "batch", false, "read NDJSON requests from standard input")
	fs.StringVar(&f.colour, "color", "auto", "`when` to colour: auto, always or never")
	return cmd
}

func (f *flags) run(cmd *cobra.Command, o Options, arg string) error {
	known, err := f.known(o)
	if err != nil {
		return o.Usage(err)
	}
	tx, err := f.read(cmd.InOrStdin(), arg)
	var unread *calldata.Refusal
	switch {
	case errors.As(err, &unread):
		if *o.JSON {
			if err := printJSON(cmd.OutOrStdout(), refusedRequest("", unread.Code, unread)); err != nil {
				return err
			}
			return o.Refused(nil)
		}
		return o.Refused(fmt.Errorf("refused: %w", unread))
	case err != nil:
		return o.Usage(err)
	}
	reader, err := calltree.New(known.contracts)
	if err != nil {
		return o.Usage(err)
	}
	tree := reader.Read(tx)
	if *o.JSON {
		answer := Of("", tree)
		if err := printJSON(cmd.OutOrStdout(), answer); err != nil {
			return err
		}
		if answer.Refuse {
			return o.Refused(nil)
		}
		return nil
	}
	t := Text{Out: cmd.OutOrStdout(), Name: known.name, Target: f.to != "" || f.transaction}
	if t.Target { // without an address there is nobody to speak of
		t.Words = known.names.Line
	}
	if t.Colour, err = f.coloured(cmd.OutOrStdout()); err != nil {
		return o.Usage(err)
	}
	t.Tree(tree)
	if ps := tree.Problems(); len(ps) > 0 {
		return o.Refused(problems(ps))
	}
	return nil
}

// problems are all reasons of a refusal, a line each.
func problems(ps []calltree.Problem) error {
	var lines []string
	for _, p := range ps {
		where := ""
		if p.Path != "" {
			where = "in " + p.Path + ": "
		}
		lines = append(lines, "refused: "+where+Printable(p.Refusal.Error()))
	}
	return errors.New(strings.Join(lines, "\n"))
}

// read returns the transaction that HEX and the flags say.
func (f *flags) read(in io.Reader, arg string) (tx calltree.Transaction, err error) {
	if arg == "-" {
		text, err := io.ReadAll(io.LimitReader(in, 4*calldata.MaxBytes))
		if err != nil {
			return tx, err
		}
		arg = string(text)
	}
	data, err := Hex(arg)
	if err != nil {
		return tx, fmt.Errorf("call data: %w", err)
	}
	if f.transaction {
		return serialized(data)
	}
	value, err := number([]byte(f.value))
	if err != nil {
		return tx, fmt.Errorf("--value: %w", err)
	}
	var to calltree.Address
	if f.to != "" {
		if to, err = Address(f.to); err != nil {
			return tx, fmt.Errorf("--to: %w", err)
		}
	}
	return calltree.Transaction{To: &to, Value: calltree.WeiOf(value), Data: data}, nil
}

// serialized reads a transaction from its bytes.
func serialized(data []byte) (tx calltree.Transaction, err error) {
	raw, err := rawtx.Parse(data)
	if err != nil {
		return tx, err
	}
	tx.Value, tx.Data, tx.SetCode = calltree.WeiOf(raw.Value), raw.Data, raw.Type == 4
	if raw.To != "" {
		to, err := Address(raw.To)
		if err != nil {
			return tx, err
		}
		tx.To = &to
	}
	for _, a := range raw.Authorizations {
		delegate, err := Address(a.Address)
		if err != nil {
			return tx, err
		}
		tx.Delegates = append(tx.Delegates, delegate)
	}
	return tx, nil
}

// coloured reports whether to colour what goes to out.
func (f *flags) coloured(out io.Writer) (bool, error) {
	switch f.colour {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
		file, ok := out.(*os.File)
		if !ok || os.Getenv("NO_COLOR") != "" { // https://no-color.org
			return false, nil
		}
		info, err := file.Stat()
		return err == nil && info.Mode()&os.ModeCharDevice != 0, nil
	}
	return false, fmt.Errorf("--color %q: want auto, always or never", f.colour)
}
