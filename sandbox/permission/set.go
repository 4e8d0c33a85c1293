package permission

// A Set is what somebody may do. The nil Set allows nothing but [None].
type Set map[Operation]bool

// SetOf is what the named operations allow together.
func SetOf(names []string) Set {
	s := Set{}
	for _, name := range names {
		s[Canonical(Operation(name))] = true
	}
	if s["Auth:Types:ServiceAccount"] {
		for old, grants := range apps {
			for _, op := range grants {
				s[op] = s[op] || s[old]
			}
		}
	}
	return s
}

// Allows tells whether op is in the set, under any of its names.
func (s Set) Allows(op Operation) bool { return op == None || s[Canonical(op)] }
