package shopifytest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// badInput is how a value is refused that the schema lets through but the scalar does not.
func badInput(format string, args ...any) error {
	return &queryError{fmt.Sprintf(format, args...), "INVALID_VARIABLE"}
}

// decimalText gives a number as it was written: as text, as a JSON number, or as a literal.
func decimalText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, v != ""
	case json.Number:
		return v.String(), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64: // a literal in the document
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}

// moneyInput reads a MoneyInput.
func moneyInput(in map[string]any) (minor int64, currency string, err error) {
	currency = stringArg(in, "currencyCode")
	text, ok := decimalText(in["amount"])
	if !ok {
		return 0, "", badInput("amount is no decimal")
	}
	m, err := ParseMoney(text, currency)
	if err != nil {
		return 0, "", badInput("%v", err)
	}
	return m.Minor, currency, nil
}

// timeInput reads a DateTime to the second, which is what Shopify keeps; nil where there is none.
func timeInput(in map[string]any, name string) (*time.Time, error) {
	text := stringArg(in, name)
	if text == "" {
		return nil, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil, badInput("%s: %q is no time", name, text)
	}
	t = t.UTC().Truncate(time.Second)
	return &t, nil
}

// listArg reads a list of strings.
func listArg(args map[string]any, name string) []string {
	var out []string
	switch v := args[name].(type) {
	case []any:
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
	case []string:
		out = v
	case string: // GraphQL takes a single value for a list
		out = []string{v}
	}
	return out
}

// stamp writes a time as Shopify does: UTC, to the second.
func stamp(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }

func stampOrNil(t *time.Time) any {
	if t == nil {
		return nil
	}
	return stamp(*t)
}

// moneyObject is a MoneyV2.
func moneyObject(m Money) *object {
	return &object{"MoneyV2", map[string]any{"amount": m.decimal(), "currencyCode": m.Currency}}
}
