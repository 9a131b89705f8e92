package woocommercetest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// webhookBody is a webhook as REST answers give it: without its secret, its failures, its owner.
func (s *Server) webhookBody(w *Webhook, base string) map[string]any {
	return map[string]any{
		"id": w.ID, "name": w.Name, "status": w.Status, "topic": w.Topic,
		"resource": resourceOf(w.Topic), "event": eventOf(w.Topic), "hooks": hooksOf(w.Topic),
		"delivery_url": w.DeliveryURL,
		"date_created": s.local(&w.Created), "date_created_gmt": gmt(&w.Created),
		"date_modified": s.local(&w.Modified), "date_modified_gmt": gmt(&w.Modified),
		"_links": links(base, "webhooks", w.ID),
	}
}

// links are the addresses of a thing and of its list.
func links(base, kind string, id int64) map[string]any {
	return map[string]any{
		"self":       []map[string]any{{"href": fmt.Sprintf("%s/%s/%d", base, kind, id), "targetHints": map[string]any{"allow": []string{"GET", "POST", "PUT", "PATCH", "DELETE"}}}},
		"collection": []map[string]any{{"href": fmt.Sprintf("%s/%s", base, kind)}},
	}
}

func (c *call) listWebhooks() (any, int, *problem) {
	status, bad := c.choice("status", "all", "all", "active", "paused", "disabled")
	if bad != nil {
		return nil, 0, bad
	}
	search, _ := c.param("search")
	found := slices.DeleteFunc(sorted(c.s.st.webhooks), func(w *Webhook) bool {
		return status != "all" && w.Status != status || !containsFold(w.Name, search)
	})
	found, bad = page(c, found, func(w *Webhook) row { return row{w.ID, w.Created, w.Modified, w.Name} })
	if bad != nil {
		return nil, 0, bad
	}
	out := make([]any, len(found))
	for i, w := range found {
		out[i] = c.s.webhookBody(w, c.link("/wc/v3"))
	}
	return out, http.StatusOK, nil
}

func containsFold(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}

// createWebhook makes a webhook and pings its address; whether the ping works is not told.
func (c *call) createWebhook() (any, int, *problem) {
	now := c.s.now()
	w := &Webhook{Status: "active", UserID: c.key.UserID, Created: now, Modified: now, Pending: true}
	topic, _ := c.param("topic")
	if hooksOf(topic) == nil {
		return nil, 0, &problem{status: http.StatusBadRequest, code: "woocommerce_rest_shop_webhook_invalid_topic", text: "Webhook topic is required and must be valid."}
	}
	address, _ := c.param("delivery_url")
	if !validURL(address) {
		return nil, 0, invalidURL()
	}
	w.Topic, w.DeliveryURL = topic, address
	if w.Name, _ = c.param("name"); w.Name == "" {
		w.Name = "Webhook created on " + now.In(c.s.zone).Format("Jan 02, 2006 @ 03:04 PM")
	}
	if w.Secret, _ = c.param("secret"); w.Secret == "" {
		w.Secret = c.s.hex(50) // nobody will ever know it
	}
	if status, _ := c.param("status"); status != "" {
		// The schema takes the word, and what is created is active all the same.
		if _, bad := c.choice("status", "active", "active", "paused", "disabled"); bad != nil {
			return nil, 0, bad
		}
	}
	w.ID = next(&c.s.st.lastWebhook)
	c.s.st.webhooks[w.ID] = w
	c.after = append(c.after, func() { c.s.ping(w.ID) })
	base := c.link("/wc/v3")
	c.header.Set("Location", fmt.Sprintf("%s/webhooks/%d", base, w.ID))
	return c.s.webhookBody(w, base), http.StatusCreated, nil
}

func validURL(s string) bool {
	return strings.HasPrefix(s, "http://") && len(s) > len("http://") || strings.HasPrefix(s, "https://") && len(s) > len("https://")
}

func invalidURL() *problem {
	return &problem{
		status: http.StatusBadRequest, code: "woocommerce_rest_shop_webhook_invalid_delivery_url",
		text: "Webhook delivery URL must be a valid URL starting with http:// or https://.",
	}
}

func noWebhook(status int) *problem {
	return &problem{status: status, code: "woocommerce_rest_shop_webhook_invalid_id", text: "ID is invalid."}
}

func (c *call) getWebhook(id int64) (any, int, *problem) {
	w := c.s.st.webhooks[id]
	if w == nil {
		return nil, 0, noWebhook(http.StatusBadRequest) // 400 it is, not 404
	}
	return c.s.webhookBody(w, c.link("/wc/v3")), http.StatusOK, nil
}

// updateWebhook changes a webhook. The count of failures stays: one that was disabled and is set active again
// bears no further failure until something is delivered.
func (c *call) updateWebhook(id int64) (any, int, *problem) {
	w := c.s.st.webhooks[id]
	if w == nil {
		return nil, 0, noWebhook(http.StatusBadRequest)
	}
	changed := *w
	if topic, ok := c.param("topic"); ok {
		if hooksOf(topic) == nil {
			return nil, 0, &problem{status: http.StatusBadRequest, code: "woocommerce_rest_shop_webhook_invalid_topic", text: "Webhook topic must be valid."}
		}
		changed.Topic = topic
	}
	if address, _ := c.param("delivery_url"); address != "" {
		if !validURL(address) {
			return nil, 0, invalidURL()
		}
		changed.DeliveryURL = address
	}
	status, bad := c.choice("status", w.Status, "active", "paused", "disabled")
	if bad != nil {
		return nil, 0, bad
	}
	changed.Status = status
	if secret, _ := c.param("secret"); secret != "" {
		changed.Secret = secret
	}
	if name, _ := c.param("name"); name != "" {
		changed.Name = name
	}
	if changed.Status == "active" && (changed.Pending || changed.DeliveryURL != w.DeliveryURL) {
		c.after = append(c.after, func() { c.s.ping(id) })
	}
	changed.Modified = c.s.now()
	*w = changed
	return c.s.webhookBody(w, c.link("/wc/v3")), http.StatusOK, nil
}

func (c *call) deleteWebhook(id int64) (any, int, *problem) {
	if !c.flag("force") {
		return nil, 0, &problem{status: http.StatusNotImplemented, code: "woocommerce_rest_trash_not_supported", text: "Webhooks do not support trashing."}
	}
	w := c.s.st.webhooks[id]
	if w == nil {
		return nil, 0, &problem{status: http.StatusNotFound, code: "woocommerce_rest_shop_webhook_invalid_id", text: "Invalid ID."}
	}
	delete(c.s.st.webhooks, id)
	return c.s.webhookBody(w, c.link("/wc/v3")), http.StatusOK, nil
}

// Webhooks are the subscriptions with what the API does not tell: secrets, failures, pending pings.
func (s *Server) Webhooks() []Webhook {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Webhook{}
	for _, w := range sorted(s.st.webhooks) {
		out = append(out, *w)
	}
	return out
}

// ChangeWebhook alters a webhook as its owner might in the admin pages, or a failing disk.
func (s *Server) ChangeWebhook(id int64, change func(*Webhook)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.st.webhooks[id]
	if w == nil {
		return fmt.Errorf("no webhook %d", id)
	}
	change(w)
	return nil
}

// DisableWebhook switches a webhook off, as seven failures in a row do.
func (s *Server) DisableWebhook(id int64) error {
	return s.ChangeWebhook(id, func(w *Webhook) { w.Status, w.Failures = "disabled", maxFailures })
}
