package woocommercetest

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func idText(id int64) string { return strconv.FormatInt(id, 10) }

var tags = regexp.MustCompile(`<[^>]*>`)

// couponCode is how WooCommerce writes a code, whatever was typed: lower case, trimmed, without HTML.
func couponCode(typed string) string {
	code := strings.TrimSpace(tags.ReplaceAllString(typed, ""))
	return strings.ToLower(strings.ReplaceAll(code, "&", "&amp;"))
}

// couponByCode finds the published coupon of a code, whatever its case; of several the youngest. Drafts and
// those in the trash are not found, so their codes are free. The lock is held.
func (s *Server) couponByCode(code string, but int64) *Coupon {
	code = couponCode(code)
	var best *Coupon
	for _, c := range sorted(s.st.coupons) {
		if c.ID != but && c.Status == "publish" && c.Code == code && (best == nil || c.Created.After(best.Created)) {
			best = c
		}
	}
	return best
}

// emailList keeps of a list what are e-mail addresses, in lower case; what is none is dropped in silence.
func emailList(all []string) []string {
	out := []string{}
	for _, one := range all {
		one = strings.ToLower(strings.TrimSpace(one))
		local, domain, ok := strings.Cut(one, "@")
		if _, err := mail.ParseAddress(strings.ReplaceAll(one, "*", "x")); err == nil && ok && local != "" && strings.Contains(domain, ".") && !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

// count sets whether an order counts as a use of its coupons, by its status: orders that were called off,
// failed or thrown away do not, drafts not yet, refunded ones still. The lock is held.
func (s *Server) count(o *Order) {
	counts := !slices.Contains([]string{"cancelled", "failed", "trash", "checkout-draft", "auto-draft"}, o.Status)
	if counts == o.usage || !counts && o.Status == "checkout-draft" {
		return
	}
	o.usage = counts
	by := strings.ToLower(o.Billing.Email)
	if o.CustomerID != 0 {
		by = idText(o.CustomerID)
	}
	for _, line := range o.Coupons {
		c := s.st.coupons[line.Coupon.ID]
		if c == nil {
			continue
		}
		if counts {
			c.UsageCount++
			c.UsedBy = append(c.UsedBy, by)
			continue
		}
		c.UsageCount = max(0, c.UsageCount-1)
		if i := slices.Index(c.UsedBy, by); i >= 0 {
			c.UsedBy = slices.Delete(slices.Clone(c.UsedBy), i, i+1)
		}
	}
}

// couponBody is a coupon as REST answers and webhooks give it.
func (s *Server) couponBody(c *Coupon, base string) map[string]any {
	d := s.opts.Decimals
	return map[string]any{
		"id": c.ID, "code": c.Code, "amount": c.Amount.Text(d), "status": c.Status,
		"date_created": s.local(&c.Created), "date_created_gmt": gmt(&c.Created),
		"date_modified": s.local(&c.Modified), "date_modified_gmt": gmt(&c.Modified),
		"discount_type": c.Type, "description": c.Description,
		"date_expires": s.local(c.Expires), "date_expires_gmt": gmt(c.Expires),
		"usage_count": c.UsageCount, "individual_use": c.IndividualUse,
		"product_ids": list(c.ProductIDs), "excluded_product_ids": list(c.ExcludedProductIDs),
		"usage_limit": orNull(c.UsageLimit), "usage_limit_per_user": orNull(c.UsageLimitPerUser),
		"limit_usage_to_x_items": orNull(c.LimitToItems), "free_shipping": c.FreeShipping,
		"product_categories": list(c.Categories), "excluded_product_categories": list(c.ExcludedCategories),
		"exclude_sale_items": c.ExcludeSaleItems,
		"minimum_amount":     c.MinimumAmount.Text(d), "maximum_amount": c.MaximumAmount.Text(d),
		"email_restrictions": list(c.Emails), "used_by": list(c.UsedBy), "meta_data": list(c.Meta),
		"_links": links(base, "coupons", c.ID),
	}
}

// list makes an empty list of none, as JSON must show it.
func list[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

// orNull makes null of zero.
func orNull(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// couponInfo is what an order keeps of a coupon since 8.7: a text with a JSON list in it. A fixed amount off
// the basket is written as null.
func couponInfo(c *Coupon) string {
	kind := any(c.Type)
	if c.Type == "fixed_cart" {
		kind = nil
	}
	info := []any{c.ID, c.Code, kind, json.Number(c.Amount.short())}
	if c.FreeShipping {
		info = append(info, true)
	}
	b, err := json.Marshal(info)
	if err != nil {
		panic(fmt.Sprintf("woocommercetest: coupon info: %v", err))
	}
	return string(b)
}

// couponData is what an order kept of a coupon before 8.7: all of it, with the use not yet counted.
func couponData(c *Coupon) map[string]any {
	date := func(t *time.Time) any {
		if t == nil {
			return nil
		}
		return map[string]any{"date": t.UTC().Format("2006-01-02 15:04:05.000000"), "timezone_type": 1, "timezone": "+00:00"}
	}
	return map[string]any{
		"id": c.ID, "code": c.Code, "amount": c.Amount.short(), "status": c.Status,
		"date_created": date(&c.Created), "date_modified": date(&c.Modified), "date_expires": date(c.Expires),
		"discount_type": c.Type, "description": c.Description, "usage_count": c.UsageCount,
		"individual_use": c.IndividualUse, "product_ids": list(c.ProductIDs), "excluded_product_ids": list(c.ExcludedProductIDs),
		"usage_limit": c.UsageLimit, "usage_limit_per_user": c.UsageLimitPerUser, "limit_usage_to_x_items": orNull(c.LimitToItems),
		"free_shipping": c.FreeShipping, "product_categories": list(c.Categories),
		"excluded_product_categories": list(c.ExcludedCategories), "exclude_sale_items": c.ExcludeSaleItems,
		"minimum_amount": emptyZero(c.MinimumAmount), "maximum_amount": emptyZero(c.MaximumAmount),
		"email_restrictions": list(c.Emails), "virtual": false, "meta_data": list(c.Meta),
	}
}

func emptyZero(m Money) string {
	if m == 0 {
		return ""
	}
	return m.short()
}
