package storage

import (
	"net/netip"
	"strings"

	"grapevine/rewards"
)

// sealTrail replaces where an order came from by keyed hashes. What was sealed before stays.
func (d *DB) sealTrail(shopID string, t *rewards.Trail) {
	place := func(key *string, kind, plain string) {
		if plain != "" {
			*key = d.keys.Lookup(shopID, kind, plain)
		}
	}
	network, agent := networkOf(t.IP), strings.TrimSpace(t.Agent)
	place(&t.AddressKey, lookupAddress, t.Address.Canonical())
	place(&t.IPKey, lookupIP, network)
	if network != "" && agent != "" {
		place(&t.DeviceKey, lookupDevice, network+"\n"+agent)
	}
	place(&t.CardKey, lookupCard, strings.TrimSpace(t.Card))
	*t = rewards.Trail{AddressKey: t.AddressKey, IPKey: t.IPKey, DeviceKey: t.DeviceKey, CardKey: t.CardKey}
}

// networkOf is what two addresses of one connection have in common: an IPv4 address, and of IPv6 the
// network of 64 bits, since devices change the rest by themselves (RFC 8981). It is "" for an address that
// is not on the Internet: it is a proxy's. Package fairness compares plain addresses by the same rule.
func networkOf(address string) string {
	ip, err := netip.ParseAddr(strings.TrimSpace(address))
	if err != nil {
		return ""
	}
	ip = ip.Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return ""
	}
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}

// trace is one key that an order left.
type trace struct{ kind, key string }

// tracesOf are the keys of a sealed order.
func tracesOf(o rewards.Order) []trace {
	var who rewards.Person
	if o.Customer != nil {
		who = *o.Customer
	}
	all := []trace{
		{lookupEmail, who.EmailKey}, {lookupPhone, who.PhoneKey}, {lookupAddress, o.Trail.AddressKey},
		{lookupIP, o.Trail.IPKey}, {lookupDevice, o.Trail.DeviceKey}, {lookupCard, o.Trail.CardKey},
	}
	left := all[:0]
	for _, t := range all {
		if t.key != "" {
			left = append(left, t)
		}
	}
	return left
}

// shopOrder is a sealed order of a shop. unread tells that it has no row yet.
type shopOrder struct {
	shopID string
	order  rewards.Order
	unread bool
}

// saveTraces keeps the keys that orders left, in one statement. They are never changed: an order that was
// sent elsewhere has been at both addresses. Its e-mail stands in its row and is found there; until it has one a
// customer is known by his id, so that only a guest's e-mail is a trace.
func (x *txn) saveTraces(orders []shopOrder) error {
	t := table{cols: "shop_id text, kind text, key text, placed_at timestamptz, order_id text, customer_id text"}
	for _, o := range orders {
		if o.order.PlacedAt.IsZero() {
			continue
		}
		customer := ""
		if o.order.Customer != nil {
			customer = clean(o.order.Customer.ID)
		}
		for _, left := range tracesOf(o.order) {
			if left.kind == lookupEmail && (customer != "" || !o.unread) {
				continue
			}
			if x.left[leftTrace{o.shopID, clean(o.order.ID), left, o.order.PlacedAt.UnixMicro()}] {
				continue
			}
			t.add(o.shopID, left.kind, left.key, o.order.PlacedAt, clean(o.order.ID), customer)
		}
	}
	_, err := x.execAll(t, `INSERT INTO traces (shop_id, kind, key, placed_at, order_id, customer_id)
SELECT v.shop_id, v.kind, v.key, v.placed_at, v.order_id, v.customer_id FROM v WHERE true ORDER BY v.shop_id, v.kind, v.key, v.placed_at, v.order_id
ON CONFLICT DO NOTHING`)
	return err
}

// earlierTrails fills in what the shop's answer does not tell of where these orders came from by what a
// webhook told: the buyer's browser is in a webhook only.
func (x *txn) earlierTrails(shopID string, orders []*rewards.Order) error {
	at := map[string]*rewards.Order{}
	for _, o := range orders {
		at[clean(o.ID)] = o
	}
	var rows []struct {
		OrderID, Kind, Key string
		PlacedAt           stamp
	}
	_, err := x.scan(&rows, "SELECT order_id, kind, key, placed_at FROM traces WHERE shop_id = ? AND order_id IN ? ORDER BY placed_at, key", shopID, keysOf(at))
	if x.left == nil {
		x.left = map[leftTrace]bool{}
	}
	for _, r := range rows {
		x.left[leftTrace{shopID, r.OrderID, trace{r.Kind, r.Key}, r.PlacedAt.UnixMicro()}] = true
		trail := &at[r.OrderID].Trail
		key := map[string]*string{lookupAddress: &trail.AddressKey, lookupIP: &trail.IPKey, lookupDevice: &trail.DeviceKey, lookupCard: &trail.CardKey}[r.Kind]
		if key != nil && *key == "" {
			*key = r.Key
		}
	}
	return err
}

// leftTrace is a trace that is stored.
type leftTrace struct {
	shopID, orderID string
	trace
	placedAt int64 // in microseconds
}
