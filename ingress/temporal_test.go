package ingress_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
)

// temporal is Temporal as far as the ingress knows it. It keeps the service's
// promises (temporal.md §5.1): a run hears a request ID once; a workflow ID that
// has closed is not opened again under REJECT_DUPLICATE; a start of a running one
// with another request ID is AlreadyStarted; requests out of shape are
// InvalidArgument.
type temporal struct {
	workflowservice.WorkflowServiceClient // panics on any other call

	mu   sync.Mutex
	runs map[string]*run
	down error // returned by every call
	hang bool  // calls wait for their context
}

type run struct {
	kind, summary string
	input         *commonpb.Payloads
	signals       []*commonpb.Payloads
	attributes    map[string]*commonpb.Payload
	memo          *commonpb.Memo
	seen          map[string]bool
	closed        bool
}

// A request is what start and signal-with-start have in common.
type request interface {
	GetNamespace() string
	GetWorkflowId() string
	GetWorkflowType() *commonpb.WorkflowType
	GetInput() *commonpb.Payloads
	GetRequestId() string
	GetIdentity() string
	GetWorkflowIdReusePolicy() enumspb.WorkflowIdReusePolicy
	GetSearchAttributes() *commonpb.SearchAttributes
	GetMemo() *commonpb.Memo
}

func (s *temporal) begin(ctx context.Context, r request, queue, summary string) (*run, bool, error) {
	if s.hang {
		<-ctx.Done()
		return nil, false, serviceerror.NewDeadlineExceeded("context deadline exceeded")
	}
	if s.down != nil {
		return nil, false, s.down
	}
	if _, bounded := ctx.Deadline(); !bounded {
		return nil, false, serviceerror.NewInvalidArgument("no deadline")
	}
	for name, v := range map[string]string{
		"namespace": r.GetNamespace(), "workflow ID": r.GetWorkflowId(), "type": r.GetWorkflowType().GetName(),
		"task queue": queue, "request ID": r.GetRequestId(), "identity": r.GetIdentity(), "summary": summary,
	} {
		if v == "" {
			return nil, false, serviceerror.NewInvalidArgument(name + " is missing")
		}
	}
	for name, p := range r.GetSearchAttributes().GetIndexedFields() {
		if string(p.GetMetadata()["type"]) != "Keyword" {
			return nil, false, serviceerror.NewInvalidArgument(name + " is no Keyword")
		}
	}
	old := s.runs[r.GetWorkflowId()]
	switch {
	case old == nil:
	case old.closed && r.GetWorkflowIdReusePolicy() == enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE:
		return nil, false, serviceerror.NewWorkflowExecutionAlreadyStarted("closed", "", "run")
	case !old.closed:
		return old, false, nil
	}
	fresh := &run{
		kind: r.GetWorkflowType().GetName(), summary: summary, input: r.GetInput(),
		attributes: r.GetSearchAttributes().GetIndexedFields(), memo: r.GetMemo(), seen: map[string]bool{},
	}
	if s.runs == nil {
		s.runs = map[string]*run{}
	}
	s.runs[r.GetWorkflowId()] = fresh
	return fresh, true, nil
}

func (s *temporal) SignalWithStartWorkflowExecution(ctx context.Context, r *workflowservice.SignalWithStartWorkflowExecutionRequest, _ ...grpc.CallOption) (*workflowservice.SignalWithStartWorkflowExecutionResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.GetSignalName() == "" || r.GetWorkflowIdConflictPolicy() == enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL {
		return nil, serviceerror.NewInvalidArgument("not supported for this operation")
	}
	to, started, err := s.begin(ctx, r, r.GetTaskQueue().GetName(), string(r.GetUserMetadata().GetSummary().GetData()))
	if err != nil {
		return nil, err
	}
	if !to.seen[r.GetRequestId()] {
		to.seen[r.GetRequestId()] = true
		to.signals = append(to.signals, r.GetSignalInput())
	}
	return &workflowservice.SignalWithStartWorkflowExecutionResponse{RunId: "run", Started: started}, nil
}

func (s *temporal) StartWorkflowExecution(ctx context.Context, r *workflowservice.StartWorkflowExecutionRequest, _ ...grpc.CallOption) (*workflowservice.StartWorkflowExecutionResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	to, started, err := s.begin(ctx, r, r.GetTaskQueue().GetName(), string(r.GetUserMetadata().GetSummary().GetData()))
	if err != nil {
		return nil, err
	}
	if !started && !to.seen[r.GetRequestId()] {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("running", "", "run")
	}
	to.seen[r.GetRequestId()] = true
	return &workflowservice.StartWorkflowExecutionResponse{RunId: "run", Started: started}, nil
}

func (s *temporal) DescribeWorkflowExecution(_ context.Context, r *workflowservice.DescribeWorkflowExecutionRequest, _ ...grpc.CallOption) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return nil, s.down
	}
	known := s.runs[r.GetExecution().GetWorkflowId()]
	if known == nil {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Memo: known.memo}}, nil
}

func (s *temporal) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest, ...grpc.CallOption) (*workflowservice.GetSystemInfoResponse, error) {
	if s.down != nil {
		return nil, s.down
	}
	return &workflowservice.GetSystemInfoResponse{}, nil
}

// run returns the run under an ID; what is not there is a run of nothing.
func (s *temporal) run(id string) *run {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.runs[id]; r != nil {
		return r
	}
	return &run{kind: fmt.Sprintf("no run %q", id)}
}

// ids are the workflows that there are.
func (t *temporal) ids() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Sorted(maps.Keys(t.runs))
}
