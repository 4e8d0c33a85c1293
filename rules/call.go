package rules

import (
	"fmt"

	"countersign/calldata"
	"countersign/calldata/calltree"
	"countersign/calldata/risk"
)

// A Call is a decoded call with access to its arguments by name. Asking for an
// argument that the function does not have, or as another type, panics: the
// engine turns that into an abstention, and rulestest or the first test of the
// book shows it.
type Call struct {
	// Contract is the book's entry for the called address.
	Contract Contract
	// Value is the native amount sent along, in wei.
	Value Amount
	// Inside are the calls that this one makes, where it is a wrapper: what a Safe
	// executes, what a batch holds. The engine has made sure that all of them could
	// be read.
	Inside []*Call

	node *calltree.Node
}

// Function is the canonical signature: "mint(address,uint256)". It is empty for a
// call without data, which moves native value and nothing else.
func (c *Call) Function() string { return c.node.Function() }

// To is the called address: 0x and 40 lower-case hex digits.
func (c *Call) To() string { return c.node.To.String() }

// Operation says how the call reaches its target: a delegatecall runs foreign code
// on the caller's storage and balance.
func (c *Call) Operation() calltree.Operation { return c.node.Operation }

// Via names the wrapper that makes the call; empty for the outermost.
func (c *Call) Via() string { return c.node.Via }

// Risks are the classes of risk that the call itself carries.
func (c *Call) Risks() risk.Set { return c.node.Risks }

// Address returns an address argument: 0x and 40 lower-case hex digits.
func (c *Call) Address(name string) string {
	a, ok := c.Arg(name).Address()
	c.typed(ok, name, "an address")
	return a
}

// Amount returns an unsigned integer argument.
func (c *Call) Amount(name string) Amount {
	a, ok := c.Arg(name).Amount()
	c.typed(ok, name, "an unsigned integer")
	return a
}

// Bool returns a boolean argument.
func (c *Call) Bool(name string) bool {
	b, ok := c.Arg(name).Bool()
	c.typed(ok, name, "a boolean")
	return b
}

// Bytes returns a bytes, bytesN or string argument.
func (c *Call) Bytes(name string) []byte {
	b, ok := c.Arg(name).Bytes()
	c.typed(ok, name, "bytes")
	return b
}

// Arg returns an argument of any type.
func (c *Call) Arg(name string) calldata.Value {
	if c.Function() == "" {
		panic("a call without data has no arguments")
	}
	v, ok := c.node.Call.Arg(name)
	if !ok {
		panic(fmt.Sprintf("%s has no argument named %q", c.Function(), name))
	}
	return v
}

func (c *Call) typed(ok bool, name, want string) {
	if !ok {
		panic(fmt.Sprintf("argument %q of %s is not %s", name, c.Function(), want))
	}
}

// A DecodedCall is a call inside a wrapper, as the rule saw it.
type DecodedCall struct {
	// To is the called address, Contract the book's name for it.
	To       string
	Contract string
	// Function is empty for a call without data.
	Function  string
	Operation string
	Value     Amount
	Args      map[string]any
	Inside    []DecodedCall
}

func (c *Call) result() DecodedCall {
	d := DecodedCall{
		To: c.To(), Contract: c.Contract.Name, Function: c.Function(), Operation: c.Operation().String(), Value: c.Value,
		Args: c.arguments(),
	}
	for _, inner := range c.Inside {
		d.Inside = append(d.Inside, inner.result())
	}
	return d
}

// arguments are the values by name, or by position where there is none.
func (c *Call) arguments() map[string]any {
	args := map[string]any{}
	if c.node.Call.Function == nil {
		return args
	}
	for i, in := range c.node.Call.Function.Inputs {
		name := in.Name
		if name == "" {
			name = fmt.Sprint(i)
		}
		args[name] = c.node.Call.At(i).JSON()
	}
	return args
}
