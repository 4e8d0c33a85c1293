package chain

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"countersign/chain/codepin"

	"github.com/ethereum/go-ethereum/rpc"
)

// unknown makes an [codepin.ErrUnknown] of a failure, with the node's host and what was
// asked. Of causes it keeps the context's; others become text, because they carry
// the URL or the server's words, and both may hold our key.
func (n *Node) unknown(what string, err error) error {
	var outer *url.Error // its text begins with the URL
	for errors.As(err, &outer) {
		err = outer.Err
	}
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, ended) {
			return fmt.Errorf("%w: node %s: %s: %w", codepin.ErrUnknown, n.host, what, ended)
		}
	}
	text := err.Error()
	if e, ok := err.(rpc.Error); ok {
		text = fmt.Sprintf("error %d: %s", e.ErrorCode(), text)
	}
	return fmt.Errorf("%w: node %s: %s: %s", codepin.ErrUnknown, n.host, what, n.redact(text))
}

// redact takes our secrets out of a text and cuts it to one short line.
func (n *Node) redact(text string) string {
	for _, s := range n.secrets {
		text = strings.ReplaceAll(text, s, "[secret]")
	}
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "?"), func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
	if r := []rune(text); len(r) > 300 {
		return string(r[:300])
	}
	return text
}

// secretsOf lists what in a URL may be a key, the longest first so that no part
// of one is left: user, password, the query, and long steps of the path.
func secretsOf(u *url.URL) (secrets []string) {
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
