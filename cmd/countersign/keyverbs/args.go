package keyverbs

import (
	"regexp"
	"slices"
)

// dashed is the ID of a key (RFC 7638's thumbprint by SHA-256, in base64url: 43 characters) that begins with
// a dash, as one in 64 does. No flag of ours has that length.
var dashed = regexp.MustCompile(`^-[A-Za-z0-9_-]{42}$`)

// Args returns a command line in which the ID of a key that begins with a dash is not taken for flags: it is
// moved to the end, behind "--". Only the verbs that take an ID are touched, and no line that has a "--".
func Args(args []string) []string {
	at := slices.Index(args, "keys")
	if at < 0 || slices.Contains(args, "--") || !slices.ContainsFunc(args[at:], func(a string) bool { return a == "retire" || a == "revoke" }) {
		return args
	}
	var line, ids []string
	for _, a := range args {
		if dashed.MatchString(a) {
			ids = append(ids, a)
		} else {
			line = append(line, a)
		}
	}
	if ids == nil {
		return args
	}
	return append(append(line, "--"), ids...)
}
