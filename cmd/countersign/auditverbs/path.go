package auditverbs

import (
	"archive/zip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"countersign/audit"
	"countersign/audit/export/bundle"
	"countersign/audit/export/check"
	"countersign/audit/verify"
	"countersign/cmd/auditverify/verdict"

	"github.com/spf13/cobra"
)

// verifyPath checks an export or a receipt.
func (o Options) verifyPath(cmd *cobra.Command, path string, trust verify.Trust, checks check.Checks) error {
	if strings.HasSuffix(path, bundle.ReceiptSuffix) {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		v, err := verdict.OfReceipt(path, text, trust)
		if err != nil {
			return o.Usage(err)
		}
		return o.printProof(cmd.OutOrStdout(), v)
	}
	files, closeFiles, err := openExport(path)
	if err != nil {
		return err
	}
	defer closeFiles()
	v, err := verdict.OfExport(cmd.Context(), path, files, trust, checks)
	if err != nil {
		return err
	}
	return o.printVerdict(cmd.OutOrStdout(), v)
}

// openExport opens a directory, or a zip.
func openExport(path string) (fs.FS, func(), error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		return os.DirFS(path), func() {}, nil
	}
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, nil, fmt.Errorf("%s is neither a directory, a zip nor a %s file: %w", path, bundle.ReceiptSuffix, err)
	}
	return archive, func() { archive.Close() }, nil
}

// readAll reads files whole.
func readAll(paths []string) (all [][]byte, err error) {
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, nil
}

// said is a report of an export as JSON, with the verdict's sentences.
type said struct {
	*check.Report
	OK       bool     `json:"ok"`
	Shown    []string `json:"shown"`
	NotShown []string `json:"not_shown"`
}

func (o Options) printVerdict(out io.Writer, v verdict.Verdict) error {
	if *o.JSON {
		if err := printJSON(out, said{v.Report, v.OK, v.Shown, v.Unproven}); err != nil {
			return err
		}
	} else {
		printFaults(out, v.Report.Report)
		if v.OK {
			printVerified(out, v.Report.Report)
		}
		printSentences(out, v)
	}
	if !v.OK {
		return o.wrong(v.Report.Report)
	}
	return nil
}

func (o Options) printProof(out io.Writer, v verdict.Verdict) error {
	if !v.OK {
		return o.Refused(fmt.Errorf("%w: %s", audit.ErrForged, v.Faults[0].What))
	}
	if *o.JSON {
		return printJSON(out, v.Proof)
	}
	fmt.Fprintf(out, "verified: record %d of %s, under a checkpoint of %d records\n", v.Proof.Index, v.Proof.Origin, v.Proof.Size)
	printSentences(out, v)
	return nil
}

// printSentences says what was shown, and what was not.
func printSentences(out io.Writer, v verdict.Verdict) {
	for _, s := range v.Shown {
		fmt.Fprintln(out, "shown:", verdict.Plain(s))
	}
	for _, s := range v.Unproven {
		fmt.Fprintln(out, "not shown:", verdict.Plain(s))
	}
}
