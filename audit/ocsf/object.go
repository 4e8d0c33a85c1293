package ocsf

import "encoding/json"

// An event has the attributes that we use of the classes that we use, in one order.
type event struct {
	ActivityID   int32  `json:"activity_id"`
	ActivityName string `json:"activity_name"`
	CategoryUID  int32  `json:"category_uid"`
	CategoryName string `json:"category_name"`
	ClassUID     int32  `json:"class_uid"`
	ClassName    string `json:"class_name"`
	TypeUID      int64  `json:"type_uid"`
	TypeName     string `json:"type_name"`
	SeverityID   int32  `json:"severity_id"`
	Severity     string `json:"severity"`
	// Time is in milliseconds since 1970, UTC.
	Time         int64  `json:"time"`
	StatusID     int32  `json:"status_id"`
	Status       string `json:"status"`
	StatusCode   string `json:"status_code,omitempty"`
	StatusDetail string `json:"status_detail,omitempty"`
	Message      string `json:"message"`

	// Of the profile security_control.
	ActionID      *int32  `json:"action_id,omitempty"`
	Action        string  `json:"action,omitempty"`
	DispositionID *int32  `json:"disposition_id,omitempty"`
	Disposition   string  `json:"disposition,omitempty"`
	IsAlert       *bool   `json:"is_alert,omitempty"`
	Policy        *policy `json:"policy,omitempty"`

	Actor        *actor     `json:"actor,omitempty"`
	API          *api       `json:"api,omitempty"`
	SrcEndpoint  *endpoint  `json:"src_endpoint,omitempty"`
	User         *user      `json:"user,omitempty"`
	Service      *named     `json:"service,omitempty"`
	Entity       *entity    `json:"entity,omitempty"`
	EntityResult *entity    `json:"entity_result,omitempty"`
	Comment      string     `json:"comment,omitempty"`
	FindingInfo  *finding   `json:"finding_info,omitempty"`
	Resources    []resource `json:"resources,omitempty"`

	Metadata    metadata     `json:"metadata"`
	RawDataHash *fingerprint `json:"raw_data_hash,omitempty"`
	RawDataSize int64        `json:"raw_data_size"`
	Unmapped    unmapped     `json:"unmapped"`

	operation string // of the API, where the class has one
}

type metadata struct {
	Version        string   `json:"version"`
	Product        product  `json:"product"`
	Profiles       []string `json:"profiles,omitempty"`
	UID            string   `json:"uid,omitempty"`
	Sequence       *int64   `json:"sequence,omitempty"`
	CorrelationUID string   `json:"correlation_uid,omitempty"`
	EventCode      string   `json:"event_code,omitempty"`
	LogName        string   `json:"log_name,omitempty"`
}

type product struct {
	Name    string `json:"name"`
	Vendor  string `json:"vendor_name"`
	Version string `json:"version,omitempty"`
}

type actor struct {
	User    *user  `json:"user,omitempty"`
	AppName string `json:"app_name,omitempty"`
}

type user struct {
	UID    string `json:"uid"`
	UIDAlt string `json:"uid_alt,omitempty"`
	TypeID int32  `json:"type_id"`
	Type   string `json:"type"`
}

type api struct {
	Operation string `json:"operation"`
	Service   *named `json:"service,omitempty"`
}

type named struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

type endpoint struct {
	Service string `json:"svc_name,omitempty"`
	IP      string `json:"ip,omitempty"`
}

type resource struct {
	UID    string `json:"uid"`
	Type   string `json:"type"`
	RoleID int32  `json:"role_id"`
	Role   string `json:"role"`
}

type policy struct {
	Name    string `json:"name,omitempty"`
	UID     string `json:"uid,omitempty"`
	Version string `json:"version,omitempty"`
	Type    string `json:"type"`
}

type entity struct {
	Name    string  `json:"name"`
	TypeID  int32   `json:"type_id"`
	Type    string  `json:"type"`
	Version string  `json:"version,omitempty"`
	Policy  *policy `json:"policy,omitempty"`
}

type finding struct {
	UID         string   `json:"uid"`
	Title       string   `json:"title"`
	Desc        string   `json:"desc,omitempty"`
	Types       []string `json:"types,omitempty"`
	CreatedTime int64    `json:"created_time"`
}

type fingerprint struct {
	Algorithm   string `json:"algorithm"`
	AlgorithmID int32  `json:"algorithm_id"`
	Value       string `json:"value"`
}

// unmapped is what the schema has no attribute for.
type unmapped struct {
	TLog tlog `json:"tlog"`
	// Key is the record's, Body what was signed, Unreadable why only that is told.
	Key        string          `json:"key,omitempty"`
	Body       json.RawMessage `json:"body,omitempty"`
	Unreadable string          `json:"unreadable,omitempty"`
}

type tlog struct {
	Origin string `json:"origin"`
	Index  int64  `json:"index"`
	Leaf   string `json:"leaf"`
}
