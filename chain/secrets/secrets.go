// Package secrets keeps the keys in nodes' URLs out of what is printed. Providers put keys into
// the path, the query or the user of a URL, and servers repeat them in their errors.
package secrets

import (
	"net/url"
	"slices"
	"strings"
)

// Of lists what in a URL may be a key, the longest first so that no part of one is left: user,
// password, the query, and long steps of the path.
func Of(u *url.URL) (secrets []string) {
	add := func(min int, texts ...string) {
		for _, s := range texts {
			if len(s) >= min {
				secrets = append(secrets, s)
			}
		}
	}
	password, _ := u.User.Password()
	add(1, u.User.Username(), password, u.RawQuery)
	for _, values := range u.Query() {
		add(1, values...)
	}
	const word = 8 // shorter steps are words such as "v3" and "rpc"
	add(word, strings.Split(u.Path, "/")...)
	add(word, strings.Split(u.EscapedPath(), "/")...)
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(secrets)
}

// Redact takes secrets out of a text and cuts it to one short line.
func Redact(text string, secrets []string) string {
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, "[secret]")
	}
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "?"), func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
	if r := []rune(text); len(r) > 300 {
		return string(r[:300])
	}
	return text
}
