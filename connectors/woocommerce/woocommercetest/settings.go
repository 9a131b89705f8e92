package woocommercetest

import (
	"net/http"
	"strconv"
	"time"
)

// index answers the root of the REST API, which everybody may read.
func (c *call) index() answer {
	_, offset := c.s.opts.Now().In(c.s.zone).Zone()
	base := c.s.scheme() + "://" + c.host
	return answer{http.StatusOK, map[string]any{
		"name": c.s.opts.Name, "description": "", "url": base, "home": base,
		"gmt_offset":      float64(offset) / time.Hour.Seconds(),
		"timezone_string": c.s.opts.TimeZone,
		"namespaces":      []string{"oembed/1.0", "wc/v1", "wc/v2", "wc/v3", "wc/store/v1", "wp/v2"},
		"authentication":  []string{},
		"routes":          map[string]any{},
	}}
}

// systemStatus tells of the installation. Its store_id names the shop for good.
func (c *call) systemStatus() (any, int, *problem) {
	s := c.s
	base := s.scheme() + "://" + c.host
	return map[string]any{
		"environment": map[string]any{
			"home_url": base, "site_url": base, "store_id": s.storeID, "version": s.opts.Version,
			"wp_version": "7.0.4", "wp_multisite": false, "language": "en_US",
			"wp_cron": true, "php_version": "8.2.36", "default_timezone": "UTC",
		},
		"settings": map[string]any{
			"api_enabled": true, "force_ssl": false, "currency": s.opts.Currency,
			"currency_symbol": symbol(s.opts.Currency), "currency_position": "left",
			"thousand_separator": ",", "decimal_separator": ".", "number_of_decimals": s.opts.Decimals,
			"HPOS_enabled": true,
		},
		"security": map[string]any{"secure_connection": s.opts.HTTPS, "hide_errors": true},
	}, http.StatusOK, nil
}

// generalSettings answers all settings of the group, or one.
func (c *call) generalSettings(id string) (any, int, *problem) {
	o := c.s.opts
	yes := map[bool]string{true: "yes", false: "no"}
	values := [][3]string{
		{"woocommerce_default_country", "select", "US:CA"},
		{"woocommerce_calc_taxes", "checkbox", yes[o.TaxRate > 0]},
		{"woocommerce_enable_coupons", "checkbox", "yes"},
		{"woocommerce_currency", "select", o.Currency},
		{"woocommerce_currency_pos", "select", "left"},
		{"woocommerce_price_thousand_sep", "text", ","},
		{"woocommerce_price_decimal_sep", "text", "."},
		{"woocommerce_price_num_decimals", "number", strconv.Itoa(o.Decimals)},
	}
	all := []map[string]any{}
	for _, v := range values {
		setting := map[string]any{"id": v[0], "label": v[0], "type": v[1], "default": "", "value": v[2], "group_id": "general"}
		if v[0] == id {
			return setting, http.StatusOK, nil
		}
		all = append(all, setting)
	}
	if id != "" {
		return nil, 0, &problem{status: http.StatusNotFound, code: "rest_setting_setting_invalid", text: "Invalid setting."}
	}
	return all, http.StatusOK, nil
}

// symbol is how a currency is written before an amount; those that are not known here write their code.
func symbol(currency string) string {
	if s, ok := map[string]string{"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "AUD": "$", "CAD": "$"}[currency]; ok {
		return s
	}
	return currency
}
