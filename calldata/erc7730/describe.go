package erc7730

import (
	"errors"
	"fmt"
	"math/big"

	"countersign"
	"countersign/calldata"
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
	// address in full behind its name. Only bytes, if there are more than 64, and
	// text, if it is longer than 200 characters, are left out, and it says so.
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
	fields, intent, err = f.describe(call, value, env)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrNotDescribed, err)
	}
	return fields, intent, nil
}

func (f *Format) describe(call *calldata.Call, value countersign.Amount, env Env) ([]Field, string, error) {
	switch {
	case f.err != nil:
		return nil, "", f.err
	case call == nil || call.Function == nil:
		return nil, "", errors.New("no call")
	case f.function != nil && f.function.Signature != call.Function.Signature:
		return nil, "", fmt.Errorf("the format is for %.120s", f.function.Signature)
	}
	s := &scope{call: call, value: value, env: env, names: call.Function.Inputs}
	if f.function != nil && named(f.function.Inputs) {
		s.names = f.function.Inputs // the descriptor's paths use the descriptor's names
	}
	s.base = s.root()
	told := map[string][]string{}
	rows, err := s.rows(f.fields, "", told)
	if err != nil {
		return nil, "", err
	}
	return rows, f.sentence(told), nil
}

// named reports whether any argument or member has a name.
func named(fields []calldata.Field) bool {
	for _, f := range fields {
		t := f.Type
		for t.Elem != nil {
			t = t.Elem
		}
		if f.Name != "" || named(t.Fields) {
			return true
		}
	}
	return false
}

// A scope is where paths start.
type scope struct {
	call  *calldata.Call
	names []calldata.Field
	value countersign.Amount
	env   Env
	base  datum // what relative paths start from
}

func (s *scope) root() datum { return datum{members: s.names, at: s.call.At} }

// container is a value of the transaction.
func (s *scope) container(p *path) (datum, error) {
	if len(p.steps) > 2 || p.steps[0].kind != byName {
		return datum{}, fmt.Errorf("path %.80q leads to no value of a transaction", p.text)
	}
	var d datum
	switch p.steps[0].name {
	case "to":
		d.account = &s.env.To
	case "from":
		if d.account = s.env.From; d.account == nil {
			return d, errors.New("who sends the transaction is not known")
		}
	case "value":
		d.number = s.value.Big()
	case "chainId":
		d.number = new(big.Int).SetUint64(s.env.ChainID)
	default:
		return d, fmt.Errorf("path %.80q leads to no value of a transaction", p.text)
	}
	if len(p.steps) == 2 {
		return d, d.follow(p.steps[1], true)
	}
	return d, nil
}

func (s *scope) token(a [20]byte) (Token, bool) {
	if s.env.Token == nil {
		return Token{}, false
	}
	t, known := s.env.Token(a)
	return t, known && t.Known()
}

// name is an address in full, behind its name where it has one.
func (s *scope) name(a [20]byte) string {
	if s.env.Name != nil {
		if name := s.env.Name(a); name != "" {
			return Plain(name, maxLabel) + " (" + Checksummed(a) + ")"
		}
	}
	return Checksummed(a)
}

// rows says everything of some fields. told collects the texts that an interpolated
// intent may use, by path.
func (s *scope) rows(list []*entry, label string, told map[string][]string) (all []Field, err error) {
	for _, e := range list {
		var rows []Field
		if e.group {
			rows, err = s.grouped(e, label, told)
		} else {
			rows, err = s.row(e, label, told)
		}
		if err == nil && len(all)+len(rows) > maxFields {
			err = fmt.Errorf("more than %d fields", maxFields)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// grouped says everything of a group: once, or for every element of the list that its
// path leads to.
func (s *scope) grouped(e *entry, label string, told map[string][]string) (all []Field, err error) {
	if e.label != "" {
		label += Plain(e.label, maxLabel) + ": "
	}
	if e.path == nil {
		if e.bundled {
			return s.bundle(e, label, told)
		}
		return s.rows(e.inner, label, told)
	}
	found, several, err := e.path.resolve(s)
	if err != nil {
		return nil, err
	}
	for i, d := range found {
		inner, at := *s, label
		inner.base = d
		if several {
			at += fmt.Sprintf("[%d] ", i)
		}
		rows, err := inner.rows(e.inner, at, told)
		if err != nil {
			return nil, err
		}
		if all = append(all, rows...); len(all) > maxFields {
			return nil, fmt.Errorf("more than %d fields", maxFields)
		}
	}
	return all, nil
}

// bundle says the fields of a group element by element. Lists that are told together
// must be of one length.
func (s *scope) bundle(e *entry, label string, told map[string][]string) (all []Field, err error) {
	var columns [][]Field
	for _, inner := range e.inner {
		column, err := s.rows([]*entry{inner}, label, told)
		if err != nil {
			return nil, err
		}
		if len(column) > 0 {
			columns = append(columns, column)
		}
	}
	for i := 0; len(columns) > 0 && i < len(columns[0]); i++ {
		for _, column := range columns {
			if len(column) != len(columns[0]) {
				return nil, fmt.Errorf("lists of %d and %d elements told together", len(columns[0]), len(column))
			}
			all = append(all, column[i])
		}
	}
	return all, nil
}

// row says one field, or one for every element of a list.
func (s *scope) row(e *entry, label string, told map[string][]string) (all []Field, err error) {
	if e.path == nil {
		if e.show.when == never || e.show.when == mustMatch {
			return nil, nil
		}
		return []Field{{Label: label + e.label, Text: e.literal}}, nil
	}
	found, several, err := e.path.resolve(s)
	if err != nil {
		return nil, err
	}
	var params []values
	if e.format != nil {
		for _, p := range e.format.params {
			v, err := p.value(s)
			if err != nil {
				return nil, err
			}
			params = append(params, v)
		}
	}
	for i, d := range found {
		shown, err := e.show.holds(d)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", e.path.text, err)
		}
		if !shown {
			continue
		}
		text, err := s.text(e, d, params, i, len(found))
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", e.path.text, err)
		}
		at := label + e.label
		if several {
			at += fmt.Sprintf(" [%d]", i)
		}
		all = append(all, Field{Label: at, Text: text})
		if e.show.when == always {
			told[e.full] = append(told[e.full], text)
		}
	}
	return all, nil
}
