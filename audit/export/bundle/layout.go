package bundle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"countersign/audit"
	"countersign/audit/csvfile"
	"countersign/audit/tree"

	"golang.org/x/mod/sumdb/tlog"
)

// The names of files and directories. Wire format. Progress is there only while a bundle is
// not whole.
const (
	CheckpointFile  = "checkpoint"
	FromFile        = "checkpoint.from"
	FrontierFile    = "frontier"
	CheckpointsFile = "checkpoints"
	KeysDir         = "keys"
	RecordsDir      = "records"
	EvidenceDir     = "evidence"
	JWKSFile        = "jwks.json"
	PolicyFile      = "policy"
	CSVFile         = csvfile.Form + ".csv"
	OCSFFile        = "ocsf.ndjson"
	ReadmeFile      = "README.md"
	ManifestFile    = "manifest.json"
	ProgressFile    = ".progress.json"
	ReceiptSuffix   = ".tlog-proof"
)

// MaxEntries is the longest bundle of entries in bytes.
const MaxEntries = tree.TileWidth * (2 + audit.MaxEntry)

// ErrEntries means that bytes are not a bundle of entries.
var ErrEntries = errors.New("not a bundle of entries")

// EntriesPath is the path of bundle n with width records (c2sp.org/tlog-tiles, "Log
// Entries").
func EntriesPath(n int64, width int) string {
	return "tile/entries" + strings.TrimPrefix(path(0, n, width), "tile/8/0")
}

// TilePath is the path of tile n of a level with width hashes (c2sp.org/tlog-tiles, "Merkle
// Tree").
func TilePath(level int, n int64, width int) string {
	return "tile" + strings.TrimPrefix(path(level, n, width), "tile/8")
}

func path(level int, n int64, width int) string {
	return tlog.Tile{H: tree.TileHeight, L: level, N: n, W: width}.Path()
}

// ReceiptPath is that of the receipt of a record in a directory.
func ReceiptPath(dir string, index int64) string {
	return dir + "/" + strconv.FormatInt(index, 10) + ReceiptSuffix
}

// EvidencePath is that of what is kept beside the trail under a SHA-256, lower-case hex.
func EvidencePath(digest string) string { return EvidenceDir + "/" + digest }

// Width is how many records bundle n of a log of size records holds.
func Width(n, size int64) int { return int(min(tree.TileWidth, size-n*tree.TileWidth)) }

// Lead is the index that the first bundle of a range begins with.
func Lead(from int64) int64 { return from &^ (tree.TileWidth - 1) }

// AppendEntry writes a record as it stands in a bundle of entries: its length in two
// bytes, the higher first, and its bytes.
func AppendEntry(data []byte, jws string) ([]byte, error) {
	if len(jws) == 0 || len(jws) > audit.MaxEntry {
		return nil, fmt.Errorf("%w: a record of %d bytes, want 1 to %d", ErrEntries, len(jws), audit.MaxEntry)
	}
	data = binary.BigEndian.AppendUint16(data, uint16(len(jws)))
	return append(data, jws...), nil
}

// Cut yields the width records of a bundle of entries. It ends with the first error,
// [ErrEntries], which says where.
func Cut(data string, width int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i := range width {
			if len(data) < 2 {
				yield("", fmt.Errorf("%w: it ends before its entry %d of %d", ErrEntries, i, width))
				return
			}
			n := int(data[0])<<8 | int(data[1])
			if n == 0 || len(data)-2 < n {
				yield("", fmt.Errorf("%w: its entry %d is to have %d bytes, %d are left", ErrEntries, i, n, len(data)-2))
				return
			}
			if !yield(data[2:2+n], nil) {
				return
			}
			data = data[2+n:]
		}
		if data != "" {
			yield("", fmt.Errorf("%w: %d bytes follow its last entry", ErrEntries, len(data)))
		}
	}
}
