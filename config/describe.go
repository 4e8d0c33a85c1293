package config

import (
	_ "embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"reflect"
	"strconv"
	"strings"
)

// source is config.go itself: its comments are the manual.
//
//go:embed config.go
var source string

// A Field is one setting.
type Field struct {
	// Part is the struct that holds it: "Ingress".
	Part string `json:"part"`
	// Name is the variable; Default its default, empty if none; Doc what to know.
	Name    string `json:"name"`
	Default string `json:"default,omitempty"`
	Doc     string `json:"doc"`

	field string // in the struct; no two parts share one
}

// Describe returns every setting, in the order of the struct.
func Describe() []Field {
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", source, parser.ParseComments)
	if err != nil {
		panic(err) // it compiled
	}
	var out []Field
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if s, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range s.Fields.List {
				if field, ok := describe(spec.Name.Name, f); ok {
					out = append(out, field)
				}
			}
		}
		return false
	})
	return out
}

func describe(part string, f *ast.Field) (Field, bool) {
	if f.Tag == nil {
		return Field{}, false
	}
	raw, err := strconv.Unquote(f.Tag.Value)
	name := reflect.StructTag(raw).Get("env")
	if err != nil || name == "" || name == "-" {
		return Field{}, false
	}
	doc := strings.Join(strings.Fields(f.Doc.Text()), " ")
	// The comment starts with the Go name; the operator knows another.
	doc = strings.TrimPrefix(strings.TrimPrefix(doc, f.Names[0].Name+" "), "is ")
	doc = strings.ToUpper(doc[:1]) + doc[1:]
	return Field{Part: part, Name: name, Default: reflect.StructTag(raw).Get("envDefault"), Doc: doc, field: f.Names[0].Name}, true
}

// WriteExample writes every setting as a file that [Load] reads: documented,
// defaults as comments, required ones empty.
func WriteExample(w io.Writer) error {
	part := ""
	for _, f := range Describe() {
		if f.Part != part {
			part = f.Part
			if _, err := fmt.Fprintf(w, "# ---- %s\n\n", part); err != nil {
				return err
			}
		}
		for _, line := range wrap(f.Doc, 78) {
			if _, err := fmt.Fprintln(w, "# "+line); err != nil {
				return err
			}
		}
		comment := ""
		if f.Default != "" {
			comment = "#"
		}
		if _, err := fmt.Fprintf(w, "%s%s=%s\n\n", comment, f.Name, f.Default); err != nil {
			return err
		}
	}
	return nil
}

func wrap(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
