package ocsf

import (
	"slices"

	"countersign/audit"
	"countersign/audit/booked"
	"countersign/audit/complete"
	"countersign/audit/screened"
)

// table says what each type of record is. docs/siem.md shows it to operators.
var table = map[audit.Type]mapping{
	audit.DecisionIntent:        {apiActivity, create, "policies.approvals.decisions.create", informational, fillIntent},
	audit.DecisionOutcome:       {apiActivity, create, "policies.approvals.decisions.create", informational, fillPost}, // a finding where void or in conflict
	audit.HumanDecided:          {apiActivity, create, "policies.approvals.decisions.create", informational, fillHuman},
	audit.ApprovalOutcome:       {apiActivity, update, "policies.approvals.resolve", informational, fillResolution},
	audit.ApprovalEscalated:     {apiActivity, update, "policies.approvals.escalate", medium, fillEscalation},
	screened.ApprovalRescreened: {apiActivity, update, "policies.approvals.rescreen", medium, fillRescreened},
	audit.WebhookAccepted:       {apiActivity, create, "webhooks.accept", informational, fillDelivery},
	audit.EventNoticed:          {apiActivity, create, "webhooks.notice", informational, fillDelivery},
	audit.EventStray:            {apiActivity, create, "webhooks.stray", low, fillDelivery},
	audit.ControlHalted:         {apiActivity, update, "controls.halt", medium, fillControl},
	audit.ControlResumed:        {apiActivity, update, "controls.resume", medium, fillControl},
	screened.ListsRefreshed:     {apiActivity, update, "screening.refresh", informational, fillRefreshed},
	audit.ExportMade:            {apiActivity, read, "records.export", low, fillExport},

	audit.KeyEnrolled: {accountChange, accountCreate, "", low, fillEnrolment},
	audit.KeyRetired:  {accountChange, accountDisable, "", low, fillKeyEnd},
	audit.KeyRevoked:  {accountChange, accountLock, "", high, fillKeyEnd},

	audit.BookChanged:     {entityManagement, update, "", medium, fillBook}, // created where there was none before
	audit.ScheduleChanged: {entityManagement, update, "", low, fillSchedule},

	booked.WalletOpened:    {apiActivity, create, "ledger.open", informational, fillOpening},
	booked.DepositBooked:   {apiActivity, create, "deposits.book", informational, fillDeposit},
	booked.DepositDoubtful: {detectionFinding, create, "", high, fillDeposit},
	booked.DepositVanished: {detectionFinding, create, "", medium, fillDeposit},
	booked.DepositReversed: {detectionFinding, create, "", high, fillDeposit},
	complete.Certified:     {apiActivity, create, "completeness.certify", informational, fillCertificate},

	booked.SettlementOpened:    {apiActivity, create, "settlements.open", informational, fillSettlement},
	booked.SettlementSubmitted: {apiActivity, update, "settlements.submit", informational, fillSettlement},
	booked.SettlementSettled:   {apiActivity, update, "settlements.settle", informational, fillSettlement},
	booked.SettlementReleased:  {apiActivity, update, "settlements.release", informational, fillSettlement},
	booked.SettlementRetracted: {apiActivity, update, "settlements.retract", low, fillSettlement},
	booked.SettlementReversed:  {detectionFinding, create, "", high, fillSettlement},
	booked.SettlementEscalated: {detectionFinding, create, "", medium, fillSettlement},
	booked.SettlementAccepted:  {apiActivity, update, "settlements.accept", medium, fillSettlement},
	booked.BatchOpened:         {apiActivity, create, "settlements.batches.open", informational, fillBatch},
	booked.BatchClosed:         {apiActivity, update, "settlements.batches.close", informational, fillBatch}, // a finding where people must see to legs

	sweepPlanned:  {apiActivity, create, "sweeps.plan", informational, fillSweep},
	sweepApproved: {apiActivity, update, "sweeps.approve", low, fillSweep},
	sweepDeclined: {apiActivity, update, "sweeps.decline", low, fillSweep},
	sweepClosed:   {apiActivity, update, "sweeps.close", informational, fillReport}, // medium where something was not moved

	audit.SignedIn:    {authentication, logon, "", informational, fillSignIn},
	audit.AlarmRaised: {detectionFinding, create, "", high, fillAlarm},
}

// Mapped are the types of records that the table knows, sorted.
func Mapped() (types []audit.Type) {
	for t := range table {
		types = append(types, t)
	}
	slices.Sort(types)
	return types
}

// ClassOf is the class of a record of a type as its events name it, such as 6003 and
// "API Activity". A decision.outcome that is void or in conflict is a Detection Finding
// instead.
func ClassOf(t audit.Type) (uid int32, name string) {
	if m, ok := table[t]; ok {
		return m.class.uid, m.class.name
	}
	return apiActivity.uid, apiActivity.name
}

// A mapping is what records of one type are.
type mapping struct {
	class     class
	activity  activity
	operation string // of API Activity
	severity  severity
	fill      func(*event, audit.Entry) error
}

type class struct {
	uid, category int32
	name          string
}

var (
	detectionFinding = class{2004, 2, "Detection Finding"}
	accountChange    = class{3001, 3, "Account Change"}
	authentication   = class{3002, 3, "Authentication"}
	entityManagement = class{3004, 3, "Entity Management"}
	apiActivity      = class{6003, 6, "API Activity"}
)

var categories = map[int32]string{2: "Findings", 3: "Identity & Access Management", 6: "Application Activity"}

type activity struct {
	id   int32
	name string
}

// The activities that we use. Create, Read and Update mean the same in API Activity and
// Entity Management, Create in Detection Finding too.
var (
	create = activity{1, "Create"}
	read   = activity{2, "Read"}
	update = activity{3, "Update"}
	other  = activity{99, "Other"}

	accountCreate  = activity{1, "Create"}
	accountDisable = activity{5, "Disable"}
	accountLock    = activity{9, "Lock"}

	logon = activity{1, "Logon"}
)

type severity struct {
	id   int32
	name string
}

var (
	informational = severity{1, "Informational"}
	low           = severity{2, "Low"}
	medium        = severity{3, "Medium"}
	high          = severity{4, "High"}
	critical      = severity{5, "Critical"}
)

func (ev *event) level(s severity) { ev.SeverityID, ev.Severity = s.id, s.name }

func (ev *event) status(id int32, name string) { ev.StatusID, ev.Status = id, name }

// A disposition is what a control did about a request: action_id and disposition_id.
type disposition struct {
	action        int32
	actionName    string
	disposed      int32
	disposingName string
}

var (
	allowed  = disposition{1, "Allowed", 8, "Approved"}
	denied   = disposition{2, "Denied", 25, "Rejected"}
	delayed  = disposition{4, "Modified", 14, "Delayed"} // left to people: neither allowed nor denied
	noAction = disposition{3, "Observed", 16, "No Action"}
	detected = disposition{3, "Observed", 15, "Detected"}
	unclear  = disposition{0, "Unknown", 0, "Unknown"}
)

func (ev *event) dispose(d disposition) {
	ev.ActionID, ev.Action = &d.action, d.actionName
	ev.DispositionID, ev.Disposition = &d.disposed, d.disposingName
}

// findingOf makes a Detection Finding of the event.
func (ev *event) findingOf(e audit.Entry, s severity, title, desc string) {
	ev.as(mapping{detectionFinding, create, "", s, nil}, "")
	ev.status(1, "New")
	ev.FindingInfo = &finding{
		UID: either(e.Record.Key, either(e.Record.ID, "unknown")), Title: title, Desc: desc, Types: []string{title}, CreatedTime: ev.Time,
	}
}
