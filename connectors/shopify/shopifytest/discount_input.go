package shopifytest

import (
	"fmt"
	"slices"
	"time"
)

// refusal is one user error of a discount mutation.
type refusal struct {
	code, message string
	field         []string
}

// discountInput applies a DiscountCodeBasicInput or DiscountCodeFreeShippingInput to a discount: what
// the input does not name stays, what it names as null is cleared. arg is the argument's name, for
// the path in errors.
func (s *Shop) discountInput(d *Discount, arg string, in map[string]any) (*refusal, error) {
	refuse := func(code, message string, path ...string) *refusal {
		return &refusal{code, message, append([]string{arg}, path...)}
	}
	if title, named := in["title"]; named {
		d.Title, _ = title.(string)
	}
	if once, named := in["appliesOncePerCustomer"]; named {
		d.OncePerCustomer, _ = once.(bool)
	}
	if in["tags"] != nil {
		d.Tags = listArg(in, "tags")
	}
	if c := mapArg(in, "combinesWith"); c != nil {
		d.Combines = Combines{c["orderDiscounts"] == true, c["productDiscounts"] == true, c["shippingDiscounts"] == true}
	}
	if err := d.inputTimes(in); err != nil {
		return nil, err
	}
	if _, named := in["usageLimit"]; named {
		d.UsageLimit = nil
		if n, ok := intArg(in, "usageLimit"); ok {
			if n < 1 {
				return refuse("GREATER_THAN", "Usage limit must be greater than 0", "usageLimit"), nil
			}
			d.UsageLimit = &n
		}
	}
	if _, named := in["minimumRequirement"]; named {
		if r, err := d.inputMinimum(mapArg(in, "minimumRequirement"), s.opts.Currency); r != nil || err != nil {
			return r, err
		}
	}
	if gets := mapArg(in, "customerGets"); gets != nil {
		if r, err := d.inputValue(arg, mapArg(gets, "value"), s.opts.Currency); r != nil || err != nil {
			return r, err
		}
		if r := s.inputItems(d, arg, mapArg(gets, "items")); r != nil {
			return r, nil
		}
	}
	if context := mapArg(in, "context"); context != nil {
		if r := s.inputContext(d, arg, context); r != nil {
			return r, nil
		}
	}
	switch {
	case d.Title == "":
		return refuse("BLANK", "Title can't be blank", "title"), nil
	case len(d.Title) > 255:
		return refuse("TOO_LONG", "Title is too long (maximum is 255 characters)", "title"), nil
	case d.StartsAt.IsZero():
		return refuse("BLANK", "Starts at can't be blank", "startsAt"), nil
	case d.EndsAt != nil && !d.EndsAt.After(d.StartsAt):
		return refuse("END_DATE_BEFORE_START_DATE", "Ends at needs to be after starts_at", "endsAt"), nil
	case d.Kind == "basic" && d.PercentPPM == 0 && d.Amount.Minor == 0:
		return refuse("BLANK", "Customer gets can't be blank", "customerGets"), nil
	}
	return nil, nil
}

func (d *Discount) inputTimes(in map[string]any) error {
	if starts, err := timeInput(in, "startsAt"); err != nil {
		return err
	} else if starts != nil {
		d.StartsAt = *starts
	}
	if _, named := in["endsAt"]; named {
		ends, err := timeInput(in, "endsAt")
		if err != nil {
			return err
		}
		d.EndsAt = ends
	}
	return nil
}

func (d *Discount) inputMinimum(in map[string]any, currency string) (*refusal, error) {
	d.Minimum, d.MinimumQuantity = nil, 0
	subtotal, quantity := mapArg(in, "subtotal"), mapArg(in, "quantity")
	if subtotal != nil && quantity != nil {
		return &refusal{"MINIMUM_SUBTOTAL_AND_QUANTITY_RANGE_BOTH_PRESENT",
			"Minimum subtotal and quantity can't both be present", []string{"minimumRequirement"}}, nil
	}
	if text, ok := decimalText(subtotal["greaterThanOrEqualToSubtotal"]); ok {
		m, err := ParseMoney(text, currency)
		if err != nil {
			return nil, badInput("greaterThanOrEqualToSubtotal: %v", err)
		}
		d.Minimum = &m
	}
	if text, ok := decimalText(quantity["greaterThanOrEqualToQuantity"]); ok {
		n, err := parseFixed(text, 0)
		if err != nil {
			return nil, badInput("greaterThanOrEqualToQuantity: %v", err)
		}
		d.MinimumQuantity = n
	}
	return nil, nil
}

