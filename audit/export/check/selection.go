package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"

	"countersign/audit"
	"countersign/audit/csvfile"
	"countersign/audit/export/bundle"
	"countersign/audit/tree"
	"countersign/audit/verify"
)

// selection verifies single records, each by its receipt.
func (o *Opened) selection(ctx context.Context, t verify.Trust, c Checks) (Report, error) {
	r := Report{Form: o.Manifest.Form, Report: verify.Report{Kind: verify.Selected, Origin: o.Manifest.Origin, Root: o.Manifest.Root, To: o.to,
		HashesOnly: c.HashesOnly, Keys: []verify.Key{}, Faults: []verify.Fault{}}}
	if _, err := verify.ParsePolicy(t.Policy()); err != nil {
		return r, err
	}
	keys, err := o.keyTexts(c)
	if err != nil {
		return r, err
	}
	indexes, err := o.receipts(bundle.RecordsDir)
	if err != nil {
		return r, err
	}
	if int64(len(indexes)) != o.Manifest.Records {
		r.fault(0, ManifestDiffers, "%s says %d records, %d receipts are there", bundle.ManifestFile, o.Manifest.Records, len(indexes))
	}
	if err := o.files(&r); err != nil {
		return r, err
	}
	csv, err := o.compareRows(&r)
	if err != nil {
		return r, err
	}
	defer csv.close()
	csv.match(bundle.CSVHeader(), 0)
	p := &ticker{tell: c.Progress, total: int64(len(indexes))}
	beside := o.gather(&r)
	for one, err := range o.prove(ctx, indexes, t, keys, c.Workers) {
		if err == nil && one.err == nil {
			err = beside.add(bundle.NamedBy(bundle.EntryOf(one.index, one.jws))...)
		}
		if err != nil {
			return r, err
		}
		one.into(&r, csv)
		p.add(1)
	}
	csv.end(o.to)
	if err := errors.Join(csv.err, beside.end()); err != nil || c.HashesOnly {
		return r, err
	}
	book, err := o.receiptKeys()
	if err != nil {
		return r, err
	}
	return r, o.compareKeys(&r, &book)
}

// keyTexts are the receipts of keys, in their order.
func (o *Opened) keyTexts(c Checks) (keys [][]byte, err error) {
	if c.HashesOnly {
		return nil, nil
	}
	about, err := o.receipts(bundle.KeysDir)
	for _, index := range about {
		text, err := o.read(bundle.ReceiptPath(bundle.KeysDir, index), maxReceipt)
		if err != nil {
			return nil, err
		}
		keys = append(keys, text)
	}
	return keys, err
}

// A proven record of a selection.
type proven struct {
	index int64
	jws   string
	proof verify.Proof
	err   error // it proves nothing
}

// into says in the report what a receipt has shown.
func (p proven) into(r *Report, csv *comparison) {
	r.Records++
	switch {
	case p.err != nil:
		r.fault(p.index, verify.ReceiptBad, "its receipt: %v", p.err)
	case p.proof.Index != p.index:
		r.fault(p.index, verify.ReceiptBad, "its receipt is that of record %d", p.proof.Index)
	case !p.proof.Signed:
		r.Unsigned++
	}
	if p.err != nil {
		return
	}
	r.Origin = p.proof.Origin
	switch p.proof.Record.Type {
	case audit.DecisionIntent:
		r.Decisions++
	case audit.AlarmRaised:
		r.Alarms++
	}
	var row bytes.Buffer
	w := csvfile.NewWriter(&row)
	_ = w.Write(bundle.EntryOf(p.index, p.jws)) // a buffer takes everything
	_ = w.Flush()
	csv.match(row.Bytes()[len(bundle.CSVHeader()):], p.index)
	r.Rows++
}

// prove verifies receipts, many at once, and yields them in their order.
func (o *Opened) prove(ctx context.Context, indexes []int64, t verify.Trust, keys [][]byte, workers int) func(func(proven, error) bool) {
	type result struct {
		proven
		failed error // it cannot be read
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return func(yield func(proven, error) bool) {
		var queue []chan result
		for next := 0; next < len(indexes) || len(queue) > 0; {
			for len(queue) < 2*workers && next < len(indexes) {
				one, index := make(chan result, 1), indexes[next]
				queue, next = append(queue, one), next+1
				go func() {
					p, err := o.proveOne(index, t, keys)
					one <- result{p, err}
				}()
			}
			got := <-queue[0]
			queue = queue[1:]
			if err := ctx.Err(); err != nil && got.failed == nil {
				got.failed = err
			}
			if !yield(got.proven, got.failed) || got.failed != nil {
				return
			}
		}
	}
}

func (o *Opened) proveOne(index int64, t verify.Trust, keys [][]byte) (proven, error) {
	p := proven{index: index}
	text, err := o.read(bundle.ReceiptPath(bundle.RecordsDir, index), maxReceipt)
	if err != nil {
		return p, fmt.Errorf("read the receipt of record %d: %w", index, err)
	}
	if r, err := tree.ParseReceipt(text); err == nil {
		p.jws = r.Record
	}
	p.proof, p.err = verify.ReceiptWithKeys(text, t, keys...)
	return p, nil
}
