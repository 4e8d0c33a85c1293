package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"countersign/audit"
	"countersign/audit/export/check"
	"countersign/audit/verify"
	"countersign/cmd/auditverify/verdict"
)

// maxTold is how many faults are told to people; --json lists more.
const maxTold = 50

// tell says a verdict for people.
func tell(w io.Writer, v verdict.Verdict) {
	result := "VERIFIED"
	if !v.OK {
		result = "NOT VERIFIED"
	}
	line(w, "%s: %s\n", v.Name, result)
	switch {
	case v.Report != nil:
		tellReport(w, *v.Report)
	case v.Proof != nil:
		tellProof(w, *v.Proof)
	}
	for i, f := range v.Faults {
		if i == maxTold {
			break
		}
		key := ""
		if f.Key != "" {
			key = " (" + f.Key + ")"
		}
		line(w, "  record %d: %s: %s%s\n", f.Index, f.Code, f.What, key)
	}
	if more := v.FaultCount - int64(min(len(v.Faults), maxTold)); more > 0 {
		line(w, "  and %d more faults; --json lists up to a thousand\n", more)
	}
	list(w, "Shown", v.Shown)
	list(w, "Not shown", v.Unproven)
}

func list(w io.Writer, title string, sentences []string) {
	if len(sentences) == 0 {
		return
	}
	line(w, "  %s:\n", title)
	for _, s := range sentences {
		line(w, "   - %s\n", s)
	}
}

func tellReport(w io.Writer, r check.Report) {
	line(w, "  log        %s, %s\n", r.Origin, r.Root)
	if r.Kind == verify.Selected {
		line(w, "  records    %d picked ones, %d decisions, %d alarms\n", r.Records, r.Decisions, r.Alarms)
	} else {
		line(w, "  records    %d, from %d to %d", r.Records, r.From, r.To-1)
		if !r.HashesOnly {
			line(w, "; %d decisions, %d alarms", r.Decisions, r.Alarms)
		}
		line(w, "\n  compared   %d checkpoints, %d tiles, the views of %d records, %d files\n", r.Checkpoints, r.Tiles, r.Rows, r.Files)
	}
	for _, k := range r.Keys {
		state := "on"
		switch {
		case k.Revoked:
			state = fmt.Sprintf("until %d, revoked", k.Until-1)
		case k.Until >= 0:
			state = fmt.Sprintf("until %d", k.Until-1)
		}
		use := "of " + k.Subject
		if k.Use == audit.LogKey {
			use = "of the log"
		}
		line(w, "  key        %s %s, from %d %s\n", k.KeyID, use, k.From, state)
	}
}

func tellProof(w io.Writer, p verify.Proof) {
	line(w, "  log        %s, %d records, %s\n", p.Origin, p.Size, p.Root)
	line(w, "  record     %d, %s, %s\n", p.Index, p.Record.Type, p.Record.Key)
	line(w, "  author     %s at %s, key %s\n", p.Record.Subject, p.Record.At.Format("2006-01-02 15:04:05 MST"), p.KeyID)
	line(w, "  body       %s\n", p.Record.Body)
}

// line prints, and lets nothing that a stranger has written move the cursor, begin a line or
// turn the text around.
func line(w io.Writer, format string, args ...any) {
	for i, a := range args {
		switch a := a.(type) {
		case string:
			args[i] = verdict.Plain(a)
		case error:
			args[i] = verdict.Plain(strings.ReplaceAll(a.Error(), "\n", "; ")) // of several joined
		case json.RawMessage:
			args[i] = verdict.Plain(string(a))
		}
	}
	fmt.Fprintf(w, format, args...)
}
