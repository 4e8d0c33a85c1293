package exportverbs

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// barWidth is that of the bar, in characters.
const barWidth = 30

// bar draws how far something has come, on a terminal; elsewhere it says nothing.
func bar(out io.Writer) func(done, total int64) {
	file, ok := out.(*os.File)
	if !ok {
		return nil
	}
	if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	last := int64(-1)
	return func(done, total int64) {
		percent := int64(100)
		if total > 0 {
			percent = done * 100 / total
		}
		if percent == last {
			return
		}
		last = percent
		full := int(percent * barWidth / 100)
		fmt.Fprintf(out, "\r[%s%s] %3d %%  %d of %d", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), percent, done, total)
		if done >= total {
			fmt.Fprintln(out)
		}
	}
}
