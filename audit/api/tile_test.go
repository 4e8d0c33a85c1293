package api_test

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"countersign/audit/tree"

	"golang.org/x/mod/sumdb/tlog"
)

// remote reads the log as a stranger does: tiles over HTTP.
type remote struct{ d *desk }

func (r remote) Height() int { return tree.TileHeight }

func (r remote) SaveTiles([]tlog.Tile, [][]byte) {}

func (r remote) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, t := range tiles {
		path := "/" + strings.Replace(t.Path(), fmt.Sprintf("tile/%d/", t.H), "tile/", 1) // C2SP has no height in it
		rec := r.d.get("tiles", path)
		if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != "application/octet-stream" {
			return nil, fmt.Errorf("%s = %d: %s", path, rec.Code, rec.Body)
		}
		data = append(data, rec.Body.Bytes())
	}
	return data, nil
}

// Whoever has the log's public key can mirror the log from its tiles and check all of it.
func TestAStrangerVerifiesTheLogByItsTiles(t *testing.T) {
	d := newDesk(t)
	d.signIn("tiles", "all")
	d.many(600-int(d.size()), one)
	rec := d.get("", "/checkpoint")
	if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != "text/plain; charset=UTF-8" && rec.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Fatalf("checkpoint = %d, %v", rec.Code, rec.Header())
	}
	at, err := tree.OpenCheckpoint(rec.Body.Bytes(), trusted(t))
	if err != nil || at.Size != 600 {
		t.Fatalf("checkpoint of %d: %v", at.Size, err)
	}
	var leaves tree.Tree
	var hashes []tlog.Hash
	for n := int64(0); n*tree.TileWidth < at.Size; n++ {
		path := fmt.Sprintf("/tile/entries/%03d", n)
		if width := at.Size - n*tree.TileWidth; width < tree.TileWidth {
			path += fmt.Sprintf(".p/%d", width)
		}
		got := d.get("tiles", path)
		for data := got.Body.Bytes(); len(data) > 0; {
			length := int(binary.BigEndian.Uint16(data))
			hash := tlog.RecordHash(data[2 : 2+length])
			leaves.Append(hash)
			hashes, data = append(hashes, hash), data[2+length:]
		}
	}
	if leaves.Root() != at.Root || int64(len(hashes)) != at.Size {
		t.Fatalf("the entries have another root than the checkpoint")
	}
	reader := tlog.TileHashReader(tlog.Tree{N: at.Size, Hash: at.Root}, remote{d})
	for _, index := range []int64{0, 255, 256, 511, 512, 599} {
		proof, err := tlog.ProveRecord(at.Size, index, reader)
		if err == nil {
			err = tlog.CheckRecord(proof, at.Size, at.Root, index, hashes[index])
		}
		if err != nil {
			t.Errorf("record %d by the tiles: %v", index, err)
		}
		rec := d.get("all", fmt.Sprintf("/v1/records/%d/receipt", index))
		r, err := tree.ParseReceipt(rec.Body.Bytes())
		if err == nil {
			_, err = r.Check(trusted(t))
		}
		if want := fmt.Sprintf(`attachment; filename="record-%d.tlog-proof"`, index); err != nil || r.Index != index || rec.Header().Get("Content-Disposition") != want {
			t.Errorf("receipt of record %d: %v, %v", index, err, rec.Header())
		}
	}
}

func TestTilePaths(t *testing.T) {
	d := newDesk(t)
	d.signIn("tiles")
	d.many(520-int(d.size()), one) // 2 full tiles, 8 leaves; 2 hashes at level 1
	for _, tt := range []struct {
		path  string
		bytes int // 0 for not found
	}{
		{"0/000", 8192}, {"0/001", 8192}, {"0/002", 0}, {"0/002.p/8", 256}, {"0/002.p/9", 0}, {"0/002.p/1", 32},
		{"0/001.p/17", 17 * 32}, {"0/003.p/1", 0}, {"1/000.p/2", 64}, {"1/000.p/1", 32}, {"1/000.p/3", 0}, {"1/000", 0}, {"1/001.p/1", 0},
		{"2/000.p/1", 0}, {"7/000.p/1", 0}, {"8/000.p/1", 0}, {"63/000", 0}, {"64/000", 0},
		{"0/x001/000", 0}, {"0/x000/001", 0}, {"0/x000/000", 0}, {"0/0", 0}, {"0/00", 0}, {"0/0000", 0}, {"0/x000", 0}, {"0/000/", 0}, {"0//000", 0},
		{"0/-01", 0}, {"0/+01", 0}, {"00/000", 0}, {"-1/000", 0}, {"0/000.p/0", 0}, {"0/000.p/256", 0}, {"0/000.p/01", 0}, {"0/000.p/", 0}, {"0/000.p", 0},
		{"0/000.p/1.p/1", 0}, {"8/0/000", 0}, {"data/000", 0}, {"entries", 0}, {"", 0}, {"0", 0}, {"0/%30%30%30", 0},
		{"0/x999/x999/x999/x999/999", 0}, {"0/x999/x999/x999/x999/x999/x999/999", 0}, {"entries/x999/x999/x999/x999/999", 0},
	} {
		rec := d.get("tiles", "/tile/"+tt.path)
		if tt.bytes == 0 && rec.Code == http.StatusNotFound {
			continue
		}
		immutable := strings.Contains(rec.Header().Get("Cache-Control"), "immutable")
		if rec.Code != http.StatusOK || rec.Body.Len() != tt.bytes || immutable == strings.Contains(tt.path, ".p/") {
			t.Errorf("%q = %d with %d bytes, %s; want %d", tt.path, rec.Code, rec.Body.Len(), rec.Header().Get("Cache-Control"), tt.bytes)
		}
	}
	whole, part := d.get("tiles", "/tile/entries/001").Body.Bytes(), d.get("tiles", "/tile/entries/001.p/3").Body.Bytes()
	if len(part) == 0 || !slices.Equal(whole[:len(part)], part) {
		t.Error("the entries of a partial tile are not the beginning of the full one")
	}
	for _, path := range []string{"entries/002", "entries/002.p/9", "entries/003.p/1"} {
		if rec := d.get("tiles", "/tile/"+path); rec.Code != http.StatusNotFound {
			t.Errorf("%s = %d", path, rec.Code)
		}
	}
}
