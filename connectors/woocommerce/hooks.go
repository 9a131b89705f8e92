package woocommerce

import (
	"context"
	"crypto/rand"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"grapevine/connectors"
	"grapevine/rewards"
)

// Topics are the webhooks that Grapevine needs. There is none for payment or for refunds: the order's state
// tells them.
func Topics() []string {
	return []string{
		"order.created", "order.updated", "order.deleted", "order.restored",
		"customer.created", "customer.updated", "customer.deleted",
	}
}

const (
	hookPages   = 20 // of a hundred
	activeHook  = "active"
	secretChars = 50
)

// hookBody is a webhook. Its secret is never told again.
type hookBody struct {
	ID      whole `json:"id"`
	Topic   text  `json:"topic"`
	Status  text  `json:"status"` // active, paused, disabled
	Address text  `json:"delivery_url"`
}

// newSecret draws letters and digits only: others would be stored escaped.
func newSecret() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	var out strings.Builder
	var b [1]byte
	for out.Len() < secretChars {
		rand.Read(b[:]) // never fails: crypto/rand ends the program instead
		if int(b[0]) < 256-256%len(alphabet) {
			out.WriteByte(alphabet[int(b[0])%len(alphabet)])
		}
	}
	return out.String()
}

// Subscribe sees to it that the shop sends what Grapevine needs to an address, each topic once, and that all
// of it is signed with one secret, which is made anew each time because the shop never tells it. What is there
// already is set right; doubles are removed. Webhooks of ours are known by the end of their address, which
// names the shop, so those that lead to where Grapevine was before are led here.
//
// A webhook keeps the user who made it, and tells what she may see. So those that were made with another key,
// whose owner may be gone, are not set right: new ones are made and the old removed.
//
// Where it fails in between, some webhooks have the new secret already: the subscription that comes with the
// error has it too, and calling again mends the rest. Every error is a *connectors.CallError.
func (w *WooCommerce) Subscribe(ctx context.Context, shop connectors.Shop, address string) (connectors.Subscription, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return connectors.Subscription{}, call(rewards.Errorf(rewards.Invalid, "bad_address", "%.80q is no address for webhooks", address))
	}
	if refused(u) && shop.APIURL == "" {
		w.warn(shop, "WordPress sends nothing to private addresses, nor to other ports than 80, 443 and 8080: webhooks will not come, and changes are only seen by asking")
	}
	hooks, err := w.ourHooks(ctx, shop, u.Path)
	if err != nil {
		return connectors.Subscription{}, err
	}
	made, now := shop.Settings[setHooksKey], keyEnd(shop)
	want := wanted{address: address, secret: newSecret(), anew: made != "" && made != now}
	sub := connectors.Subscription{Secrets: []string{want.secret}}
	var ids []string
	for _, topic := range Topics() {
		var mine []hookBody
		for _, h := range hooks {
			if string(h.Topic) == topic {
				mine = append(mine, h)
			}
		}
		want.topic = topic
		h, err := w.subscribe(ctx, shop, want, mine, &sub)
		if err != nil {
			return sub, err
		}
		ids = append(ids, h.ID.id())
	}
	sub.Settings = maps.Clone(shop.Settings)
	if sub.Settings == nil {
		sub.Settings = map[string]string{}
	}
	sub.Settings[setHooks], sub.Settings[setHooksKey] = strings.Join(ids, ","), now
	return sub, nil
}

// keyEnd is what WooCommerce itself shows of a consumer key: its last seven letters.
func keyEnd(shop connectors.Shop) string {
	key, _, _ := strings.Cut(shop.Token, ":")
	return key[max(0, len(key)-7):]
}

// refused tells whether WordPress would not send to an address, as far as it can be told without looking the
// name up. Source: wp_http_validate_url.
func refused(u *url.URL) bool {
	if port := u.Port(); port != "" && port != "80" && port != "443" && port != "8080" {
		return true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsUnspecified())
}

// wanted is a webhook as it is to be. anew tells that one that is there does not do.
type wanted struct {
	topic, address, secret string
	anew                   bool
}

