package app

import (
	"context"
	"time"

	"countersign/activities/certify"
	"countersign/activities/reconciling"
	"countersign/completeness"
	"countersign/completeness/sources"
	"countersign/custody/dfns"
	"countersign/custody/dfns/holder"
	"countersign/custody/dfns/request"
	"countersign/ingress"
	"countersign/store"
	"countersign/store/tracks"
	"countersign/worker"
)

// completeness certifies windows: by the custodian's lists first, which are the most of what
// can have been missed, and by the chains, against what our own watchers have seen.
func (a *App) completeness(custodian *dfns.Custodian, trail *store.Trail, c *worker.Temporal) (*certify.Completeness, error) {
	chains, err := a.Chains()
	if err != nil {
		return nil, err
	}
	lister := custodian.Client
	return &certify.Completeness{
		Sources: []completeness.Source{
			sources.Webhooks{Lister: lister}, sources.Approvals{Lister: lister}, sources.Requests{Lister: lister},
			sources.History{Lister: lister},
			sources.Chains{Nodes: chains.Client, Ours: ours(custodian), Record: tracks.Reader{DB: trail.DB.SQL()}},
		},
		Cases: a.dispatcher(c), Trail: trail, Now: time.Now,
	}, nil
}

// ours reads the addresses of the custodian's wallets, by network.
func ours(custodian *dfns.Custodian) func(context.Context) (map[string][]string, error) {
	return func(ctx context.Context) (map[string][]string, error) {
		all := addresses{custodian: holder.Holder{Custodian: *custodian}}
		err := all.read(ctx)
		return all.by, err
	}
}

// failedPages is how many pages of failed deliveries are read in one run: fifty events each, where
// the custodian says no other.
const failedPages = 20

// reconciliation finds what has no workflow between the certificates.
func (a *App) reconciliation(custodian *dfns.Custodian, trail *store.Trail, c *worker.Temporal) *reconciling.Reconciliation {
	return &reconciling.Reconciliation{
		Lists: sources.Recent{Pager: custodian.Client, Pages: failedPages}, Cases: a.dispatcher(c),
		Openings:  &worker.Starter{Client: c, TaskQueue: a.Config.Worker.TaskQueue},
		Custodian: afresh{custodian, request.Requests{Client: custodian.Client}}, Trail: trail, Now: time.Now,
	}
}

// afresh reads approvals and requests.
type afresh struct {
	*dfns.Custodian
	request.Requests
}

// dispatcher hands events to the workflows that they are for.
func (a *App) dispatcher(c *worker.Temporal) *ingress.Dispatcher {
	return &ingress.Dispatcher{Service: c.WorkflowService(), Namespace: c.Namespace, TaskQueue: a.Config.Worker.TaskQueue}
}
