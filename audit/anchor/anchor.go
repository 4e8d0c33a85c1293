// Package anchor keeps the newest checkpoint of a log where a restored or rewritten
// database does not reach.
//
// Whoever holds the database and the log's key can rewrite the log and sign it again. What
// they cannot do is to make it extend a checkpoint that somebody else has kept. An [Anchor]
// keeps it in a second place of ours, a file on another volume or an object in an
// S3-compatible store, and gives it up only against the one before: of two processes, or of
// a process and a restored copy of it, one learns that it is behind. A [Witness] is a
// stranger who keeps it and says so with a signature of their own (c2sp.org/tlog-witness):
// [Merge] puts their signatures under the checkpoint and [Cosigned] counts them.
//
// An anchor takes its content as bytes and never reads them. Whether a log extends what an
// anchor keeps is the caller's question.
package anchor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
)

var (
	// ErrMoved means that an anchor keeps something else than the caller believes. Load
	// it, and see whether the log extends that: if not, the log was rolled back.
	ErrMoved = errors.New("anchor was moved by somebody else")

	// ErrURI means that a URI names no anchor. The message says what is wanted.
	ErrURI = errors.New("unusable anchor")

	// ErrStore means that the place behind an anchor did not do as asked. The anchor keeps
	// what it kept, or what it was given; asking again finds out.
	ErrStore = errors.New("anchor cannot be reached")
)

// maxContent bounds what an anchor keeps, in bytes: a checkpoint with many signatures.
const maxContent = 256 << 10

// An Anchor keeps the newest checkpoint of a log in a place that a restored database does
// not reach. It is safe for concurrent use, by any number of processes.
type Anchor interface {
	// Load returns what is kept, nil when nothing is yet.
	Load(ctx context.Context) ([]byte, error)
	// Swap replaces old, as Load gave it, nil for none, by new. It fails with [ErrMoved]
	// when something else is there, unless that is new: then a Swap whose answer was lost
	// has done it before.
	Swap(ctx context.Context, old, new []byte) error
	// String is the URI. It holds no secret.
	String() string
}

// Open finds the anchor that a URI names and sees that it can be one:
//
//	file:/path/to/checkpoint
//	s3://bucket/key?region=REGION
//	s3://bucket/key?endpoint=host:port&region=REGION&insecure=true
//
// The directory of a file must exist: on a volume that is not mounted it does not, and an
// anchor that is not there must not look like one that is empty. An S3-compatible store
// must honour If-Match and If-None-Match: that is tried, on an object called key.try. Its
// credentials are those that the AWS tools use: AWS_ACCESS_KEY_ID and
// AWS_SECRET_ACCESS_KEY, the file of AWS_SHARED_CREDENTIALS_FILE, or the role of the
// machine. Insecure means http, to this machine only.
func Open(ctx context.Context, uri string) (Anchor, error) {
	scheme, rest, _ := strings.Cut(uri, ":")
	switch scheme {
	case "file":
		return openFile(rest)
	case "s3":
		return openS3(ctx, uri)
	}
	return nil, fmt.Errorf("%w: URI of kind %.20q, want file:/path or s3://bucket/key (docs/anchors.md)", ErrURI, scheme)
}

// swappable refuses content that an anchor cannot tell from none.
func swappable(content []byte) error {
	switch {
	case len(content) == 0:
		return fmt.Errorf("%w: asked to keep nothing: an anchor is never emptied", ErrStore)
	case len(content) > maxContent:
		return fmt.Errorf("%w: asked to keep %d bytes, at most %d", ErrStore, len(content), maxContent)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
