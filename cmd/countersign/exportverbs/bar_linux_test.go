package exportverbs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"countersign"
	"countersign/audit"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// terminal is a pseudo-terminal: what is written to the first is read from the second.
func terminal(t *testing.T) (screen, reader *os.File) {
	t.Helper()
	reader, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close() })
	n, err := unix.IoctlGetInt(int(reader.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(reader.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		screen, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return screen, reader
}

// An export shows on a terminal how far it has come, up to its end, and writes nothing of that
// to a file or a pipe.
func TestTheProgressBar(t *testing.T) {
	d := newDesk(t)
	trail := d.open(t)
	var all errgroup.Group // side by side, so that they share commits
	for i := range 600 {
		all.Go(func() error {
			_, err := trail.Append(t.Context(), audit.Draft{Key: countersign.EventKey(strconv.Itoa(i)), Type: audit.EventStray, Body: audit.Notice{}})
			return err
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	if _, errs, err := d.run(t, "export", filepath.Join(t.TempDir(), "piped")); err != nil || strings.Contains(errs, "%") {
		t.Errorf("into a pipe: %v, %q", err, errs)
	}
	screen, reader := terminal(t)
	shown := make(chan []byte)
	go func() {
		var all bytes.Buffer
		_, _ = all.ReadFrom(reader) // it ends with an error when the other end is closed
		shown <- all.Bytes()
	}()
	_, err := d.runOn(t, screen, "export", filepath.Join(t.TempDir(), "shown"))
	screen.Close()
	text := string(<-shown)
	if err != nil {
		t.Fatalf("%v, %q", err, text)
	}
	steps := regexp.MustCompile(`\r\[(#*)(\.*)\] +(\d+) %  (\d+) of (\d+)`).FindAllStringSubmatch(text, -1)
	if len(steps) < 2 {
		t.Fatalf("it shows %q", text)
	}
	last := -1
	for _, s := range steps {
		percent, _ := strconv.Atoi(s[3])
		if len(s[1])+len(s[2]) != 30 || len(s[1]) != percent*30/100 || percent <= last {
			t.Errorf("after %d %% it shows %q", last, s[0])
		}
		last = percent
	}
	if end := steps[len(steps)-1]; last != 100 || end[4] != end[5] || !strings.Contains(text, end[0]+"\r\n") {
		t.Errorf("it ends with %q", text)
	}
}
