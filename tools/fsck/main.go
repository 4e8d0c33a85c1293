// Command fsck has an export read by Tessera's fsck library: other people's code for
// tlog-tiles. It prints ok, or what is wrong and exits 3.
//
//	fsck BUNDLE LOG-KEY
//
// The library has traps (v1.0.4): it can hang on a fault when it has few workers, so that it
// gets 32 and a deadline, and only its own word that it has come to the end counts.
package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"time"

	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
)

const (
	workers  = 32
	deadline = 2 * time.Minute
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "fsck BUNDLE LOG-KEY")
		os.Exit(2)
	}
	if err := check(os.Args[1], os.Args[2]); err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
	fmt.Println("ok")
}

func check(dir, key string) error {
	v, err := note.NewVerifier(key)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	f := fsck.New(v.Name(), v, &client.FileFetcher{Root: dir}, leafHashes, fsck.Opts{N: workers})
	done := make(chan error, 1)
	go func() { done <- f.Check(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done(): // it may not hear that
		return fmt.Errorf("it has not come to an end within %s", deadline)
	}
}

// leafHashes are those of a bundle of entries.
func leafHashes(data []byte) (hashes [][]byte, err error) {
	var b api.EntryBundle
	if err := b.UnmarshalText(data); err != nil {
		return nil, err
	}
	for _, e := range b.Entries {
		sum := sha256.Sum256(append([]byte{0}, e...))
		hashes = append(hashes, sum[:])
	}
	return hashes, nil
}
