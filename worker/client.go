package worker

import (
	"context"
	"fmt"
	"log/slog"

	"countersign"
	"countersign/workflows"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
)

// A Temporal is a connection, with the namespace that it speaks of.
type Temporal struct {
	client.Client
	Namespace string
}

// Dial connects to Temporal as Temporal's own variables in environ say, or its
// profile file.
func Dial(ctx context.Context, logger *slog.Logger, environ map[string]string) (*Temporal, error) {
	opts, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{EnvLookup: lookup(environ)})
	if err != nil {
		return nil, fmt.Errorf("configuration of the Temporal client (TEMPORAL_*): %w", err)
	}
	if opts.HostPort == "" {
		opts.HostPort = client.DefaultHostPort
	}
	if opts.Namespace == "" {
		opts.Namespace = client.DefaultNamespace
	}
	opts.Logger = log.NewStructuredLogger(logger)
	c, err := client.DialContext(ctx, opts)
	if err != nil && ctx.Err() != nil { // the client's own error does not tell why it gave up
		err = ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("reach Temporal at %q: %w", opts.HostPort, err)
	}
	return &Temporal{Client: c, Namespace: opts.Namespace}, nil
}

// EnsureSearchAttributes adds what the namespace lacks of
// [workflows.SearchAttributes]. It needs the right to change the namespace; where
// operators keep that, they add the attributes themselves.
func EnsureSearchAttributes(ctx context.Context, c client.Client, namespace string) error {
	op := c.OperatorService()
	have, err := op.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("list search attributes of %s: %w", namespace, err)
	}
	missing := map[string]enumspb.IndexedValueType{}
	for _, name := range workflows.SearchAttributes() {
		kind, ok := have.CustomAttributes[name]
		switch {
		case !ok:
			missing[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
		case kind != enumspb.INDEXED_VALUE_TYPE_KEYWORD:
			return fmt.Errorf("search attribute %s of %s is a %s, want Keyword", name, namespace, kind)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = op.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: missing})
	if err != nil {
		return fmt.Errorf("add search attributes to %s: %w", namespace, err)
	}
	return nil
}

// A Starter starts approvals and openings for the reconciler.
type Starter struct {
	Client    client.Client
	TaskQueue string
}

// StartApproval starts the workflow of an approval unless it was ever started.
func (s *Starter) StartApproval(ctx context.Context, approvalID string) (bool, error) {
	return s.once(ctx, client.StartWorkflowOptions{
		ID:                    workflows.ApprovalID(approvalID),
		TypedSearchAttributes: temporal.NewSearchAttributes(workflows.ApprovalIDAttribute.ValueSet(approvalID)),
		StaticSummary:         "Approval " + approvalID + " (found by reconciliation: no webhook came)",
	}, workflows.ApprovalWorkflow, workflows.ApprovalInput{ApprovalID: approvalID})
}

// OpeningID is the ID of the workflow that [Starter.StartOpening] starts.
func (s *Starter) OpeningID(w countersign.Wallet) string {
	return workflows.OpeningID(w.Network, w.ID)
}

// StartOpening starts the workflow that begins the books of a wallet, unless it was ever started.
func (s *Starter) StartOpening(ctx context.Context, w countersign.Wallet) (bool, error) {
	return s.once(ctx, client.StartWorkflowOptions{
		ID:                    s.OpeningID(w),
		TypedSearchAttributes: temporal.NewSearchAttributes(workflows.WalletIDAttribute.ValueSet(w.ID), workflows.NetworkAttribute.ValueSet(w.Network)),
		StaticSummary:         "Opening of wallet " + w.ID + " on " + w.Network + " (found by reconciliation: its books have not begun)",
	}, workflows.OpenWalletWorkflow, workflows.OpenWalletInput{Wallet: w})
}

// once starts a workflow unless it was ever started.
func (s *Starter) once(ctx context.Context, o client.StartWorkflowOptions, workflow string, input any) (bool, error) {
	o.TaskQueue = s.TaskQueue
	o.Memo = map[string]any{workflows.FoundLateMemo: true}
	o.WorkflowIDReusePolicy = enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
	o.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL
	o.WorkflowExecutionErrorWhenAlreadyStarted = true
	_, err := s.Client.ExecuteWorkflow(ctx, o, workflow, input)
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		return false, nil
	}
	return err == nil, err
}

// lookup is an environment that is not the process's own.
type lookup map[string]string

func (l lookup) Environ() []string {
	out := make([]string, 0, len(l))
	for k, v := range l {
		out = append(out, k+"="+v)
	}
	return out
}

func (l lookup) LookupEnv(name string) (string, bool) {
	v, ok := l[name]
	return v, ok
}