// inputValue reads what the discount is worth; the percentage is a fraction, 0.1 for 10 %.
func (d *Discount) inputValue(arg string, in map[string]any, currency string) (*refusal, error) {
	path := []string{arg, "customerGets", "value"}
	percentage, hasPercentage := decimalText(in["percentage"])
	fixed := mapArg(in, "discountAmount")
	if mapArg(in, "discountOnQuantity") != nil {
		return &refusal{"INVALID", "discountOnQuantity field is only permitted with bxgy discounts.", append(path, "discountOnQuantity")}, nil
	}
	if hasPercentage && fixed != nil {
		return &refusal{"TOO_MANY_ARGUMENTS", "Only one of percentage and discountAmount can be given", path}, nil
	}
	if hasPercentage {
		ppm, err := parseFixed(percentage, 6)
		if err != nil || ppm <= 0 || ppm > 1_000_000 {
			return &refusal{"VALUE_OUTSIDE_RANGE", "Value must be between 0.0 and 1.0", append(path, "percentage")}, nil
		}
		d.PercentPPM, d.Amount = ppm, Money{0, currency}
	}
	if fixed != nil {
		text, _ := decimalText(fixed["amount"])
		m, err := ParseMoney(text, currency)
		if err != nil {
			return nil, badInput("discountAmount: %v", err)
		}
		if m.Minor <= 0 {
			return &refusal{"GREATER_THAN", "Amount must be greater than 0", append(path, "discountAmount", "amount")}, nil
		}
		d.PercentPPM, d.Amount, d.EachItem = 0, m, fixed["appliesOnEachItem"] == true
	}
	return nil, nil
}

// inputContext reads who may use the discount.
func (s *Shop) inputContext(d *Discount, arg string, in map[string]any) *refusal {
	customers := mapArg(in, "customers")
	if customers == nil {
		d.CustomerIDs = nil
		return nil
	}
	path := []string{arg, "context", "customers"}
	for _, id := range listArg(customers, "remove") {
		n, _ := idOf("Customer", id)
		d.CustomerIDs = slices.DeleteFunc(d.CustomerIDs, func(c int64) bool { return c == n })
	}
	for _, id := range listArg(customers, "add") {
		n, ok := idOf("Customer", id)
		if !ok || s.state.Customers[n] == nil {
			return &refusal{"INVALID", fmt.Sprintf("Customer with id: %s is invalid", id), append(path, "add")}
		}
		if !slices.Contains(d.CustomerIDs, n) {
			d.CustomerIDs = append(d.CustomerIDs, n)
		}
	}
	if len(d.CustomerIDs) > 100 {
		return &refusal{"EXCEEDED_MAX", "A discount can have at most 100 customers", path}
	}
	return nil
}

// checkCode tells whether a code may be used by a discount.
func (s *Shop) checkCode(d *Discount, code string) (errorCode, message string) {
	switch ref, taken := s.state.codes[fold(code)]; {
	case code == "":
		return "BLANK", "Code can't be blank"
	case len(code) > 255:
		return "TOO_LONG", "Code is too long (maximum is 255 characters)"
	case taken && ref.discount.ID != d.ID:
		return "TAKEN", "Code must be unique. Please try a different code."
	}
	return "", ""
}

// deactivate ends a discount now.
func (d *Discount) deactivate(now time.Time) {
	end := now.Truncate(time.Second)
	if end.Before(d.StartsAt) {
		d.StartsAt = end
	}
	d.EndsAt, d.UpdatedAt = &end, now
}
