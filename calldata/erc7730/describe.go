package erc7730

import (
	"fmt"
	"math/big"

	"countersign"
	"countersign/calldata"
	"countersign/eip55"
)

// A Format says what the calls of one function do, in its author's words.
type Format struct {
	function *calldata.Function // what the key says; nil where it is a selector
	intent   string
	parts    []part // of the interpolated intent; nil without one that can be used
	fields   []*entry
	err      error // why the format cannot be used
}

// An Env is what the caller knows: the transaction around the call, and names that
// people have agreed to. Nothing else gives anything a name.
type Env struct {
	// ChainID and To are where the call is made. Required.
	ChainID uint64
	To      [20]byte
	// From is who makes the call; nil where that is not known.
	From *[20]byte
	// Native is the chain's own currency; amounts are in wei where it is not known.
	Native Token
	// Token returns what is known about a token. Optional.
	Token func(address [20]byte) (t Token, known bool)
	// Name returns what an account is called; empty for one without a name. Optional.
	Name func(address [20]byte) string
}

// A Field is one thing that the descriptor says about a call. Both texts are fit for
// one line; see [Plain].
type Field struct {
	Label string
	// Text holds the whole value: an amount behind the word for a large one, an
	// address in full behind its name. Only of more than 64 bytes there is a hash, and
	// of text the first 200 characters; both say so.
	Text string
}

// Describe fills the format with a call and the native value, in wei, that is sent
// along. It returns the fields that are to be shown, in the order of the descriptor,
// with one field for every element of a list; and the intent, with values in it where
// the descriptor says which and every one of them can be told.
//
// The error is [ErrNotDescribed], and then nothing is said: a format that is not
// understood, a path that leads nowhere, a value that the descriptor rules out. What
// the descriptor hides is not among the fields, so its word alone is never enough.
func (f *Format) Describe(call *calldata.Call, value countersign.Amount, env Env) (fields []Field, intent string, err error) {
	s := &scope{mistake: &mistake{err: f.err}, call: call, value: value, env: env, told: map[string][]string{}}
	switch {
	case call == nil || call.Function == nil:
		s.fail("there is no call")
	case f.function != nil && f.function.Signature != call.Function.Signature:
		s.fail("the format is for %.120s", f.function.Signature)
	default:
		s.names = call.Function.Inputs
	}
	if f.function != nil && len(f.function.Inputs) > 0 && f.function.Inputs[0].Name != "" {
		s.names = f.function.Inputs // the descriptor's paths use the descriptor's names
	}
	if s.err == nil {
		s.base = s.root()
		fields, intent = s.rows(f.fields, ""), s.sentence(f)
	}
	if len(fields) > maxFields {
		s.fail("more than %d fields", maxFields)
	}
	if s.err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrNotDescribed, s.err)
	}
	return fields, intent, nil
}

// A scope is a call that is being described.
type scope struct {
	*mistake
	call  *calldata.Call
	names []calldata.Field
	value countersign.Amount
	env   Env
	base  datum               // what relative paths start from
	told  map[string][]string // texts that an interpolated intent may use, by path
}

func (s *scope) root() datum { return datum{members: s.names, at: s.call.At} }

// container is a value of the transaction.
func (s *scope) container(p *path) (d datum) {
	switch name := p.steps[0].name; {
	case name == "to":
		d.bytes = s.env.To[:]
	case name == "from" && s.env.From != nil:
		d.bytes = s.env.From[:]
	case name == "value":
		d.number = s.value.Big()
	case name == "chainId":
		d.number = new(big.Int).SetUint64(s.env.ChainID)
	default:
		s.fail("path %.80q leads to nothing that is known of the transaction", p.text)
	}
	return d
}

func (s *scope) token(a [20]byte) (t Token, known bool) {
	if s.env.Token != nil {
		t, known = s.env.Token(a)
	}
	return t, known && t.Known()
}

// name is an address in full, behind its name where it has one.
func (s *scope) name(a [20]byte) string {
	if s.env.Name == nil || s.env.Name(a) == "" {
		return eip55.Format(a)
	}
	return Plain(s.env.Name(a), maxLabel) + " (" + eip55.Format(a) + ")"
}

// rows says everything of some fields, in order. label is that of their group.
func (s *scope) rows(list []*entry, label string) (all []Field) {
	for _, e := range list {
		if s.spend(1); s.err != nil {
			return nil
		}
		if e.group {
			all = append(all, s.group(e, label)...)
		} else if e.show.when != "never" {
			all = append(all, s.row(e, label)...)
		}
	}
	return all
}

// spend counts what has been done, so that groups in groups end.
func (s *scope) spend(n int) {
	if s.work += n; s.work > 20*maxFields {
		s.fail("more than a call can need: there are too many fields or values to compare with")
	}
}

// group says everything of a group: once, or for every element of the list that its
// path leads to.
func (s *scope) group(e *entry, label string) (all []Field) {
	if e.label != "" {
		label += Plain(e.label, maxLabel) + ": "
	}
	found, several := []datum{s.base}, false
	if e.path != nil {
		found, several = s.resolve(e.path)
	}
	for i, d := range found {
		inner, at := *s, label
		if inner.base = d; several {
			at = fmt.Sprintf("%s[%d] ", label, i)
		}
		if all = append(all, inner.rows(e.inner, at)...); s.err != nil {
			return nil
		}
	}
	return all
}

// row says one field, or one for every element of a list.
func (s *scope) row(e *entry, label string) (all []Field) {
	if e.path == nil {
		return []Field{{Label: label + e.label, Text: e.literal}}
	}
	found, several := s.resolve(e.path)
	var columns [][]datum
	for i := 0; e.format != nil && i < len(e.format.params); i++ {
		columns = append(columns, s.values(e.format.params[i], len(found)))
	}
	for i, d := range found {
		if s.err != nil || !s.shows(e.show, d) {
			continue
		}
		args := make([]datum, len(columns))
		for j := range columns {
			args[j] = columns[j][i]
		}
		f := Field{Label: label + e.label, Text: e.format.text(s, d, args)}
		if several {
			f.Label = fmt.Sprintf("%s [%d]", f.Label, i)
		}
		all = append(all, f)
		if e.show.when == "always" {
			s.told[e.full] = append(s.told[e.full], f.Text)
		}
	}
	if s.err != nil {
		s.err = fmt.Errorf("field %.80s: %w", e.path.text, s.err)
	}
	return all
}
