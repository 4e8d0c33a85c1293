package calldata

import (
	"fmt"
	"slices"
	"strings"
)

// parseSignature compiles "mint(address to,uint256 amount)". The word "function"
// in front and anything from "external" or "returns" on may stand there, as in
// human-readable ABIs; they do not matter for call data.
func parseSignature(s string) (*Function, error) {
	text := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(s), "function "))
	open := strings.IndexByte(text, '(')
	if open < 1 || !identifier(text[:open]) {
		return nil, fmt.Errorf("%w: signature %q, want name(type name,…)", ErrABI, s)
	}
	p := &sigParser{text: text, pos: open}
	fields, err := p.fields(0)
	if err != nil {
		return nil, fmt.Errorf("signature %q at %d: %w", s, p.pos, err)
	}
	if err := checkModifiers(text[p.pos:]); err != nil {
		return nil, fmt.Errorf("signature %q: %w", s, err)
	}
	return newFunction(text[:open], fields)
}

func checkModifiers(rest string) error {
	for _, w := range strings.Fields(rest) {
		if w == "returns" || strings.HasPrefix(w, "returns(") {
			return nil
		}
		switch w {
		case "external", "public", "payable", "nonpayable", "view", "pure":
		default:
			return fmt.Errorf("%w: %q after the arguments", ErrABI, w)
		}
	}
	return nil
}

type sigParser struct {
	text string
	pos  int
}

// fields reads "(type name,type name)" and leaves pos behind the bracket.
func (p *sigParser) fields(depth int) ([]Field, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("%w: nested deeper than %d", ErrABI, maxNesting)
	}
	p.pos++ // the opening bracket
	if p.peek() == ')' {
		p.pos++
		return nil, nil
	}
	var out []Field
	for {
		f, err := p.field(depth)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
		switch c := p.peek(); c {
		case ',':
			p.pos++
		case ')':
			p.pos++
			return out, nil
		default:
			return nil, fmt.Errorf("%w: want , or ) after argument %d", ErrABI, len(out))
		}
	}
}

func (p *sigParser) field(depth int) (Field, error) {
	p.spaces()
	var base *Type
	var err error
	p.keyword("tuple")
	if p.peek() == '(' {
		var members []Field
		if members, err = p.fields(depth + 1); err == nil {
			base, err = newType(Type{Kind: Tuple, Fields: members})
		}
	} else {
		base, err = elementary(p.take(letterOrDigit))
	}
	if err != nil {
		return Field{}, err
	}
	t, err := suffixed(base, p.take(func(c byte) bool { return c == '[' || c == ']' || digit(c) }))
	if err != nil {
		return Field{}, err
	}
	p.spaces()
	for _, location := range []string{"memory", "calldata", "storage"} {
		p.keyword(location)
		p.spaces()
	}
	name := p.take(func(c byte) bool { return letterOrDigit(c) || c == '_' || c == '$' })
	p.spaces()
	if slices.Contains(notNames, name) {
		return Field{}, fmt.Errorf("%w: %q is a word of Solidity, not the name of an argument", ErrABI, name)
	}
	return Field{Name: name, Type: t}, nil
}

// notNames would be taken for names where they are part of something that we do
// not read: "address payable", an event's "indexed".
var notNames = []string{"payable", "indexed"}

func (p *sigParser) peek() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

// keyword skips w when it stands here as a whole word.
func (p *sigParser) keyword(w string) {
	rest := p.text[p.pos:]
	if strings.HasPrefix(rest, w) && (len(rest) == len(w) || strings.IndexByte(" (,)", rest[len(w)]) >= 0) {
		p.pos += len(w)
	}
}

func (p *sigParser) spaces() { p.take(func(c byte) bool { return c == ' ' || c == '\t' }) }

func (p *sigParser) take(ok func(byte) bool) string {
	from := p.pos
	for p.pos < len(p.text) && ok(p.text[p.pos]) {
		p.pos++
	}
	return p.text[from:p.pos]
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func letterOrDigit(c byte) bool {
	return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
}

// identifier reports whether s may name a function.
func identifier(s string) bool {
	if s == "" || digit(s[0]) {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !letterOrDigit(s[i]) && s[i] != '_' && s[i] != '$' {
			return false
		}
	}
	return true
}
