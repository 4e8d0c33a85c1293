package rule

import (
	"errors"
	"fmt"
	"strings"

	"countersign/calldata"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// An Arg is an argument as it is told. Value is as [calldata.Value.JSON] has it; an indexed
// argument that is no single word is told by its hash, which is all that the log has of it.
type Arg struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Value  any    `json:"value"`
	Hashed bool   `json:"hashed,omitempty"`
}

// Args are the arguments of an event. They are views and must not be kept.
type Args struct {
	told   []Arg
	values []calldata.Value
}

// Arg returns the argument with a name. One that is told by its hash is a bytes32.
func (a Args) Arg(name string) (calldata.Value, bool) {
	for i, t := range a.told {
		if t.Name == name && name != "" {
			return a.values[i], true
		}
	}
	return calldata.Value{}, false
}

// event is a compiled signature of an event.
type event struct {
	signature string
	topic     common.Hash
	inputs    []input
	data      *calldata.Function // of the arguments that are not indexed
}

// input is one argument. An indexed one has a function of its own, which reads its topic.
type input struct {
	field  calldata.Field
	topic  *calldata.Function
	hashed bool
}

// compileEvent reads a signature such as "Mint(address indexed to, uint256 amount)". The data of
// an event and each of its topics are written as the arguments of a function would be.
func compileEvent(text string) (*event, error) {
	name, list, found := strings.Cut(strings.TrimSpace(text), "(")
	list, closed := strings.CutSuffix(strings.TrimSpace(list), ")")
	if !found || !closed {
		return nil, fmt.Errorf("event %.80q is no signature, want one like Mint(address indexed to, uint256 amount)", text)
	}
	var plain, data []string
	indexed := []bool{}
	for _, part := range split(list) {
		part, is := isIndexed(part)
		plain, indexed = append(plain, part), append(indexed, is)
		if !is {
			data = append(data, part)
		}
	}
	whole, err := function(name, strings.Join(plain, ","))
	if err != nil {
		return nil, err
	}
	e := &event{signature: whole.Signature, topic: crypto.Keccak256Hash([]byte(whole.Signature))}
	if e.data, err = function("data", strings.Join(data, ",")); err != nil {
		return nil, err
	}
	for i, field := range whole.Inputs {
		in := input{field: field}
		if indexed[i] {
			if err := in.index(); err != nil {
				return nil, err
			}
		}
		e.inputs = append(e.inputs, in)
	}
	if len(plain)-len(data) > 3 { // the LOG4 instruction takes four topics, the first is the signature's
		return nil, fmt.Errorf("event %.80q has more than three indexed arguments", text)
	}
	return e, nil
}

// isIndexed takes the word "indexed" out, which stands after the type.
func isIndexed(part string) (string, bool) {
	words := strings.Fields(part)
	for _, at := range []int{len(words) - 1, len(words) - 2} {
		if at > 0 && words[at] == "indexed" {
			return strings.Replace(part, " indexed", "", 1), true
		}
	}
	return part, false
}

// index makes an input one that stands in a topic.
func (in *input) index() (err error) {
	text := in.field.Type.String()
	switch in.field.Type.Kind {
	case calldata.Uint, calldata.Int, calldata.Address, calldata.Bool, calldata.FixedBytes:
	default:
		text, in.hashed = "bytes32", true
	}
	in.topic, err = function("topic", text)
	return err
}

// split cuts a list at its outer commas.
func split(list string) (parts []string) {
	if strings.TrimSpace(list) == "" {
		return nil
	}
	depth, from := 0, 0
	for i, r := range list {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			parts = append(parts, list[from:i])
			from = i + 1
		}
	}
	return append(parts, list[from:])
}

func function(name, list string) (*calldata.Function, error) {
	abi, err := calldata.ParseSignatures(name + "(" + list + ")")
	if err != nil {
		return nil, err
	}
	return abi.Functions()[0], nil
}

// read reads the arguments of a log of this event.
func (e *event) read(topics []common.Hash, data []byte) (a Args, err error) {
	var rest calldata.Call
	if err := e.data.DecodeInto(&rest, data); err != nil {
		return Args{}, err
	}
	next, at := 1, 0
	for _, in := range e.inputs {
		var v calldata.Value
		if in.topic == nil {
			v = rest.At(at)
			at++
		} else {
			if next >= len(topics) {
				return Args{}, errors.New("fewer topics than indexed arguments")
			}
			var call calldata.Call
			if err := in.topic.DecodeInto(&call, topics[next][:]); err != nil {
				return Args{}, err
			}
			v = call.At(0)
			next++
		}
		a.values = append(a.values, v)
		a.told = append(a.told, Arg{in.field.Name, in.field.Type.String(), v.JSON(), in.hashed})
	}
	if next != len(topics) {
		return Args{}, errors.New("more topics than indexed arguments")
	}
	return a, nil
}

// argsOf tells the arguments of a call.
func argsOf(c *calldata.Call) (out []Arg) {
	for i, f := range c.Function.Inputs {
		out = append(out, Arg{Name: f.Name, Type: f.Type.String(), Value: c.At(i).JSON()})
	}
	return out
}
