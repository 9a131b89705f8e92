package woocommercetest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// SetClock sets what the shop takes for now.
func (s *Server) SetClock(now func() time.Time) { s.set(func(o *Options) { o.Now = now }) }

// SetHTTPS makes the shop believe that it is asked over TLS, as behind a proxy that ends it; or not.
func (s *Server) SetHTTPS(on bool) { s.set(func(o *Options) { o.HTTPS = on }) }

// SetPermalinks makes permalinks pretty (/wp-json/…), or plain (/index.php?rest_route=/… alone).
func (s *Server) SetPermalinks(pretty bool) { s.set(func(o *Options) { o.Plain = !pretty }) }

// SetDecimals sets the decimals of prices, 0 to 6: the shop's setting, whatever the currency.
func (s *Server) SetDecimals(n int) {
	s.set(func(o *Options) { o.Decimals = min(max(n, 0), moneyDecimals) })
}

// SetPlainCallbacks lets /wc-auth take a callback_url without TLS.
func (s *Server) SetPlainCallbacks(on bool) { s.set(func(o *Options) { o.PlainCallbacks = on }) }

// SetRefusePrivate makes webhooks to loopback and private addresses fail, as in WordPress.
func (s *Server) SetRefusePrivate(on bool) { s.set(func(o *Options) { o.RefusePrivate = on }) }

func (s *Server) set(change func(*Options)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.opts)
}

// AddKey makes an API key of the owner: "read", "write" or "read_write". It returns "ck_…:cs_…".
func (s *Server) AddKey(permissions string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.addKey(permissions, "made by hand")
	return k.Consumer + ":" + k.Secret
}

// RevokeKey deletes an API key by its public half, or by the whole token; "": the one that Install tells.
func (s *Server) RevokeKey(token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	consumer, _, _ := strings.Cut(token, ":")
	k := s.key(or(consumer, s.first.Consumer))
	if k == nil {
		return fmt.Errorf("no key %s", token)
	}
	delete(s.st.keys, k.ID)
	return nil
}

// SetPermissions changes what a key may.
func (s *Server) SetPermissions(token, permissions string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	consumer, _, _ := strings.Cut(token, ":")
	k := s.key(or(consumer, s.first.Consumer))
	if k == nil {
		return fmt.Errorf("no key %s", token)
	}
	k.Permissions = permissions
	return nil
}

// Keys are the API keys.
func (s *Server) Keys() []Key {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Key{}
	for _, k := range sorted(s.st.keys) {
		c := *k
		c.nonces = nil
		out = append(out, c)
	}
	return out
}

// LoseOwnerRights makes the owner of all keys and webhooks a mere customer: the API answers 403, and webhooks
// carry an error document with a good signature. RestoreOwner ends it.
func (s *Server) LoseOwnerRights() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.users[1] = &user{id: 1}
}

// DeleteOwner deletes the owner: as LoseOwnerRights, with 401.
func (s *Server) DeleteOwner() {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.st.users, 1)
}

// RestoreOwner makes the owner a shop manager again.
func (s *Server) RestoreOwner() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.users[1] = &user{id: 1, manages: true}
}

// AddProduct adds an article and returns its id.
func (s *Server) AddProduct(p Product) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.ID = next(&s.st.lastPost)
	s.st.products[p.ID] = &p
	return p.ID
}

// AddCoupon makes a coupon as staff does in the admin pages, and tells webhooks of it.
func (s *Server) AddCoupon(c Coupon) (Coupon, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Code = couponCode(c.Code)
	if c.Code == "" {
		return Coupon{}, fmt.Errorf("a coupon needs a code")
	}
	c.ID, c.Created, c.Modified = next(&s.st.lastPost), s.now(), s.now()
	c.Type, c.Status = or(c.Type, "fixed_cart"), or(c.Status, "publish")
	c.Emails = emailList(c.Emails)
	s.st.coupons[c.ID] = &c
	s.emit("coupon.created", c.ID)
	return c, nil
}

// Coupons are all coupons, those in the trash too, in the order of their making.
func (s *Server) Coupons() []Coupon {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Coupon{}
	for _, c := range sorted(s.st.coupons) {
		k := *c
		k.UsedBy, k.Emails, k.Meta = slices.Clone(c.UsedBy), slices.Clone(c.Emails), slices.Clone(c.Meta)
		out = append(out, k)
	}
	return out
}

// TrashCoupon throws a coupon into the trash; RestoreCoupon takes it out, as a draft.
func (s *Server) TrashCoupon(id int64) error {
	return s.coupon(id, func(c *Coupon) { s.trashCoupon(c) })
}

// RestoreCoupon takes a coupon out of the trash, as a draft.
func (s *Server) RestoreCoupon(id int64) error {
	return s.coupon(id, func(c *Coupon) {
		c.Status, c.Modified = "draft", s.now()
		s.emit("coupon.restored", c.ID)
	})
}

func (s *Server) coupon(id int64, change func(*Coupon)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.st.coupons[id]
	if c == nil {
		return fmt.Errorf("no coupon %d", id)
	}
	change(c)
	return nil
}

// Calls are the requests that the REST API got so far, refused ones too.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}
