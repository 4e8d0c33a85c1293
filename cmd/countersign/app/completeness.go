package app

import (
	"time"

	"countersign/activities/certify"
	"countersign/completeness"
	"countersign/completeness/sources"
	"countersign/custody/dfns"
	"countersign/ingress"
	"countersign/store"
	"countersign/store/tracks"
	"countersign/worker"
)

// completeness certifies windows: by the custodian's lists first, which are the most of what
// can have been missed, and by what our own watchers have seen.
func (a *App) completeness(custodian *dfns.Custodian, trail *store.Trail, c *worker.Temporal) *certify.Completeness {
	lister := custodian.Client
	return &certify.Completeness{
		Sources: []completeness.Source{
			sources.Webhooks{Lister: lister}, sources.Approvals{Lister: lister}, sources.Requests{Lister: lister},
			sources.History{Lister: lister}, sources.Chains{Tracks: tracks.Reader{DB: trail.DB.SQL()}},
		},
		Cases: a.dispatcher(c), Trail: trail, Now: time.Now,
	}
}

// dispatcher hands events to the workflows that they are for.
func (a *App) dispatcher(c *worker.Temporal) *ingress.Dispatcher {
	return &ingress.Dispatcher{Service: c.WorkflowService(), Namespace: c.Namespace, TaskQueue: a.Config.Worker.TaskQueue}
}
