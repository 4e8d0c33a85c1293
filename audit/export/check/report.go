package check

import (
	"fmt"

	"countersign/audit/verify"
)

// The faults of an export, beside those of the log in it. Wire format: add, never rename.
const (
	EntriesBroken   verify.FaultCode = "entries_broken"   // a bundle cannot be cut into records
	ViewDiffers     verify.FaultCode = "view_differs"     // a row, event or key is not what the records say
	FileDiffers     verify.FaultCode = "file_differs"     // a file is not as it was when it was exported
	FileMissing     verify.FaultCode = "file_missing"     // a file of the export is not there
	ManifestDiffers verify.FaultCode = "manifest_differs" // the export is not what it says of itself
)

// A Report is what was found in an export. Its JSON form is stable: members are only added.
type Report struct {
	verify.Report
	// Form is that of the manifest.
	Form string `json:"form"`
	// Rows counts the records whose views were made again and compared; Files the other
	// files that were compared with the manifest.
	Rows  int64 `json:"rows"`
	Files int64 `json:"files"`
	// Evidence counts what the records name of what is kept beside the trail; it is missing where
	// the records were not read for it.
	Evidence *Evidence `json:"evidence,omitempty"`
	// Uncompared names the views that were not compared.
	Uncompared []string `json:"uncompared,omitempty"`
	// Extra names files that are there and no part of the export, ExtraCount counts them; neither
	// is said of an export with faults in what was looked at first.
	Extra      []string `json:"extra,omitempty"`
	ExtraCount int64    `json:"extra_count,omitempty"`
	// Unsigned counts the records of a selection of which it is not shown who signed them.
	Unsigned int64 `json:"unsigned,omitempty"`
}

// maxFaults are listed, as in a [verify.Report]; all are counted.
const maxFaults = 1000

func (r *Report) fault(index int64, code verify.FaultCode, format string, args ...any) {
	r.FaultCount++
	if len(r.Faults) < maxFaults {
		r.Faults = append(r.Faults, verify.Fault{Index: index, Code: code, What: fmt.Sprintf(format, args...)})
	}
}
