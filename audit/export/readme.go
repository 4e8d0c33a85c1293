package export

import (
	_ "embed"
	"strings"
	"text/template"

	"countersign/audit/export/bundle"
)

//go:embed readme-bundle.md
var bundleText string

//go:embed readme-selection.md
var selectionText string

var (
	bundleTemplate    = template.Must(template.New("bundle").Parse(bundleText))
	selectionTemplate = template.Must(template.New("selection").Parse(selectionText))
)

// bundleReadme tells an auditor what a bundle is.
func bundleReadme(m bundle.Manifest) []byte {
	return fill(bundleTemplate, map[string]any{"Manifest": m, "Last": m.To - 1, "CSV": bundle.CSVFile, "OCSF": bundle.OCSFFile, "Whole": m.From == 0})
}

// selectionReadme tells an auditor what a selection is, and what it is not.
func selectionReadme(m bundle.Manifest, filter string) []byte {
	if filter == "" {
		filter = "not said"
	}
	// Whoever asked has written it: it must not look like part of the text.
	filter = strings.Join(strings.Fields(strings.ReplaceAll(filter, "`", "'")), " ")
	return fill(selectionTemplate, map[string]any{"Manifest": m, "CSV": bundle.CSVFile, "Filter": filter})
}

func fill(t *template.Template, with map[string]any) []byte {
	var b strings.Builder
	if err := t.Execute(&b, with); err != nil {
		panic(err) // a template of ours, which tests fill
	}
	return []byte(b.String())
}
