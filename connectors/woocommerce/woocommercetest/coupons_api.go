package woocommercetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

func (c *call) listCoupons() (any, int, *problem) {
	sp, bad := c.span()
	if bad != nil {
		return nil, 0, bad
	}
	found := sorted(c.s.st.coupons)
	if code, _ := c.param("code"); code != "" {
		found = nil
		if one := c.s.couponByCode(code, 0); one != nil {
			found = []*Coupon{one} // of several with one code only the youngest is found
		}
	}
	status, bad := c.choice("status", "any", "any", "publish", "draft", "pending", "private", "future", "trash")
	if bad != nil {
		return nil, 0, bad
	}
	search, _ := c.param("search")
	found = slices.DeleteFunc(found, func(k *Coupon) bool {
		return status == "any" && k.Status == "trash" || status != "any" && k.Status != status ||
			!containsFold(k.Code+" "+k.Description, search) || !sp.holds(c.s, k.Created, k.Modified)
	})
	found, bad = page(c, found, func(k *Coupon) row { return row{k.ID, k.Created, k.Modified, k.Code} })
	if bad != nil {
		return nil, 0, bad
	}
	out := make([]any, len(found))
	for i, k := range found {
		out[i] = c.s.couponBody(k, c.link("/wc/v3"))
	}
	return out, http.StatusOK, nil
}

func (c *call) getCoupon(id int64) (any, int, *problem) {
	k := c.s.st.coupons[id]
	if k == nil {
		return nil, 0, invalidID("shop_coupon", http.StatusNotFound)
	}
	return c.s.couponBody(k, c.link("/wc/v3")), http.StatusOK, nil
}

// createCoupon checks that the code is free, and writes. Between the two others may check as well: the
// gathering, if there is one, waits for them.
func (c *call) createCoupon() (any, int, *problem) {
	now := c.s.now()
	k := &Coupon{Type: "fixed_cart", Status: "publish", Created: now, Modified: now}
	if code, _ := c.param("code"); code == "" {
		return nil, 0, &problem{status: http.StatusBadRequest, code: "woocommerce_rest_empty_coupon_code", text: "The coupon code cannot be empty."}
	}
	if bad := c.fillCoupon(k); bad != nil {
		return nil, 0, bad
	}
	if g := c.s.gather; g != nil {
		c.s.mu.Unlock()
		g.wait()
		c.s.mu.Lock()
	}
	k.ID = next(&c.s.st.lastPost)
	c.s.st.coupons[k.ID] = k
	c.s.emit("coupon.created", k.ID)
	base := c.link("/wc/v3")
	c.header.Set("Location", fmt.Sprintf("%s/coupons/%d", base, k.ID))
	return c.s.couponBody(k, base), http.StatusCreated, nil
}

func (c *call) updateCoupon(id int64) (any, int, *problem) {
	k := c.s.st.coupons[id]
	if k == nil {
		return nil, 0, invalidID("shop_coupon", http.StatusBadRequest)
	}
	changed := *k
	changed.Meta = slices.Clone(k.Meta)
	if bad := c.fillCoupon(&changed); bad != nil {
		return nil, 0, bad
	}
	changed.Modified = c.s.now()
	*k = changed
	c.s.emit("coupon.updated", k.ID)
	return c.s.couponBody(k, c.link("/wc/v3")), http.StatusOK, nil
}

// deleteCoupon throws a coupon into the trash, or with force away for good; the latter in silence.
func (c *call) deleteCoupon(id int64) (any, int, *problem) {
	k := c.s.st.coupons[id]
	if k == nil {
		return nil, 0, invalidID("shop_coupon", http.StatusNotFound)
	}
	body := c.s.couponBody(k, c.link("/wc/v3"))
	switch {
	case c.flag("force"):
		delete(c.s.st.coupons, id)
	case k.Status == "trash":
		return nil, 0, &problem{status: http.StatusGone, code: "woocommerce_rest_already_trashed", text: "The shop_coupon has already been deleted."}
	default:
		c.s.trashCoupon(k)
	}
	return body, http.StatusOK, nil
}

// trashCoupon throws a coupon into the trash. The lock is held.
func (s *Server) trashCoupon(k *Coupon) {
	k.StatusBeforeTrash, k.Status, k.Modified = k.Status, "trash", s.now()
	s.emit("coupon.deleted", k.ID)
}

