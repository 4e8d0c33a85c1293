package web

import (
	"errors"
	"fmt"
	"net/textproto"
	"os"
	"regexp"
	"slices"
	"strings"
)

// ours are the headers that the client or the protocol decides.
var ours = []string{"Accept", "Accept-Encoding", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Cookie", "Expect",
	"Host", "Keep-Alive", "Range", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent"}

// token is the name of a header (RFC 9110, 5.1).
var token = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$")

// headerValue reads the one line of a file. Its errors repeat nothing of it.
func headerValue(header, path string) (string, error) {
	canonical := textproto.CanonicalMIMEHeaderKey(header)
	if !token.MatchString(header) || slices.Contains(ours, canonical) || strings.HasPrefix(canonical, "Proxy-") {
		return "", errors.New("it is no header that an origin may be given")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	odd := func(r rune) bool { return r < ' ' || r > '~' }
	if len(value) < shortest || len(value) > 8<<10 || strings.ContainsFunc(value, odd) || strings.TrimSpace(value) != value {
		return "", fmt.Errorf("%s: want one line of %d characters or more, printable ASCII, without spaces around it", path, shortest)
	}
	return value, nil
}

// shortest is the length from which a text is looked for in answers: a shorter one would
// be found in answers that do not repeat it.
const shortest = 8

// secrets are a header's value and its words: "Bearer" is none, what follows it is.
func secrets(value string) (out []string) {
	for _, s := range append([]string{value}, strings.Fields(value)...) {
		if len(s) >= shortest && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
