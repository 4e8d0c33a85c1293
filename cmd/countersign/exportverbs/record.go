package exportverbs

import (
	"bytes"
	"context"
	"fmt"

	"countersign/audit"
	"countersign/audit/anchor"
)

// record puts the export on the trail, and under a checkpoint that anchors and witnesses
// have, before anything leaves. It returns where it stands.
func (j *job) record(ctx context.Context, body audit.Export) (index int64, err error) {
	body.By = j.by
	at := j.trail.Signer.Now().UTC()
	e, err := j.trail.Append(ctx, audit.Draft{
		Key: fmt.Sprintf("export/%s/%d", body.Form, at.UnixNano()), Type: audit.ExportMade, Body: body,
	})
	if err != nil {
		return 0, err
	}
	return e.Index, j.trail.Barrier(ctx, e)
}

// announced records a bundle and returns where it ends: at the first checkpoint, from
// where it was asked to, that the quorum of witnesses has signed.
func (j *job) announced(ctx context.Context, from, asked int64) (index, to int64, err error) {
	if index, err = j.record(ctx, audit.Export{Form: "bundle", From: from, To: asked, Filter: j.words()}); err != nil {
		return 0, 0, err
	}
	to, err = j.trail.DB.CosignedFrom(ctx, asked)
	return index, to, err
}

// cosigned is the checkpoint of size records with the signatures of all witnesses who have
// signed it, nil when none has.
func (j *job) cosigned(ctx context.Context, size int64) ([]byte, error) {
	notes, err := j.trail.DB.Cosignatures(ctx, size)
	if err != nil || len(notes) == 0 {
		return nil, err
	}
	all := notes[0]
	for _, n := range notes[1:] {
		signatures := n[bytes.LastIndex(n, []byte("\n\n"))+2:]
		if all, err = anchor.Merge(all, signatures); err != nil {
			return nil, fmt.Errorf("put the signatures of witnesses together: %w", err)
		}
	}
	return all, nil
}
