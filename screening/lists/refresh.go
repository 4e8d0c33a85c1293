package lists

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"countersign/screening"
)

// A list is one reading, ready to be searched. It is never changed.
type list struct {
	version, digest     string
	issued, published   time.Time
	asOf                time.Time
	etags               []string
	entries, unreadable int
	index               map[string][]Entry // by canonical address
}

// longestRefresh bounds a refresh whose context does not.
const longestRefresh = 10 * time.Minute

// Refresh reads the list again and swaps it in, and reports whether its bytes differ
// from those before. It fails, and the list from before stays, when a part cannot be
// read to its end, when [Parse] refuses it, when it has too few of the addresses that it
// had, and when it says of itself that it is older. One refresh runs at a time.
func (s *Source) Refresh(ctx context.Context) (changed bool, err error) {
	s.refreshing.Lock()
	defer s.refreshing.Unlock()
	ctx, cancel := context.WithTimeout(ctx, longestRefresh)
	defer cancel()
	old := s.state.Load().list
	fresh, err := s.read(ctx, old)
	if err == nil && old != nil && fresh.digest != old.digest {
		err = s.plausible(old, fresh)
	}
	if err != nil {
		s.state.Store(&state{list: old, err: err.Error()})
		return false, err
	}
	s.state.Store(&state{list: fresh})
	return old == nil || fresh.digest != old.digest, nil
}

// plausible refuses a list that cannot well come after the old one.
func (s *Source) plausible(old, fresh *list) error {
	if fresh.entries*100 < old.entries*(100-s.config.MaxShrinkPercent) {
		return refuse("it has %d addresses and had %d: a loss of more than %d %% is more likely a broken download than a delisting; start the program anew if it is right",
			fresh.entries, old.entries, s.config.MaxShrinkPercent)
	}
	if fresh.issued.Before(old.issued) {
		return refuse("it was issued on %s, the one before on %s", fresh.issued.Format(time.DateOnly), old.issued.Format(time.DateOnly))
	}
	return nil
}

// read reads the list, or learns that it is still the old one.
func (s *Source) read(ctx context.Context, old *list) (*list, error) {
	now := s.config.Now()
	var etags []string
	if old != nil {
		etags = old.etags
	}
	parts, err := s.openAll(ctx, etags, now)
	if err != nil {
		return nil, err
	}
	same := 0
	for _, p := range parts {
		if p.same {
			same++
		}
	}
	if same == len(parts) {
		l := *old // there were ETags, so there was a list
		l.asOf = now
		return &l, closeAll(parts)
	}
	if same > 0 { // what is held of the other part is not its bytes
		if err := closeAll(parts); err != nil {
			return nil, err
		}
		if parts, err = s.openAll(ctx, nil, now); err != nil {
			return nil, err
		}
	}
	l, err := s.parse(parts)
	return l, errors.Join(err, closeAll(parts))
}

// openAll opens every part, or none.
func (s *Source) openAll(ctx context.Context, etags []string, now time.Time) (parts []part, err error) {
	for i, place := range s.config.Places {
		etag := ""
		if i < len(etags) {
			etag = etags[i]
		}
		p, err := s.open(ctx, place, etag, now)
		if err != nil {
			return nil, errors.Join(err, closeAll(parts))
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func closeAll(parts []part) error {
	var errs []error
	for _, p := range parts {
		errs = append(errs, p.body.Close())
	}
	return errors.Join(errs...)
}

// parse reads opened parts. The digest is that of all their bytes, one part after the
// other, as `cat part1 part2 | sha256sum` prints it.
func (s *Source) parse(parts []part) (*list, error) {
	sum := sha256.New()
	readers := make([]io.Reader, len(parts))
	l := &list{index: map[string][]Entry{}}
	for i, p := range parts {
		readers[i] = io.TeeReader(p.body, sum)
		l.etags = append(l.etags, p.etag)
		if i == 0 || p.asOf.Before(l.asOf) {
			l.asOf = p.asOf
		}
		if p.modified.After(l.published) {
			l.published = p.modified
		}
	}
	c, err := Parse(s.config.Format, s.config.Layout, readers...)
	if err != nil {
		return nil, err
	}
	for i, r := range readers {
		// The parsers read to the end; what they had no use for belongs to the digest too.
		if _, err := io.Copy(io.Discard, r); err != nil {
			return nil, fmt.Errorf("part %d: %w", i+1, err)
		}
	}
	l.digest, l.issued, l.entries = hex.EncodeToString(sum.Sum(nil)), c.Issued, len(c.Entries)
	if !c.Issued.IsZero() {
		l.published, l.version = c.Issued, c.Issued.Format(time.DateOnly)
	} else if !l.published.IsZero() {
		l.version = l.published.UTC().Format(time.RFC3339)
	}
	l.version = cmp.Or(l.version, l.digest[:12])
	for _, e := range c.Entries {
		key, err := screening.Canonical(e.Address)
		if err != nil {
			l.unreadable++
			continue
		}
		l.index[key] = append(l.index[key], e)
	}
	if l.unreadable == l.entries {
		return nil, refuse("none of its %d addresses has a form that is known", l.entries)
	}
	return l, nil
}
