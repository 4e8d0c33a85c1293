package erc7730

import (
	"errors"
	"fmt"
	"strings"
)

// A param is a formatter's parameter that stands for a value: a constant, what a
// path leads to, or what a map has for the value that a path leads to.
type param struct {
	path     *path
	constant any
	table    map[string]any // with path as the key
}

// param takes the parameter of a name, or the path of name+"Path"; nil where there
// is neither.
func (c *compiler) param(o *object, name string) (*param, error) {
	v, isConstant := o.take(name)
	text, err := o.text(name + "Path")
	switch {
	case err != nil:
		return nil, err
	case isConstant && text != "":
		return nil, fmt.Errorf("%s and %sPath: want one of them", name, name)
	case strings.HasPrefix(text, "$."):
		v, isConstant = text, true
	case text != "":
		p, err := parsePath(text)
		return &param{path: p}, err
	}
	if !isConstant {
		return nil, nil
	}
	if _, isMap := v.(map[string]any); isMap {
		return c.mapped(v)
	}
	constant, err := c.constant(v)
	return &param{constant: constant}, err
}

// mapped is a reference to a map of the descriptor.
func (c *compiler) mapped(v any) (*param, error) {
	o, err := objectOf(v, "map reference")
	if err != nil {
		return nil, err
	}
	ref, err := o.text("map")
	if err != nil {
		return nil, err
	}
	key, ok := strings.CutPrefix(ref, "$.metadata.maps.")
	p := &param{table: c.maps[key]}
	if !ok || p.table == nil {
		return nil, fmt.Errorf("%.80q leads to no map", ref)
	}
	text, err := o.text("keyPath")
	if err != nil {
		return nil, err
	}
	if p.path, err = parsePath(text); err != nil {
		return nil, err
	}
	return p, o.rest()
}

// A value of a parameter for every element of a field, or one for all.
type values struct {
	each []datum
	all  datum
	many bool
}

// of returns the value for element i of n; many of them must be as many as the
// elements.
func (v values) of(i, n int) (datum, error) {
	if !v.many {
		return v.all, nil
	}
	if len(v.each) != n {
		return datum{}, fmt.Errorf("a parameter has %d elements for %d of the field", len(v.each), n)
	}
	return v.each[i], nil
}

// value looks a parameter up.
func (p *param) value(s *scope) (values, error) {
	if p == nil {
		return values{}, nil
	}
	if p.path == nil {
		return values{all: datum{constant: p.constant}}, nil
	}
	found, many, err := p.path.resolve(s)
	if err != nil {
		return values{}, err
	}
	if p.table != nil {
		if err := each(found, p.look); err != nil {
			return values{}, err
		}
	}
	if many {
		return values{each: found, many: true}, nil
	}
	return values{all: found[0]}, nil
}

// look replaces a value by what the map has for it.
func (p *param) look(d *datum) error {
	key, err := d.key()
	if err != nil {
		return err
	}
	for k, v := range p.table {
		if strings.EqualFold(k, key) {
			if !scalar(v) {
				return errors.New("a map holds more than scalars")
			}
			*d = datum{constant: v}
			return nil
		}
	}
	return fmt.Errorf("the map has nothing for %.80s", key)
}

// A formatter turns a value into text.
type formatter struct {
	params []*param
	text   func(s *scope, d datum, args []datum) (string, error)
}

// formatter compiles format and params of a field; nil where there is no format.
func (c *compiler) formatter(o *object) (*formatter, error) {
	name, err := o.text("format")
	if err != nil {
		return nil, err
	}
	params, err := o.object("params")
	if err != nil {
		return nil, err
	}
	if params == nil {
		params = &object{"params", map[string]any{}}
	}
	if name == "" {
		return nil, params.rest()
	}
	make, known := formats[name]
	if !known {
		return nil, fmt.Errorf("format %.40q is not known", name)
	}
	f, err := make(c, params)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, params.rest()
}
