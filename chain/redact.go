package chain

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"countersign/chain/codepin"
	"countersign/chain/secrets"

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
func (n *Node) redact(text string) string { return secrets.Redact(text, n.secrets) }