// fillCoupon writes what was given into a coupon, as forgiving as WooCommerce is: date_expires_gmt is not
// read, a date that is none is null, an e-mail that is none is dropped.
func (c *call) fillCoupon(k *Coupon) *problem {
	if code, ok := c.param("code"); ok {
		if c.s.couponByCode(code, k.ID) != nil {
			return &problem{status: http.StatusBadRequest, code: "woocommerce_rest_coupon_code_already_exists", text: "The coupon code already exists"}
		}
		k.Code = couponCode(code)
	}
	var bad *problem
	if k.Type, bad = c.choice("discount_type", k.Type, "percent", "fixed_cart", "fixed_product"); bad != nil {
		return bad
	}
	if bad := c.fillAmounts(k); bad != nil {
		return bad
	}
	if bad := c.fillLimits(k); bad != nil {
		return bad
	}
	if raw, ok := c.body["date_expires"]; ok {
		if bad := c.fillExpiry(k, raw); bad != nil {
			return bad
		}
	}
	if status, ok := c.param("status"); ok {
		k.Status = status
	}
	if text, ok := c.param("description"); ok {
		k.Description = text
	}
	if raw, ok := c.body["email_restrictions"]; ok {
		k.Emails = emailList(texts(raw))
	}
	for name, place := range map[string]*bool{
		"individual_use": &k.IndividualUse, "free_shipping": &k.FreeShipping, "exclude_sale_items": &k.ExcludeSaleItems,
	} {
		if _, ok := c.param(name); ok {
			*place = c.flag(name)
		}
	}
	for name, place := range map[string]*[]int64{
		"product_ids": &k.ProductIDs, "excluded_product_ids": &k.ExcludedProductIDs,
		"product_categories": &k.Categories, "excluded_product_categories": &k.ExcludedCategories,
	} {
		if _, ok := c.body[name]; ok {
			*place = c.ids(name)
		}
	}
	return c.fillMeta(&k.Meta)
}

// fillAmounts reads numbers or texts, rounded to the shop's decimals.
func (c *call) fillAmounts(k *Coupon) *problem {
	for name, place := range map[string]*Money{
		"amount": &k.Amount, "minimum_amount": &k.MinimumAmount, "maximum_amount": &k.MaximumAmount,
	} {
		text, ok := c.param(name)
		if !ok {
			continue
		}
		m, err := ParseMoney(text)
		if err != nil && text != "" {
			return invalidParam(name, name+" is not of type string.")
		}
		*place = m.round(c.s.opts.Decimals)
	}
	if k.Amount < 0 || k.Type == "percent" && k.Amount > 100*unit {
		return &problem{status: http.StatusBadRequest, code: "coupon_invalid_amount", text: "Invalid discount amount."}
	}
	return nil
}

func (c *call) fillLimits(k *Coupon) *problem {
	for name, place := range map[string]*int64{
		"usage_limit": &k.UsageLimit, "usage_limit_per_user": &k.UsageLimitPerUser, "limit_usage_to_x_items": &k.LimitToItems,
	} {
		text, ok := c.param(name)
		if !ok {
			if raw, given := c.body[name]; given && string(raw) == "null" {
				*place = 0
			}
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return invalidParam(name, name+" is not of type integer.")
		}
		*place = max(0, n)
	}
	return nil
}

// fillExpiry reads date_expires: null or what is no date ends the expiry, a number is refused.
func (c *call) fillExpiry(k *Coupon, raw json.RawMessage) *problem {
	var v any
	_ = json.Unmarshal(raw, &v) // the whole body was read before
	switch v := v.(type) {
	case nil:
		k.Expires = nil
	case string:
		k.Expires = nil
		if t, ok := c.s.parseTime(strings.TrimSpace(v)); ok {
			k.Expires = &t
		}
	default:
		return invalidParam("date_expires", "date_expires is not of type string.")
	}
	return nil
}

// fillMeta writes custom data: by id if one is given, else by key.
func (c *call) fillMeta(all *[]Meta) *problem {
	raw, ok := c.body["meta_data"]
	if !ok {
		return nil
	}
	var given []struct {
		ID    int64           `json:"id"`
		Key   string          `json:"key"`
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(raw, &given); err != nil {
		return invalidParam("meta_data", "meta_data is not of type array.")
	}
	for _, g := range given {
		i := slices.IndexFunc(*all, func(m Meta) bool { return g.ID != 0 && m.ID == g.ID || g.ID == 0 && m.Key == g.Key })
		switch null := len(g.Value) == 0 || string(g.Value) == "null"; {
		case i >= 0 && null:
			*all = slices.Delete(*all, i, i+1)
		case i >= 0:
			(*all)[i].Value = g.Value
		case !null:
			*all = append(*all, c.s.st.meta(g.Key, g.Value))
		}
	}
	return nil
}

// gathering makes several requests stand in one place until all are there, or patience ends.
type gathering struct {
	mu       sync.Mutex
	missing  int
	complete chan struct{}
	patience time.Duration
}

// GatherCoupons lets the check for a free code and the writing of a coupon fall apart, as they do in
// WooCommerce: those who create coupons wait after the check until n of them are there, or for so long. So n
// requests at a time for one code all succeed. n = 0 ends that.
func (s *Server) GatherCoupons(n int, patience time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gather = nil; n > 0 {
		s.gather = &gathering{missing: n, complete: make(chan struct{}), patience: patience}
	}
}

func (g *gathering) wait() {
	g.mu.Lock()
	if g.missing--; g.missing == 0 {
		close(g.complete)
	}
	g.mu.Unlock()
	timer := time.NewTimer(g.patience)
	defer timer.Stop()
	select {
	case <-g.complete:
	case <-timer.C:
	}
}
