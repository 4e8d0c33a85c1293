package database

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"
)

// argument is a parameter in a form that both databases take: nil, bool, int64, string,
// []byte or a time in UTC.
func argument(i int, a any) (any, error) {
	switch a := a.(type) {
	case nil, bool, []byte:
		return a, nil
	case string:
		if !utf8.ValidString(a) {
			return nil, fmt.Errorf("%w: parameter %d is no UTF-8 text: pass []byte", ErrRefused, i+1)
		}
		return a, nil
	case time.Time:
		return a.UTC(), nil
	case encoding.TextMarshaler:
		if v := reflect.ValueOf(a); v.Kind() == reflect.Pointer && v.IsNil() {
			return nil, fmt.Errorf("%w: parameter %d is a nil %T: pass nil itself for NULL", ErrRefused, i+1, a)
		}
		text, err := a.MarshalText()
		if err != nil {
			return nil, fmt.Errorf("%w: parameter %d: %w", ErrRefused, i+1, err)
		}
		return argument(i, string(text))
	}
	switch v := reflect.ValueOf(a); {
	case v.CanInt():
		return v.Int(), nil
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), nil
	case v.Kind() == reflect.String:
		return argument(i, v.String())
	case v.Kind() == reflect.Bool:
		return v.Bool(), nil
	}
	return nil, fmt.Errorf("%w: parameter %d is a %T: pass text, a whole number, a bool, a time or bytes", ErrRefused, i+1, a)
}

func arguments(args []any) (out []any, err error) {
	for i, a := range args {
		plain, err := argument(i, a)
		if err != nil {
			return nil, err
		}
		out = append(out, plain)
	}
	return out, nil
}
