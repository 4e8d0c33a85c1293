package anchor

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // S3's Content-MD5 and ETag, not security
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const (
	// s3Timeout bounds one Load or Swap, with the attempts that it makes.
	s3Timeout = 20 * time.Second
	// s3Attempts is how often a request is sent that got no answer or was told to wait.
	s3Attempts = 4
)

// object keeps the checkpoint in an object of an S3-compatible store, by conditional
// writes: If-None-Match for the first one, If-Match with the ETag afterwards.
type object struct {
	uri, bucket, key string
	core             minio.Core

	mu   sync.Mutex
	last []byte // what we have seen there last
	etag string // and its ETag
}

func openS3(ctx context.Context, uri string) (Anchor, error) {
	o, opts, endpoint, err := parseS3(uri)
	if err != nil {
		return nil, fmt.Errorf("%w: %w, want s3://bucket/key?region=REGION or s3://bucket/key?endpoint=host:port&region=REGION", ErrURI, err)
	}
	transport, err := minio.DefaultTransport(opts.Secure)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrURI, err)
	}
	transport.ResponseHeaderTimeout = s3Timeout / s3Attempts
	opts.Transport = transport
	opts.MaxRetries = s3Attempts
	opts.Creds = credentials.NewChainCredentials([]credentials.Provider{
		&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{},
	})
	client, err := minio.New(endpoint, opts)
	if err != nil {
		return nil, fmt.Errorf("%w: endpoint: %w", ErrURI, err)
	}
	o.core = minio.Core{Client: client}
	if err := o.try(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", o, err)
	}
	return o, nil
}

// parseS3 reads the URI. Its errors repeat nothing that may be a secret.
func parseS3(uri string) (o *object, opts *minio.Options, endpoint string, err error) {
	u, err := url.Parse(uri)
	if err != nil {
		return nil, nil, "", errors.New("it cannot be read")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, nil, "", errors.New("what stands behind the ? cannot be read")
	}
	for name, values := range q {
		switch {
		case name != "endpoint" && name != "region" && name != "insecure":
			return nil, nil, "", errors.New("it has an attribute that is none of endpoint, region, insecure (credentials come from the environment)")
		case len(values) != 1 || values[0] == "":
			return nil, nil, "", fmt.Errorf("%s must have one value", name)
		}
	}
	o = &object{uri: uri, bucket: u.Host, key: strings.TrimPrefix(u.Path, "/")}
	opts = &minio.Options{Region: q.Get("region"), Secure: true}
	endpoint = q.Get("endpoint")
	switch {
	case u.User != nil:
		return nil, nil, "", errors.New("it holds a user or a password: credentials come from the environment")
	case o.bucket == "" || o.key == "" || strings.HasSuffix(o.key, "/") || u.Fragment != "":
		return nil, nil, "", errors.New("it names no object of a bucket")
	case endpoint == "" && opts.Region == "":
		return nil, nil, "", errors.New("region is missing")
	case endpoint == "":
		endpoint = "s3.amazonaws.com"
	case strings.Contains(endpoint, "/"):
		return nil, nil, "", errors.New("endpoint must be host or host:port, without https://")
	}
	if opts.Region == "" {
		opts.Region = "us-east-1" // what stores without regions take
	}
	switch q.Get("insecure") {
	case "", "false":
	case "true":
		host, _, _ := strings.Cut(endpoint, ":")
		if strings.HasPrefix(endpoint, "[") {
			host, _, _ = strings.Cut(endpoint[1:], "]")
		}
		if opts.Secure = false; !loopback(host) {
			return nil, nil, "", errors.New("insecure sends the checkpoint in the clear, where it can be changed: it is for endpoints on this machine")
		}
	default:
		return nil, nil, "", errors.New("insecure must be true or false")
	}
	return o, opts, endpoint, nil
}

func (o *object) String() string { return o.uri }

// try sees that the store refuses a write whose condition does not hold. One that
// takes every write would let a restored copy of us overwrite the checkpoint that betrays
// it.
func (o *object) try(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s3Timeout)
	defer cancel()
	content, name := []byte("countersign tries whether this store honours conditions\n"), o.key+".try"
	for _, condition := range []func(*minio.PutObjectOptions){
		func(p *minio.PutObjectOptions) { p.SetMatchETagExcept("*") }, // makes it, once
		func(p *minio.PutObjectOptions) { p.SetMatchETagExcept("*") },
	} {
		_, err := o.put(ctx, name, content, condition)
		if err != nil && !failedCondition(err) {
			return o.failed("write", err)
		}
		if err != nil {
			_, err = o.put(ctx, name, content, func(p *minio.PutObjectOptions) { p.SetMatchETag(strings.Repeat("0", 32)) })
			switch {
			case failedCondition(err):
				return nil
			case err != nil:
				return o.failed("write", err)
			}
			return fmt.Errorf("%w: the store ignores If-Match: two writers could both succeed: use another one or a file", ErrURI)
		}
	}
	return fmt.Errorf("%w: the store ignores If-None-Match: two writers could both succeed: use another one or a file", ErrURI)
}

