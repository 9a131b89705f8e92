package woocommerce

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// The permissions of a key. WooCommerce has no others: what it may see and change are the rights of its owner.
const (
	mayRead  = "read"
	mayWrite = "write"
)

// statusBody is what is read of the shop's own report.
type statusBody struct {
	Environment struct {
		HomeURL text `json:"home_url"`
		StoreID text `json:"store_id"`
		Version text `json:"version"`
	} `json:"environment"`
	Settings struct {
		Currency text  `json:"currency"`
		Decimals whole `json:"number_of_decimals"`
	} `json:"settings"`
}

// Probe asks a shop who it is and what the key may do, and finds out how its API wants to be called: where
// pretty permalinks are off, the host strips the Authorization header, or a proxy hides that it is called by
// https, the settings say so afterwards.
// That the key may read is proved by reading; that it may write, by a change of coupon 0, which exists nowhere:
// a key that may only read is refused before anything is looked for. Nothing is changed.
func (w *WooCommerce) Probe(ctx context.Context, shop connectors.Shop) (connectors.Profile, error) {
	shop, st, err := w.reach(ctx, shop)
	if err != nil {
		return connectors.Profile{}, err
	}
	p := connectors.Profile{Currency: strings.ToUpper(string(st.Settings.Currency)), Granted: []string{mayRead}, Settings: shop.Settings}
	p.Settings[setVersion], p.Settings[setStore] = string(st.Environment.Version), string(st.Environment.StoreID)
	p.Settings[setDecimals] = strconv.FormatInt(int64(st.Settings.Decimals), 10)
	if err := w.name(ctx, shop, &p); err != nil {
		return connectors.Profile{}, err
	}
	write, err := w.mayWrite(ctx, shop)
	if err != nil {
		return connectors.Profile{}, err
	}
	if write {
		p.Granted = append(p.Granted, mayWrite)
	} else {
		p.Missing = []string{mayWrite}
	}
	p.Notes, err = w.notes(ctx, shop, st)
	return p, err
}

// reach tries the ways in which an API can be called, those that are known first, until one answers. The
// shop comes back with settings of its own that say which.
func (w *WooCommerce) reach(ctx context.Context, shop connectors.Shop) (connectors.Shop, statusBody, error) {
	known := maps.Clone(shop.Settings)
	if known == nil {
		known = map[string]string{}
	}
	rq := request{route: api + "/system_status", query: map[string][]string{"_fields": {"environment,settings"}}, slow: true}
	var failed error
	for _, way := range ways(known) {
		shop.Settings = maps.Clone(known)
		delete(shop.Settings, setPermalinks)
		delete(shop.Settings, setAuth)
		maps.Copy(shop.Settings, way)
		var st statusBody
		_, err := w.ask(ctx, shop, rq, &st)
		if err == nil {
			return shop, st, nil
		}
		if failed == nil || rewards.KindOf(failed) == rewards.Denied && rewards.CodeOf(err) == "token_refused" {
			failed = err
		}
		if rewards.KindOf(err) != rewards.Denied && rewards.CodeOf(err) != "shop_unreadable" {
			break // the shop does not answer at all
		}
	}
	return shop, statusBody{}, failed
}

// ways are the settings to try, each once.
func ways(known map[string]string) []map[string]string {
	at := func(permalinks, auth string) map[string]string {
		m := map[string]string{}
		if permalinks != "" {
			m[setPermalinks] = permalinks
		}
		if auth != "" {
			m[setAuth] = auth
		}
		return m
	}
	var out []map[string]string
	for _, m := range []map[string]string{at(known[setPermalinks], known[setAuth]), at("", ""), at(off, ""), at("", inQuery), at(off, inQuery), at("", inOAuth), at(off, inOAuth)} {
		if !slices.ContainsFunc(out, func(o map[string]string) bool { return maps.Equal(o, m) }) {
			out = append(out, m)
		}
	}
	return out
}

// name reads what everybody may: what the shop is called, and its time zone.
func (w *WooCommerce) name(ctx context.Context, shop connectors.Shop, p *connectors.Profile) error {
	var root struct {
		Name   text `json:"name"`
		Zone   text `json:"timezone_string"`
		Offset text `json:"gmt_offset"`
	}
	_, err := w.ask(ctx, shop, request{route: "/", query: map[string][]string{"_fields": {"name,timezone_string,gmt_offset"}}, open: true}, &root)
	if err != nil {
		return err
	}
	p.Name, p.TimeZone = string(root.Name), zoneOf(string(root.Zone), string(root.Offset))
	return nil
}

// zoneOf is an IANA name. Where the shop is set to an offset it has none; whole hours have one all the same,
// with the sign the other way round.
func zoneOf(zone, offset string) string {
	if zone != "" {
		if _, err := time.LoadLocation(zone); err == nil {
			return zone
		}
	}
	hours, err := strconv.Atoi(offset)
	switch {
	case err != nil || hours < -12 || hours > 14:
		return ""
	case hours == 0:
		return "UTC"
	}
	return fmt.Sprintf("Etc/GMT%+d", -hours)
}

// mayWrite tells whether the key may change anything, without changing anything.
func (w *WooCommerce) mayWrite(ctx context.Context, shop connectors.Shop) (bool, error) {
	_, err := w.ask(ctx, shop, request{method: http.MethodPut, route: api + "/coupons/0", body: map[string]any{}, idle: true}, nil)
	switch rewards.KindOf(err) {
	case "", rewards.NotFound, rewards.Invalid:
		return true, nil
	case rewards.Denied:
		return false, nil
	}
	return false, err
}

// notes tell what works less well than it could.
func (w *WooCommerce) notes(ctx context.Context, shop connectors.Shop, st statusBody) ([]string, error) {
	var out []string
	currency, decimals := string(st.Settings.Currency), int(st.Settings.Decimals)
	exp, known := rewards.Exponent(currency)
	switch {
	case known && decimals > exp:
		out = append(out, fmt.Sprintf("the shop is set to %d decimals and %s has %d: orders with amounts in between are held", decimals, currency, exp))
	case known && decimals < exp:
		out = append(out, fmt.Sprintf("the shop is set to %d decimals and %s has %d: it rounds what rewards come to", decimals, currency, exp))
	}
	if home := strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(string(st.Environment.HomeURL)), "https://"), "http://"); shop.APIURL == "" &&
		strings.TrimSuffix(home, "/") != shop.Domain {
		out = append(out, fmt.Sprintf("the shop calls itself %.80q", home))
	}
	var setting struct {
		Value text `json:"value"`
	}
	_, err := w.ask(ctx, shop, request{route: api + "/settings/general/woocommerce_enable_coupons"}, &setting)
	if err == nil && setting.Value == "no" {
		out = append(out, "coupons are switched off in the shop: codes and store credit cannot be used")
	}
	if rewards.KindOf(err) == rewards.Unavailable {
		return nil, err
	}
	return out, nil
}
