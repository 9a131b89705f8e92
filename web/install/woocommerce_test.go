package install

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/woocommerce"
	"grapevine/connectors/woocommerce/woocommercetest"
	"grapevine/internal/invite"
	"grapevine/internal/secret"
	"grapevine/internal/testdb"
	"grapevine/storage"
	"grapevine/web"
)

// counter installs WooCommerce shops with their connector, as the command does.
type counter struct {
	db     *storage.DB
	wc     *woocommerce.WooCommerce
	apiURL string
	hooks  string
}

func (c *counter) Install(ctx context.Context, platform string, app connectors.Application) (connectors.Installed, error) {
	app.APIURL = c.apiURL
	shop, err := c.wc.Prepare(app)
	if err != nil {
		return connectors.Installed{}, err
	}
	found, err := c.wc.Probe(ctx, shop)
	if err != nil {
		return connectors.Installed{}, err
	}
	added, err := c.db.AddShop(ctx, storage.NewShop{Platform: platform, Domain: shop.Domain, APIURL: shop.APIURL, Currency: found.Currency, TimeZone: found.TimeZone, Token: secret.Text(shop.Token), Settings: found.Settings})
	if err != nil {
		return added, err
	}
	if shop, err = c.db.CallableShop(ctx, added.ID); err != nil {
		return added, err
	}
	_, err = c.wc.Subscribe(ctx, shop, c.hooks+"/"+added.ID)
	return added, err
}

// mall is the pages behind TLS, a simulated shop that posts to them, and its owner.
type mall struct {
	*world
	sim    *woocommercetest.Server
	server *httptest.Server
}

func newMall(t *testing.T, change ...func(*woocommercetest.Options)) *mall {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	db, err := storage.Open(t.Context(), storage.Options{URL: testdb.SQLite(t), MasterKeys: []secret.Text{"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := woocommercetest.Options{Domain: domain, Seed: 7, HoldPost: true, SendTimeout: 20 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	for _, f := range change {
		f(&o)
	}
	sim, err := woocommercetest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	wc, err := woocommerce.Open(connectors.Environment{AllowLoopback: true, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{db: db, wc: wc, apiURL: sim.URL(), hooks: "https://refer.example.com/webhooks/woocommerce"}
	p, err := New(Options{Links: db, Installer: c, Readers: map[string]Reader{platform: woocommerce.ReadCallback}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	e, err := web.New(web.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	p.Mount(e)
	srv := httptest.NewTLSServer(e)
	t.Cleanup(srv.Close)
	return &mall{world: &world{t: t, db: db, pages: p, url: srv.URL}, sim: sim, server: srv}
}

// visit is the owner who opens the link and answers; it returns where the browser is sent.
func (m *mall) visit(state string, approve bool) (string, error) {
	m.t.Helper()
	callback, back := Addresses(m.url, platform)
	link, err := woocommerce.AuthorizeURL(domain, "Grapevine", state, back, callback)
	m.no(err)
	u, err := url.Parse(link)
	m.no(err)
	return m.sim.Authorize(u.Query(), approve)
}

// look opens an address of ours in the owner's browser.
func (m *mall) look(address string) string {
	m.t.Helper()
	res, err := m.server.Client().Get(address)
	m.no(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	m.no(err)
	return string(text)
}

func TestAWooCommerceShopConnectsItself(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	state := m.link()
	back, err := m.visit(state, true)
	m.no(err)
	if page := m.look(back); !strings.Contains(page, "The shop is connected") {
		t.Fatal(page)
	}
	shop, err := m.db.FindShop(t.Context(), domain)
	m.no(err)
	if shop.Status != storage.ShopActive || shop.Currency != "USD" {
		t.Fatalf("got %+v", shop)
	}
	// The link is of no more use: a second visit makes keys that the shop throws away.
	_, err = m.visit(state, true)
	var page *woocommercetest.AuthError
	if !errors.As(err, &page) || m.shopsThere() != 1 {
		t.Fatalf("got %v and %d shops", err, m.shopsThere())
	}
}

func TestAWooCommerceShopWhoseOwnerDeclines(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	back, err := m.visit(m.link(), false)
	m.no(err)
	if page := m.look(back); !strings.Contains(page, "Nothing was connected") || m.shopsThere() != 0 {
		t.Fatal(page)
	}
}

func TestAWooCommerceShopThatWasNotAskedFor(t *testing.T) {
	t.Parallel()
	m, other := newMall(t), newMall(t, func(o *woocommercetest.Options) { o.Seed = 8 })
	state := m.link()
	// The owner of another shop got hold of the link and sends it the keys of hers.
	callback, back := Addresses(m.url, platform)
	_, err := other.sim.Authorize(url.Values{"app_name": {"Grapevine"}, "scope": {"read_write"}, "user_id": {state}, "return_url": {back}, "callback_url": {callback}}, true)
	var page *woocommercetest.AuthError
	if !errors.As(err, &page) || m.shopsThere() != 0 {
		t.Fatalf("got %v and %d shops", err, m.shopsThere())
	}
	link, err := m.db.Install(t.Context(), platform, state)
	m.no(err)
	want := invite.Invitation{Platform: platform, Domain: domain, CreatedAt: link.CreatedAt, ExpiresAt: link.ExpiresAt, UsedAt: link.UsedAt, Reason: "token_refused"}
	if link != want || link.UsedAt.IsZero() {
		t.Fatalf("got %+v, want %+v", link, want)
	}
}

func TestAWooCommerceKeyThatMayOnlyReadIsRefused(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	state := m.link()
	callback, back := Addresses(m.url, platform)
	_, err := m.sim.Authorize(url.Values{"app_name": {"Grapevine"}, "scope": {"read"}, "user_id": {state}, "return_url": {back}, "callback_url": {callback}}, true)
	var page *woocommercetest.AuthError
	if !errors.As(err, &page) || m.shopsThere() != 0 {
		t.Fatalf("got %v and %d shops", err, m.shopsThere())
	}
	if link, err := m.db.Install(t.Context(), platform, state); err != nil || !link.UsedAt.IsZero() {
		t.Fatalf("the link was used for it: %+v, %v", link, err)
	}
}