// Load reads the object.
func (o *object) Load(ctx context.Context) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, s3Timeout)
	defer cancel()
	if err := o.load(ctx); err != nil {
		return nil, err
	}
	return bytes.Clone(o.last), nil
}

func (o *object) load(ctx context.Context) error {
	o.last, o.etag = nil, ""
	body, info, _, err := o.core.GetObject(ctx, o.bucket, o.key, minio.GetObjectOptions{})
	if err != nil {
		if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
			return nil
		}
		return o.failed("read", err)
	}
	defer body.Close()
	content, err := io.ReadAll(io.LimitReader(body, maxContent+1))
	switch {
	case err != nil:
		return o.failed("read", err)
	case int64(len(content)) != info.Size && len(content) <= maxContent:
		return fmt.Errorf("%w: %s: the store sent %d bytes of %d", ErrStore, o, len(content), info.Size)
	case len(content) == 0 || len(content) > maxContent:
		return fmt.Errorf("%w: %s holds %d bytes, which no anchor writes: put back what it held (an earlier version of the object)", ErrStore, o, info.Size)
	case info.ETag == "":
		return fmt.Errorf("%w: %s: the store gives no ETag: use another one or a file", ErrURI, o)
	}
	o.last, o.etag = content, info.ETag
	return nil
}

// Swap writes the object on the condition that it is as old says. Where the condition
// fails, what is there decides: it may be our own write, whose answer was lost.
func (o *object) Swap(ctx context.Context, old, new []byte) error {
	if err := swappable(new); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, s3Timeout)
	defer cancel()
	var refused error
	for attempt := range s3Attempts {
		if attempt > 0 || o.etag == "" || !bytes.Equal(o.last, old) {
			if err := o.load(ctx); err != nil {
				return errors.Join(err, refused)
			}
		}
		switch {
		case bytes.Equal(o.last, new):
			return nil
		case !bytes.Equal(o.last, old):
			return fmt.Errorf("%s: %w", o, ErrMoved)
		}
		info, err := o.put(ctx, o.key, new, func(p *minio.PutObjectOptions) {
			if o.etag == "" {
				p.SetMatchETagExcept("*")
			} else {
				p.SetMatchETag(o.etag)
			}
		})
		if err == nil {
			o.last, o.etag = bytes.Clone(new), info.ETag
			return nil
		}
		o.last, o.etag = nil, ""
		if refused = o.failed("write", err); !failedCondition(err) {
			return refused // it may have been written all the same: the next Swap looks
		}
	}
	return refused
}

// put writes an object whole, in one request that carries its digests.
func (o *object) put(ctx context.Context, key string, content []byte, condition func(*minio.PutObjectOptions)) (minio.UploadInfo, error) {
	sum, digest := md5.Sum(content), sha256.Sum256(content) //nolint:gosec // see the import
	opts := minio.PutObjectOptions{ContentType: "text/plain; charset=utf-8", DisableMultipart: true, DisableContentSha256: true}
	condition(&opts)
	return o.core.PutObject(ctx, o.bucket, key, bytes.NewReader(content), int64(len(content)),
		base64.StdEncoding.EncodeToString(sum[:]), hex.EncodeToString(digest[:]), opts)
}

// failedCondition reports whether the store refused a write because of its condition: 412
// when the object is another, 404 when there is none, 409 when two write at once (Amazon S3
// user guide, "Conditional writes").
func failedCondition(err error) bool {
	if err == nil {
		return false
	}
	r := minio.ToErrorResponse(err)
	return r.StatusCode == http.StatusPreconditionFailed || r.Code == "ConditionalRequestConflict" || r.Code == minio.NoSuchKey
}

// failed says what to do about an error of the store.
func (o *object) failed(what string, err error) error {
	remedy := "see the store's log"
	r := minio.ToErrorResponse(err)
	switch {
	case r.Code == "NoSuchBucket":
		remedy = "make the bucket, with versioning and object lock"
	case r.StatusCode == http.StatusForbidden || r.StatusCode == http.StatusUnauthorized:
		remedy = "see that the credentials may s3:GetObject, s3:PutObject and s3:ListBucket, and that region and clock are right"
	case r.StatusCode == 0:
		remedy = "is the endpoint right, and the store up and reachable?"
	case r.StatusCode >= 500 || r.StatusCode == http.StatusTooManyRequests:
		remedy = "try again later"
	}
	return fmt.Errorf("%w: %s the object: %w: %s", ErrStore, what, err, remedy)
}