// subscribe makes one webhook, or sets the first of those that are there right, and removes the others.
func (w *WooCommerce) subscribe(ctx context.Context, shop connectors.Shop, want wanted, mine []hookBody, sub *connectors.Subscription) (hookBody, error) {
	var h hookBody
	rq := request{method: http.MethodPost, route: api + "/webhooks", body: map[string]any{
		"name": "Grapevine " + want.topic, "topic": want.topic, "delivery_url": want.address, "secret": want.secret, "status": activeHook,
	}}
	others, heard := mine, &sub.Made
	if len(mine) > 0 && !want.anew {
		rq.method, rq.route = http.MethodPut, rq.route+"/"+mine[0].ID.id()
		others, heard = mine[1:], &sub.Mended
	}
	if _, err := w.ask(ctx, shop, rq, &h); err != nil {
		return h, err
	}
	if heard == &sub.Made || string(mine[0].Status) != activeHook || string(mine[0].Address) != want.address {
		*heard = append(*heard, want.topic)
	}
	for _, other := range others {
		_, err := w.ask(ctx, shop, request{method: http.MethodDelete, route: api + "/webhooks/" + other.ID.id(), query: url.Values{"force": {"true"}}}, nil)
		if err != nil && rewards.KindOf(err) != rewards.NotFound {
			return h, err
		}
	}
	return h, nil
}

// ourHooks lists the webhooks whose address ends with this path, the oldest first.
func (w *WooCommerce) ourHooks(ctx context.Context, shop connectors.Shop, path string) ([]hookBody, error) {
	var out []hookBody
	query := url.Values{"per_page": {strconv.Itoa(perPage)}, "orderby": {"id"}, "order": {"asc"}, "status": {"all"}}
	for page := 1; page <= hookPages; page++ {
		query.Set("page", strconv.Itoa(page))
		var some list[hookBody]
		if _, err := w.ask(ctx, shop, request{route: api + "/webhooks", query: query}, &some); err != nil {
			return nil, err
		}
		for _, h := range some {
			if u, err := url.Parse(string(h.Address)); err == nil && u.Path == path {
				out = append(out, h)
			}
		}
		if len(some) < perPage {
			break
		}
	}
	slices.SortFunc(out, func(a, b hookBody) int { return int(min(max(a.ID-b.ID, -1), 1)) })
	return out, nil
}

// KeepHooks switches those of our webhooks on again that the shop switched off (it does so after seven
// failures in a row) or somebody paused, and tells their topics. Their secret stays.
//
// One that somebody removed cannot be made again here, because its secret is known to nobody who asks: the log
// says that `grapevine shop subscribe` is to be run. It is no error, because the shop is asked what changed all
// the same. Every error is a *connectors.CallError.
func (w *WooCommerce) KeepHooks(ctx context.Context, shop connectors.Shop) (mended []string, err error) {
	hooks, missing, err := w.knownHooks(ctx, shop)
	if err != nil {
		return nil, err
	}
	if missing {
		w.warn(shop, "webhooks of the shop were removed; run: grapevine shop subscribe")
	}
	for _, h := range hooks {
		if h.Status == activeHook {
			continue
		}
		_, err := w.ask(ctx, shop, request{method: http.MethodPut, route: api + "/webhooks/" + h.ID.id(), body: map[string]any{"status": activeHook}}, nil)
		if err != nil && rewards.KindOf(err) != rewards.NotFound {
			return mended, err
		}
		mended = append(mended, string(h.Topic))
	}
	return mended, nil
}

// knownHooks reads the webhooks that Subscribe noted; where it noted none, those that lead to the shop's door.
func (w *WooCommerce) knownHooks(ctx context.Context, shop connectors.Shop) (hooks []hookBody, missing bool, err error) {
	if shop.Settings[setHooks] == "" {
		hooks, err := w.ourHooks(ctx, shop, "/webhooks/"+Name+"/"+shop.ID)
		return hooks, len(hooks) < len(Topics()), err
	}
	for id := range strings.SplitSeq(shop.Settings[setHooks], ",") {
		if _, err := number(id); err != nil {
			return nil, false, call(err)
		}
		var h hookBody
		_, err := w.ask(ctx, shop, request{route: api + "/webhooks/" + id}, &h)
		switch {
		case rewards.KindOf(err) == rewards.NotFound:
			missing = true
		case err != nil:
			return nil, false, err
		default:
			hooks = append(hooks, h)
		}
	}
	return hooks, missing, nil
}
