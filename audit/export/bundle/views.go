package bundle

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"runtime"

	"countersign/audit"
	"countersign/audit/beside"
	"countersign/audit/csvfile"
	"countersign/audit/ocsf"
	"countersign/audit/tree"
)

// A Block is the views of the records of one bundle of entries.
type Block struct {
	// First is the index of its first record; those in front of a range are not among them.
	First int64
	Count int
	// CSV and OCSF are a line for each record.
	CSV, OCSF []byte
	// About are the records about keys.
	About []audit.Entry
	// Named are what the records name of what is kept beside the trail.
	Named []Named
}

// A Named is what a record names, and where that stands.
type Named struct {
	beside.Name
	Index int64
}

// NamedBy are what a record names.
func NamedBy(e audit.Entry) (all []Named) {
	for _, n := range beside.Names(e.Record) {
		all = append(all, Named{n, e.Index})
	}
	return all
}

// Views are those of a range. Many bundles are in hand at once.
type Views struct {
	From, To int64 // From <= index < To
	Product  ocsf.Product
	// Workers is how many bundles are in hand at once; 0 is one for each processor.
	Workers int
	// Read is the bundle n of entries. It is called by many at once.
	Read func(n int64, width int) (string, error)
}

// Blocks yields the blocks in their order. It ends with the first error.
func (v Views) Blocks(ctx context.Context) iter.Seq2[*Block, error] {
	type result struct {
		block *Block
		err   error
	}
	workers := v.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return func(yield func(*Block, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		queue := make(chan chan result, workers) // in the order of the log
		go func() {
			defer close(queue)
			for n := Lead(v.From) / tree.TileWidth; n*tree.TileWidth < v.To; n++ {
				one := make(chan result, 1)
				select {
				case queue <- one:
				case <-ctx.Done():
					return
				}
				go func() {
					b, err := v.block(n)
					one <- result{b, err}
				}()
			}
		}()
		defer func() { // whoever stops early waits for those that run
			cancel()
			for one := range queue {
				<-one
			}
		}()
		for one := range queue {
			got := <-one
			if !yield(got.block, got.err) || got.err != nil {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// block makes the views of bundle n.
func (v Views) block(n int64) (*Block, error) {
	width := Width(n, v.To)
	data, err := v.Read(n, width)
	if err != nil {
		return nil, err
	}
	var rows, events bytes.Buffer
	b := &Block{First: max(v.From, n*tree.TileWidth)}
	w := csvfile.NewWriter(&rows)
	index := n * tree.TileWidth
	for jws, err := range Cut(data, width) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", EntriesPath(n, width), err)
		}
		if index++; index <= v.From {
			continue
		}
		e := EntryOf(index-1, jws)
		if AboutKeys(e.Record.Type) {
			b.About = append(b.About, e)
		}
		b.Named = append(b.Named, NamedBy(e)...)
		if err := w.Write(e); err != nil {
			return nil, err
		}
		event, err := ocsf.Event(e, v.Product)
		if err != nil {
			return nil, fmt.Errorf("record %d as OCSF event: %w", e.Index, err)
		}
		events.Write(append(event, '\n'))
		b.Count++
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	b.CSV, b.OCSF = rows.Bytes()[len(CSVHeader()):], events.Bytes()
	return b, nil
}

// CSVHeader is the first line of the CSV.
func CSVHeader() []byte {
	var b bytes.Buffer
	_ = csvfile.NewWriter(&b).Flush() // a buffer takes everything
	return b.Bytes()
}
