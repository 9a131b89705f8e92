package e2e

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/internal/testdb"
)

func TestTheFrontDoorTakesOnlyWhatTheShopSigned(t *testing.T) {
	t.Parallel()
	const old = "canary-client-secret-of-last-year"
	s := newSite(t, testdb.SQLite(t))
	s.env["GRAPEVINE_SHOPIFY_CLIENT_SECRETS"] = clientSecret + "," + old
	s.hide(old)
	s.start()
	sh := s.newShop("door.myshopify.com", held)
	body := []byte(`{"id":1}`)
	good := opensslSign(t, body)
	large := bytes.Repeat([]byte(" "), 2<<20+1)
	for name, tc := range map[string]struct {
		domain, topic, id, signature string
		body                         []byte
		want                         int
	}{
		"signed":                        {sh.sim.domain, "orders/paid", "w1", good, body, http.StatusOK},
		"signed with the older secret":  {sh.sim.domain, "orders/paid", "w2", shopifytest.Sign(old, body), body, http.StatusOK},
		"of a shop that is not known":   {"nobody.myshopify.com", "orders/paid", "w3", good, body, http.StatusOK},
		"of a topic that is not known":  {sh.sim.domain, "tea/brewed", "w4", good, body, http.StatusOK},
		"signed with another secret":    {sh.sim.domain, "orders/paid", "w5", shopifytest.Sign("guess", body), body, http.StatusUnauthorized},
		"not signed":                    {sh.sim.domain, "orders/paid", "w6", "", body, http.StatusUnauthorized},
		"another body":                  {sh.sim.domain, "orders/paid", "w7", good, []byte(`{"id":2}`), http.StatusUnauthorized},
		"signed and without an id":      {sh.sim.domain, "orders/paid", "", good, body, http.StatusBadRequest},
		"signed and without a topic":    {sh.sim.domain, "", "w8", good, body, http.StatusBadRequest},
		"signed and without a domain":   {"", "orders/paid", "w9", good, body, http.StatusBadRequest},
		"larger than two megabytes":     {sh.sim.domain, "orders/paid", "w10", shopifytest.Sign(clientSecret, large), large, http.StatusRequestEntityTooLarge},
		"signed and not to be read":     {sh.sim.domain, "orders/paid", "w11", opensslSign(t, []byte(`{"id":`)), []byte(`{"id":`), http.StatusOK},
		"signed and empty":              {sh.sim.domain, "orders/paid", "w12", opensslSign(t, nil), nil, http.StatusBadRequest},
		"an uninstall of somebody else": {"nobody.myshopify.com", "app/uninstalled", "w13", good, body, http.StatusOK},
	} {
		if got := s.post(tc.domain, tc.topic, tc.id, tc.signature, tc.body); got != tc.want {
			t.Errorf("a webhook that is %s is answered %d, want %d", name, got, tc.want)
		}
	}
	sh.quiet()
	reasons := map[string]string{}
	var all []struct{ Topic, Domain, Status, Reason string }
	s.ask(&all, "events", "list")
	for _, e := range all {
		reasons[e.Topic+" "+e.Domain] += e.Status + " " + e.Reason + ";"
	}
	for key, want := range map[string]string{
		"tea/brewed ":                          "ignored unknown_topic",
		"orders/paid nobody.myshopify.com":     "ignored unknown_shop",
		"app/uninstalled nobody.myshopify.com": "ignored unknown_shop",
		"orders/paid ":                         "quarantined",
	} {
		if !strings.Contains(reasons[key], want) {
			t.Errorf("%q ended %q, want %q among it", key, reasons[key], want)
		}
	}
	if len(all) != 6 || sh.status().Status != "active" {
		t.Errorf("%d events, want 6: %+v", len(all), all)
	}
	s.fsck()
}

func TestTheAPIOpensOnlyForItsShopAndScope(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.SQLite(t))
	s.start()
	mine, other := s.newShop("mine.myshopify.com"), s.newShop("other.myshopify.com")
	var reader struct{ Token string }
	s.ask(&reader, "token", "create", "--shop", mine.ID, "--scope", "read")
	s.hide(reader.Token)
	body := map[string]string{"customer_id": "1"}
	for name, tc := range map[string]struct {
		shop, token string
		method      string
		want        int
	}{
		"without a token":                  {mine.ID, "", http.MethodGet, http.StatusUnauthorized},
		"with a token that nobody made":    {mine.ID, "gv_nonsense", http.MethodGet, http.StatusUnauthorized},
		"with another shop's token":        {mine.ID, other.token, http.MethodGet, http.StatusNotFound},
		"writing with a token for reading": {mine.ID, reader.Token, http.MethodPost, http.StatusForbidden},
		"reading with a token for reading": {mine.ID, reader.Token, http.MethodGet, http.StatusOK},
	} {
		asker := &shop{site: s, ID: tc.shop, token: tc.token}
		var in any
		if tc.method == http.MethodPost {
			in = body
		}
		if err := asker.call(tc.method, "/advocates", in, tc.want, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
