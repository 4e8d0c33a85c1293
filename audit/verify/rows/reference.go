package rows

import (
	"strconv"
	"strings"
)

// Reference reads what activities/post.go puts behind the reason that it posts: "[countersign
// <issuer> #<index> <leaf hash>]".
func (f *Facts) Reference() (issuer string, index int64, leaf string, ok bool) {
	const mark = " [countersign "
	text, closed := strings.CutSuffix(string(f.Reason), "]")
	at := strings.LastIndex(text, mark)
	if !closed || at < 0 {
		return "", 0, "", false
	}
	text = text[at+len(mark):]
	last := strings.LastIndexByte(text, ' ')
	if last < 0 {
		return "", 0, "", false
	}
	hash := strings.LastIndex(text[:last], " #")
	if hash < 0 {
		return "", 0, "", false
	}
	number := text[hash+2 : last]
	index, err := strconv.ParseInt(number, 10, 64)
	return text[:hash], index, text[last+1:], err == nil && strconv.FormatInt(index, 10) == number
}
