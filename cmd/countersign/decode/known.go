package decode

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"countersign/calldata"
	"countersign/calldata/calltree"
	"countersign/calldata/erc7730"
	"countersign/calldata/words"
	"countersign/rules"
)

// known is what the flags say of contracts.
type known struct {
	contracts map[calltree.Address]calltree.Contract
	names     words.Names
}

// name is what an address is called; empty for one without a name.
func (k *known) name(a calltree.Address) string { return k.names.Accounts[a] }

// known collects the contracts of a book, of ABI files and of signatures.
func (f *flags) known(o Options) (*known, error) {
	k := &known{contracts: map[calltree.Address]calltree.Contract{}}
	if f.book == "" && len(f.abis) == 0 && len(f.functions) == 0 {
		return nil, errors.New("give what is known of the contracts with --abi, --function or --book: call data alone does not say what it means")
	}
	if f.book != "" {
		if f.to == "" && !f.transaction {
			return nil, errors.New("--book knows contracts by their addresses: give --to")
		}
		if err := f.fromBook(o, k); err != nil {
			return nil, err
		}
	}
	if err := f.fromFiles(k); err != nil {
		return nil, err
	}
	if err := f.fromSignatures(k); err != nil {
		return nil, err
	}
	if err := f.fromDescriptors(k); err != nil {
		return nil, err
	}
	for _, p := range f.protocols {
		text, protocol, ok := strings.Cut(p, "=")
		a, err := Address(text)
		if !ok || err != nil {
			return nil, fmt.Errorf("--protocol %q: want address=protocol", p)
		}
		c, pinned := k.contracts[a]
		if !pinned {
			return nil, fmt.Errorf("--protocol %q: nothing else is known of that address", p)
		}
		c.Protocol = calltree.Protocol(protocol)
		k.contracts[a] = c
	}
	return k, nil
}

func (f *flags) fromBook(o Options, k *known) error {
	book, err := o.Book(f.book, f.bookFile)
	if err != nil {
		return err
	}
	var networks []string
	var contracts []rules.Contract
	for _, b := range book.Books() {
		contracts = append(contracts, b.Contracts...)
	}
	for _, c := range contracts {
		if !slices.Contains(networks, c.Network) {
			networks = append(networks, c.Network)
		}
	}
	network := f.network
	if network == "" && len(networks) == 1 {
		network = networks[0]
	}
	if !slices.ContainsFunc(networks, func(n string) bool { return strings.EqualFold(n, network) }) {
		return fmt.Errorf("--network %q: the book has contracts on %q", network, networks)
	}
	for _, c := range contracts {
		if !strings.EqualFold(c.Network, network) || c.ABI == nil {
			continue
		}
		a, err := Address(c.Address)
		if err != nil {
			return err
		}
		k.contracts[a] = calltree.Contract{ABI: c.ABI, Protocol: c.Protocol}
	}
	for _, b := range book.Books() {
		addNames(&k.names, b.Names(network))
	}
	return nil
}

// addNames adds what another book calls things.
func addNames(names *words.Names, more words.Names) {
	if names.Tokens == nil {
		*names = more
		return
	}
	maps.Copy(names.Tokens, more.Tokens)
	maps.Copy(names.Accounts, more.Accounts)
	names.Descriptors = append(names.Descriptors, more.Descriptors...)
	if names.Native.Symbol == "" {
		names.Native = more.Native
	}
	if names.ChainID == 0 {
		names.ChainID = more.ChainID
	}
}

// fromDescriptors adds what the authors of contracts say of them (ERC-7730).
func (f *flags) fromDescriptors(k *known) error {
	if len(f.descriptors) > 0 && f.chainID == 0 {
		return errors.New("--descriptor: descriptors are for one chain: give --chain-id")
	}
	k.names.ChainID = cmp.Or(f.chainID, k.names.ChainID)
	for _, file := range f.descriptors {
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("--descriptor: %w", err)
		}
		d, err := erc7730.Parse(text)
		if err != nil {
			return fmt.Errorf("--descriptor %s: %w", file, err)
		}
		k.names.Descriptors = append(k.names.Descriptors, d)
	}
	return nil
}

func (f *flags) fromFiles(k *known) error {
	for _, arg := range f.abis {
		a, file, err := f.target(arg)
		if err != nil {
			return fmt.Errorf("--abi: %w", err)
		}
		source, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("--abi: %w", err)
		}
		abi, err := calldata.ParseABI(source)
		if err != nil {
			return fmt.Errorf("--abi %s: %w", file, err)
		}
		if _, twice := k.contracts[a]; twice {
			return fmt.Errorf("--abi %s: something is known of that address already", arg)
		}
		k.contracts[a] = calltree.Contract{ABI: abi}
	}
	return nil
}

// fromSignatures compiles all signatures of one address together.
func (f *flags) fromSignatures(k *known) error {
	by, order := map[calltree.Address][]string{}, []calltree.Address{}
	for _, arg := range f.functions {
		a, signature, err := f.target(arg)
		if err != nil {
			return fmt.Errorf("--function: %w", err)
		}
		if by[a] == nil {
			order = append(order, a)
		}
		by[a] = append(by[a], signature)
	}
	for _, a := range order {
		abi, err := calldata.ParseSignatures(by[a]...)
		if err != nil {
			return fmt.Errorf("--function: %w", err)
		}
		if _, twice := k.contracts[a]; twice {
			return errors.New("--function: something is known of that address already: give --abi or --function, not both")
		}
		k.contracts[a] = calltree.Contract{ABI: abi}
	}
	return nil
}

// target splits "[address=]rest"; without an address it is --to's.
func (f *flags) target(arg string) (a calltree.Address, rest string, err error) {
	if head, tail, ok := strings.Cut(arg, "="); ok && strings.HasPrefix(head, "0x") {
		a, err = Address(head)
		return a, tail, err
	}
	if f.to == "" {
		if f.transaction {
			return a, "", fmt.Errorf("%q: say of which address it is, as address=…: the transaction names its target", arg)
		}
		return a, arg, nil
	}
	a, err = Address(f.to)
	return a, arg, err
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
