package chain

import (
	"context"
	"fmt"

	"countersign/chain/codepin"
)

// Observe returns the pin that would hold now: all addresses in lower case, all
// code hashes filled in. It finds the kind of proxy by the code and the slots. For
// a [codepin.Diamond] the selectors to be called must be named ("0x40c10f19"); for what is
// none, name none.
//
// A pin says what is there, not that it is good: read the code before using it.
//
// It fails with [codepin.ErrPin] when nothing at the address can be pinned (no code, an
// EIP-7702 delegation, a proxy that points nowhere, marks of more than one kind of
// proxy, a diamond without selectors), and with [codepin.ErrUnknown] when the chain did not
// say.
func Observe(ctx context.Context, node *Node, address string, selectors ...string) (codepin.Pin, error) {
	if err := codepin.CheckAddress(address); err != nil {
		return codepin.Pin{}, fmt.Errorf("%w: address %w", codepin.ErrPin, err)
	}
	s, err := node.newest(ctx)
	if err != nil {
		return codepin.Pin{}, err
	}
	p := codepin.Pin{Address: lower(address)}
	if err := s.ask(ctx, marks(p.Address)...); err != nil {
		return codepin.Pin{}, err
	}
	if p.CodeHash, err = s.codeHash("the address", p.Address); err != nil {
		return codepin.Pin{}, err
	}
	if p.Proxy, err = s.onlyKind(p.Address, selectors); err != nil {
		return codepin.Pin{}, err
	}
	if err := s.follow(ctx, &p, selectors); err != nil {
		return codepin.Pin{}, err
	}
	if err := p.Check(); err != nil {
		return codepin.Pin{}, err
	}
	return p, nil
}

// onlyKind returns the kind of proxy that the marks show, if it is one.
func (s *state) onlyKind(address string, selectors []string) (codepin.ProxyKind, error) {
	found, err := s.kinds(address)
	if err != nil {
		return "", err
	}
	if len(selectors) > 0 && len(found) == 0 {
		return codepin.Diamond, nil // one with another storage than the reference implementation's
	}
	switch {
	case len(found) == 0:
		return "", nil
	case len(found) > 1:
		return "", fmt.Errorf("%w: %s bears the marks of %s: read its code, and pin each kind that counts", codepin.ErrPin, address, join(found))
	case found[0] == codepin.Diamond && len(selectors) == 0:
		return "", fmt.Errorf("%w: %s is a diamond: name the selectors to be called", codepin.ErrPin, address)
	case found[0] != codepin.Diamond && len(selectors) > 0:
		return "", fmt.Errorf("%w: %s is %s and no diamond: name no selectors", codepin.ErrPin, address, found[0])
	}
	return found[0], nil
}

// follow fills in what a proxy points to.
func (s *state) follow(ctx context.Context, p *codepin.Pin, selectors []string) (err error) {
	switch p.Proxy {
	case "":
		return nil
	case codepin.Diamond:
		return s.facets(ctx, p, selectors)
	case codepin.EIP1167:
		c, err := s.contract(p.Address)
		if err != nil {
			return err
		}
		p.Implementation, _ = minimal(c.code)
	case codepin.EIP1967Beacon:
		if p.Beacon, err = s.target(ctx, slotOf(p.Address, slotOfKind(codepin.EIP1967Beacon))); err != nil {
			return err
		}
		if err := s.plainBeacon(ctx, p.Beacon); err != nil {
			return err
		}
		if p.BeaconCodeHash, err = s.codeHash("its beacon", p.Beacon); err != nil {
			return err
		}
		p.Implementation, err = s.target(ctx, callTo(p.Beacon, implementationCall))
	default:
		p.Implementation, err = s.target(ctx, slotOf(p.Address, slotOfKind(p.Proxy)))
	}
	if err == nil {
		p.ImplementationCodeHash, err = s.codeAt(ctx, "its implementation", p.Implementation)
	}
	return err
}

// plainBeacon refuses a beacon that is a proxy itself: one pin cannot say that.
func (s *state) plainBeacon(ctx context.Context, beacon string) error {
	if err := s.ask(ctx, marks(beacon)...); err != nil {
		return err
	}
	found, err := s.kinds(beacon)
	if err == nil && len(found) > 0 {
		err = fmt.Errorf("%w: its beacon, %s, bears the marks of %s: pin that too, by hand", codepin.ErrPin, beacon, join(found))
	}
	return err
}

func (s *state) facets(ctx context.Context, p *codepin.Pin, selectors []string) error {
	p.Facets = map[string]codepin.Facet{}
	for _, selector := range selectors {
		if err := codepin.CheckSelector(selector); err != nil {
			return fmt.Errorf("%w: %w", codepin.ErrPin, err)
		}
		address, err := s.target(ctx, callTo(p.Address, facetCall(selector)))
		if err != nil {
			return err
		}
		hash, err := s.codeAt(ctx, "the facet of "+selector, address)
		if err != nil {
			return err
		}
		p.Facets[selector] = codepin.Facet{Address: address, CodeHash: hash}
	}
	return nil
}

// target asks where a slot or a call points.
func (s *state) target(ctx context.Context, q question) (string, error) {
	if err := s.ask(ctx, q); err != nil {
		return "", err
	}
	return s.pointer(q)
}

// codeAt asks for the code at an address and returns its hash.
func (s *state) codeAt(ctx context.Context, what, address string) (string, error) {
	if err := s.ask(ctx, codeOf(address)); err != nil {
		return "", err
	}
	return s.codeHash(what, address)
}

func (s *state) codeHash(what, address string) (string, error) {
	c, err := s.contract(address)
	if err != nil {
		return "", err
	}
	if c.flaw != "" {
		return "", fmt.Errorf("%w: %s, %s, has %s", codepin.ErrPin, what, address, c.flaw)
	}
	return c.hash, nil
}
