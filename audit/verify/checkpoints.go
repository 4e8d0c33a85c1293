package verify

import (
	"slices"

	"countersign/audit"
	"countersign/audit/trust"
	"countersign/audit/verify/rows"
)

// notes compares stored checkpoints with the tree, as far as it has grown, and returns the
// rest.
func (v *verifier) notes(rest []rows.Note) []rows.Note {
	for len(rest) > 0 && rest[0].Size <= v.size {
		v.note(&rest[0])
		rest = rest[1:]
	}
	return rest
}

func (v *verifier) note(n *rows.Note) {
	if n.Err != nil { // a log key that the trail has enrolled is as good
		n.Checkpoint, n.Err = v.Checkpoint(n.Msg, rows.LogKeys(&v.registry, v.origin, v.Logs)...)
	}
	switch {
	case n.Err != nil:
		v.fault(v.agreed, codeOf(n.Err), "a stored checkpoint of %d records: %v", n.Size, n.Err)
	case n.Checkpoint.Origin != v.origin:
		v.fault(v.agreed, CheckpointOrigin, "a stored checkpoint is that of log %.80q, this is %q", n.Checkpoint.Origin, v.origin)
	case n.Size < v.size:
		v.fault(v.agreed, CheckpointOrder, "a stored checkpoint of %d records stands behind one of %d", n.Size, v.seen.size)
	case v.seen.torn:
	case n.Root != v.grown.Root():
		v.seen.torn = true
		v.fault(v.suspect(v.agreed), RootDiffers, "the %d records are not those under a stored checkpoint", n.Size)
	default:
		v.agree(n.Checkpoint)
		v.seen.size = n.Size
	}
}

// check compares the tree with what is known of it at its size: by the last checkpoint
// and by those from elsewhere.
func (v *verifier) check() {
	for len(v.anchors) > 0 && v.anchors[0].Size == v.size {
		if v.anchors[0].Root != v.grown.Root() {
			v.fault(v.suspect(v.agreed), RootDiffers, "the %d records are not those under a checkpoint known from elsewhere: the log was forked", v.size)
		} else {
			v.agree(v.anchors[0])
		}
		v.anchors = v.anchors[1:]
	}
	if v.final == nil || v.final.Size != v.size {
		return
	}
	if v.final.Root != v.grown.Root() {
		v.fault(v.suspect(v.agreed), RootDiffers, "the %d records are not those under the last checkpoint", v.size)
		return
	}
	v.agree(*v.final)
	v.report.Complete = true
}

// suspect is the first index, behind the last checkpoint that agreed, at which something is
// wrong; otherwise where nothing was found wrong.
func (v *verifier) suspect(otherwise int64) int64 {
	first, found := int64(0), false
	for _, f := range v.report.Faults {
		if f.Index >= v.agreed && (!found || f.Index < first) {
			first, found = f.Index, true
		}
	}
	if found {
		return first
	}
	return otherwise
}

func (v *verifier) agree(c trust.Checkpoint) {
	if c.Size != v.agreed || v.report.Checkpoints == 0 {
		v.report.Checkpoints++
	}
	v.agreed = c.Size
	v.sign(c)
}

// A run is checkpoints that follow each other and that the same keys have signed.
type run struct {
	from, to int64 // sizes
	logs     []string
}

// sign remembers whose a checkpoint is. Whether they might sign it is known at the end:
// the first of a log key's checkpoints come before it is enrolled, and a revocation may
// lie behind.
func (v *verifier) sign(c trust.Checkpoint) {
	if n := len(v.runs); n > 0 && slices.Equal(v.runs[n-1].logs, c.Logs) && v.runs[n-1].to <= c.Size {
		v.runs[n-1].to = c.Size
		return
	}
	v.runs = append(v.runs, run{c.Size, c.Size, c.Logs})
}

// signers reports the checkpoints that no key has signed which was enrolled then. Where
// the records read enrol no key of the log at all, the trusted ones are taken as they
// are.
func (v *verifier) signers() {
	if v.options.HashesOnly || v.registry.Empty(audit.LogKey) {
		return
	}
	for _, r := range v.runs {
		for size, ok := r.from, true; ok && size <= r.to; {
			if size, ok = v.until(r.logs, size); !ok {
				v.fault(size, CheckpointKey, "the checkpoint of %d records, or the next, is signed by no key of the log that was enrolled then", size)
			}
		}
	}
}

// until is the first size behind one that one of the keys might sign.
func (v *verifier) until(logs []string, size int64) (next int64, ok bool) {
	for _, kid := range logs {
		if _, may := v.registry.CheckpointKey(kid, v.origin, size); !may {
			continue
		}
		k, _ := v.registry.Lookup(kid)
		if k.Until < 0 {
			return 1<<63 - 1, true
		}
		next, ok = max(next, k.Until+1), true
	}
	if !ok {
		next = size
	}
	return next, ok
}

// finish says what the end of the log shows.
func (v *verifier) finish() error {
	for _, a := range v.anchors {
		if v.source.Export && v.final != nil && a.Size > v.final.Size {
			v.report.Unproven.Later++
			continue
		}
		v.fault(v.size, RolledBack, "a checkpoint of %d records is known from elsewhere, the log has %d", a.Size, v.size)
	}
	if v.unended != nil {
		v.unended()
	}
	if f := v.final; f != nil {
		switch {
		case f.Size > v.size:
			v.fault(v.suspect(v.size), Incomplete, "the last checkpoint is of %d records, %d are there", f.Size, v.size)
		case f.Size < v.size:
			v.fault(f.Size, Beyond, "the last checkpoint is of %d records, %d are there", f.Size, v.size)
			v.report.Complete = false
		}
		v.report.Witnesses = f.Witnesses
		if !v.Met(f.Witnesses) {
			v.fault(f.Size, QuorumMissing, "%d of the policy's witnesses have signed the last checkpoint, its quorum %q is not met", len(f.Witnesses), v.Quorum)
		}
	}
	if v.tiler != nil {
		if err := v.edges(); err != nil {
			return err
		}
	}
	v.signers()
	v.report.To, v.report.Root, v.report.Keys = v.size, base64Of(v.grown.Root()), reported(&v.registry)
	return nil
}
