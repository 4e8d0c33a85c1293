package database

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

func columnsOf(fields []pgconn.FieldDescription) (Table, error) {
	var columns []string
	for _, f := range fields {
		columns = append(columns, f.Name)
		if err := exact(f); err != nil {
			return Table{}, err
		}
	}
	return newTable(columns)
}

// exact refuses types whose text is not exact, or not the same for every reader.
func exact(f pgconn.FieldDescription) error {
	switch f.DataTypeOID {
	case pgtype.BoolOID, pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.OIDOID, pgtype.NumericOID, pgtype.TextOID, pgtype.VarcharOID,
		pgtype.BPCharOID, pgtype.NameOID, pgtype.UUIDOID, pgtype.ByteaOID, pgtype.DateOID, pgtype.TimestamptzOID, pgtype.JSONOID, pgtype.JSONBOID:
		return nil
	case pgtype.Float4OID, pgtype.Float8OID:
		return fmt.Errorf("%w: column %q is floating point, which is not exact: cast it to numeric or text in the query, or better in the table", ErrRefused, f.Name)
	case pgtype.TimestampOID:
		return fmt.Errorf("%w: column %q is a timestamp without a zone, which is no moment: write AT TIME ZONE, or cast it to text", ErrRefused, f.Name)
	}
	return fmt.Errorf("%w: column %q is of a type (OID %d) that has no exact form here: cast it to text", ErrRefused, f.Name, f.DataTypeOID)
}

// postgresValue reads PostgreSQL's text format in the settings of [openPostgres].
func postgresValue(f pgconn.FieldDescription, text []byte) (Value, error) {
	odd := func() (Value, error) {
		return Value{}, fmt.Errorf("%w: column %q: %.60q has no exact form here: cast it to text", ErrRefused, f.Name, text)
	}
	if text == nil {
		return Value{Null: true}, nil
	}
	switch f.DataTypeOID {
	case pgtype.BoolOID:
		return Value{Text: map[string]string{"t": "true", "f": "false"}[string(text)]}, nil
	case pgtype.ByteaOID:
		digits, ok := strings.CutPrefix(string(text), `\x`)
		if _, err := hex.DecodeString(digits); err != nil || !ok {
			return odd()
		}
		return Value{Text: digits}, nil
	case pgtype.TimestamptzOID:
		at, err := time.Parse("2006-01-02 15:04:05.999999Z07", string(text))
		if err != nil { // infinity, before Christ, after 9999
			return odd()
		}
		return Value{Text: at.UTC().Format(time.RFC3339Nano)}, nil
	case pgtype.DateOID:
		if _, err := time.Parse(time.DateOnly, string(text)); err != nil {
			return odd()
		}
	case pgtype.NumericOID:
		if strings.Trim(string(text), "-0123456789.") != "" { // NaN, Infinity
			return odd()
		}
	}
	return Value{Text: string(text)}, nil
}

// postgresArgs writes parameters as text. Where the form is the type's own, the server
// is told the type; else it infers it from the query.
func postgresArgs(args []any) (values [][]byte, oids []uint32, err error) {
	args, err = arguments(args)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range args {
		var value []byte
		var oid uint32
		switch a := a.(type) {
		case bool:
			value, oid = strconv.AppendBool(nil, a), pgtype.BoolOID
		case int64:
			value = strconv.AppendInt(nil, a, 10)
		case string:
			value = []byte(a)
		case []byte:
			value, oid = []byte(`\x`+hex.EncodeToString(a)), pgtype.ByteaOID
		case time.Time:
			value, oid = []byte(a.Format(time.RFC3339Nano)), pgtype.TimestamptzOID
		}
		values, oids = append(values, value), append(oids, oid)
	}
	return values, oids, nil
}
