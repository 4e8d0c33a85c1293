package ingress

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"countersign"
	"countersign/workflows"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
)

// DefaultTimeout is how long Temporal may take over one event. Senders wait "a
// few seconds" (dfns.md §3.4).
const DefaultTimeout = 5 * time.Second

// A Dispatcher hands events to Temporal.
//
// It speaks to the service itself and not through the SDK's client, which waits
// for a lost connection to return and gives every signal a random request ID.
// So it fails at once when Temporal is away, and asking twice is asking once:
// Temporal drops a request ID that a run has seen.
type Dispatcher struct {
	// Service is client.Client.WorkflowService(). Required.
	Service workflowservice.WorkflowServiceClient
	// Namespace is where the workflows live. Defaults to "default".
	Namespace string
	// TaskQueue is where their workers listen. Defaults to [workflows.TaskQueue].
	TaskQueue string
	// Converter writes inputs and signals; it must be the workers'. Defaults to
	// the SDK's.
	Converter converter.DataConverter
	// Timeout bounds one request. Zero means [DefaultTimeout].
	Timeout time.Duration

	memo *commonpb.Memo // of workflows that are started
}

// Dispatch starts or signals the workflow that e's route names, and returns nil
// once Temporal has it. A workflow that is closed already has heard all it will:
// that is success, and never a second run.
func (d *Dispatcher) Dispatch(ctx context.Context, e countersign.Event) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(d.Timeout, DefaultTimeout))
	defer cancel()

	r := RouteOf(e)
	send := d.start
	if r.Signal != "" {
		send = d.signal
	}
	err := send(ctx, r, e)
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &started) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("workflow %s: %w", r.WorkflowID(e), err)
	}
	return nil
}

// Ready returns nil when Temporal answers.
func (d *Dispatcher) Ready(ctx context.Context) error {
	if _, err := d.Service.GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{}); err != nil {
		return fmt.Errorf("asking Temporal for its system info: %w", err)
	}
	return nil
}

// requestSpace is the UUID namespace of our request IDs: the UUIDv5 of the URL
// below. Changing it makes retries in flight look new.
var requestSpace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://countersign/ingress/request"))

// RequestID names what is asked of Temporal: the UUIDv5 (RFC 9562) of the
// workflow's ID and the event's root, with a line feed between, in a namespace
// of ours. Every delivery of one event has the same.
func RequestID(workflowID, root string) string {
	return uuid.NewSHA1(requestSpace, []byte(workflowID+"\n"+root)).String()
}

// signal starts the case unless it runs, and tells it of e.
func (d *Dispatcher) signal(ctx context.Context, r Route, e countersign.Event) error {
	input, err := d.payloads(r.process.input(e))
	if err != nil {
		return err
	}
	signal, err := d.payloads(e)
	if err != nil {
		return err
	}
	metadata, err := d.metadata(r, e)
	if err != nil {
		return err
	}
	_, err = d.Service.SignalWithStartWorkflowExecution(ctx, &workflowservice.SignalWithStartWorkflowExecutionRequest{
		Namespace:             cmp.Or(d.Namespace, "default"),
		WorkflowId:            r.WorkflowID(e),
		WorkflowType:          &commonpb.WorkflowType{Name: r.Workflow},
		TaskQueue:             d.taskQueue(),
		Input:                 input,
		Identity:              identity,
		RequestId:             RequestID(r.WorkflowID(e), e.Root()),
		WorkflowIdReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		SignalName:            r.Signal,
		SignalInput:           signal,
		SearchAttributes:      r.process.attributes(e),
		Memo:                  d.memo,
		UserMetadata:          metadata,
	})
	return err
}

// start gives e a workflow of its own, unless it has or had one.
func (d *Dispatcher) start(ctx context.Context, r Route, e countersign.Event) error {
	input, err := d.payloads(r.process.input(e))
	if err != nil {
		return err
	}
	metadata, err := d.metadata(r, e)
	if err != nil {
		return err
	}
	_, err = d.Service.StartWorkflowExecution(ctx, &workflowservice.StartWorkflowExecutionRequest{
		Namespace:                cmp.Or(d.Namespace, "default"),
		WorkflowId:               r.WorkflowID(e),
		WorkflowType:             &commonpb.WorkflowType{Name: r.Workflow},
		TaskQueue:                d.taskQueue(),
		Input:                    input,
		Identity:                 identity,
		RequestId:                RequestID(r.WorkflowID(e), e.Root()),
		WorkflowIdReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIdConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		SearchAttributes:         r.process.attributes(e),
		Memo:                     d.memo,
		UserMetadata:             metadata,
	})
	return err
}

func (d *Dispatcher) taskQueue() *taskqueuepb.TaskQueue {
	return &taskqueuepb.TaskQueue{Name: cmp.Or(d.TaskQueue, workflows.TaskQueue), Kind: enumspb.TASK_QUEUE_KIND_NORMAL}
}

func (d *Dispatcher) converter() converter.DataConverter {
	if d.Converter == nil {
		return converter.GetDefaultDataConverter()
	}
	return d.Converter
}

func (d *Dispatcher) payloads(v any) (*commonpb.Payloads, error) {
	p, err := d.converter().ToPayloads(v)
	if err != nil {
		return nil, fmt.Errorf("encoding %T: %w", v, err)
	}
	return p, nil
}

// metadata is the line that the Web UI shows for the workflow: "Approval ap-…".
func (d *Dispatcher) metadata(r Route, e countersign.Event) (*sdkpb.UserMetadata, error) {
	words := append([]string{r.Workflow}, r.process.words(e)...)
	p, err := d.converter().ToPayload(strings.TrimSpace(strings.Join(words, " ")))
	if err != nil {
		return nil, fmt.Errorf("encoding the summary: %w", err)
	}
	return &sdkpb.UserMetadata{Summary: p}, nil
}

// keyword is one typed search attribute. Temporal reads it, so it never passes
// through a converter that encrypts.
func keyword(name, value string) *commonpb.SearchAttributes {
	p, err := converter.GetDefaultDataConverter().ToPayload(value)
	if err != nil {
		panic(err) // a string always encodes
	}
	p.Metadata["type"] = []byte(enumspb.INDEXED_VALUE_TYPE_KEYWORD.String())
	return &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{name: p}}
}

// identity is who Temporal's history says has asked.
var identity = func() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return "countersign-ingress@" + host
}()
