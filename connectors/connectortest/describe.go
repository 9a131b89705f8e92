package connectortest

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"

	"grapevine/rewards"
)

// describe writes a value with all its fields, also such as JSON leaves out: one a line, those that are zero
// left out.
func describe(v any) string {
	var b strings.Builder
	r := reflect.ValueOf(v)
	fmt.Fprintln(&b, r.Type().Name())
	describeFields(&b, r, "  ")
	return b.String()
}

func describeFields(b *strings.Builder, r reflect.Value, indent string) {
	for i := range r.NumField() {
		describeValue(b, r.Type().Field(i).Name, r.Field(i), indent)
	}
}

func describeValue(b *strings.Builder, name string, r reflect.Value, indent string) {
	if r.IsZero() {
		return
	}
	if r.Kind() == reflect.Pointer {
		r = r.Elem()
	}
	switch v := r.Interface().(type) {
	case time.Time:
		fmt.Fprintf(b, "%s%s: %s\n", indent, name, v.Format(time.RFC3339Nano))
		return
	case rewards.Money:
		fmt.Fprintf(b, "%s%s: %s\n", indent, name, v)
		return
	case encoding.TextMarshaler:
		text, err := v.MarshalText()
		fmt.Fprintf(b, "%s%s: %s%s\n", indent, name, text, errText(err))
		return
	}
	switch r.Kind() {
	case reflect.Struct:
		fmt.Fprintf(b, "%s%s\n", indent, name)
		describeFields(b, r, indent+"  ")
	case reflect.Slice:
		for i := range r.Len() {
			item := r.Index(i)
			if item.IsZero() {
				fmt.Fprintf(b, "%s%s[%d]: nothing\n", indent, name, i)
				continue
			}
			describeValue(b, fmt.Sprintf("%s[%d]", name, i), item, indent)
		}
	case reflect.String:
		fmt.Fprintf(b, "%s%s: %q\n", indent, name, r.String())
	default:
		fmt.Fprintf(b, "%s%s: %v\n", indent, name, r.Interface())
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return " " + err.Error()
}
