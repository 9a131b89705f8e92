package stripe

import (
	"context"
	"maps"
	"slices"
	"strconv"

	stripego "github.com/stripe/stripe-go/v76"

	"grapevine/connectors"
	"grapevine/rewards"
)

// endpointPages bounds how many webhook endpoints are looked at: an account has sixteen at most.
const endpointPages = 2

// endpointBody is a webhook endpoint. Its secret is told once, when it is made, and its API version is settled
// then for good.
type endpointBody struct {
	ID      string   `json:"id"`
	URL     string   `json:"url"`
	Status  string   `json:"status"` // enabled, disabled
	Version string   `json:"api_version"`
	Events  []string `json:"enabled_events"`
	Secret  string   `json:"secret"`
}

// Subscribe sees to it that the account sends its webhooks to the address, in our version of the API. An
// endpoint that was made before is kept if its secret was; any other at this very address is replaced, because
// nobody can ask for its secret. For an account of a Connect platform nothing is made: the platform's own
// endpoint serves all its accounts.
//
// Every error is a *connectors.CallError.
func (s *Stripe) Subscribe(ctx context.Context, shop connectors.Shop, address string) (connectors.Subscription, error) {
	c, err := s.caller(shop)
	if err != nil || connected(shop) {
		return connectors.Subscription{}, err
	}
	there, err := c.endpoints(ctx)
	if err != nil {
		return connectors.Subscription{}, err
	}
	var done connectors.Subscription
	kept := ""
	for _, e := range there {
		if e.URL == address && e.ID == shop.Settings[SettingEndpoint] && e.Version == APIVersion {
			kept = e.ID
			mended, err := c.mend(ctx, e)
			if err != nil {
				return done, err
			}
			if mended {
				done.Mended = append(done.Mended, e.ID)
			}
		}
	}
	if kept == "" {
		e, err := c.newEndpoint(ctx, address)
		if err != nil {
			return done, err
		}
		kept = e.ID
		done.Secrets, done.Made = []string{e.Secret}, []string{e.ID}
		done.Settings = maps.Clone(shop.Settings)
		if done.Settings == nil {
			done.Settings = map[string]string{}
		}
		done.Settings[SettingEndpoint] = e.ID
	}
	for _, e := range there {
		if e.ID != kept && e.URL == address {
			if err := c.dropEndpoint(ctx, e.ID); err != nil && !isMissing(err) {
				// The new one is there and its secret with us: what is left of the old one is for the next time.
				c.s.opts.Logger.Warn("an old webhook endpoint could not be removed", "shop", shop.ID, "endpoint", e.ID, "code", rewards.CodeOf(err))
			}
		}
	}
	return done, nil
}

// KeepHooks switches the shop's webhook endpoint on again where Stripe, after days of failures, or a person
// switched it off. One that is gone cannot be made here, because its secret has to be kept: that is said in
// the log, and installing the shop again makes it.
func (s *Stripe) KeepHooks(ctx context.Context, shop connectors.Shop) (mended []string, err error) {
	c, err := s.caller(shop)
	id := shop.Settings[SettingEndpoint]
	if err != nil || connected(shop) || id == "" {
		return nil, err
	}
	var e endpointBody
	err = c.get(ctx, "reading webhook endpoint", &e, func(p stripego.Params) error {
		_, err := c.api.WebhookEndpoints.Get(id, &stripego.WebhookEndpointParams{Params: p})
		return err
	})
	if isMissing(err) {
		s.opts.Logger.Warn("the webhook endpoint is gone; `grapevine shop subscribe` makes a new one", "shop", shop.ID, "endpoint", id)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	did, err := c.mend(ctx, e)
	if did {
		mended = []string{e.ID}
	}
	return mended, err
}

// endpoints lists the account's webhook endpoints.
func (c *caller) endpoints(ctx context.Context) ([]endpointBody, error) {
	return listed(endpointPages, func(e endpointBody) string { return e.ID }, func(after string, out *page[endpointBody]) error {
		return c.list(ctx, "listing webhook endpoints", after, out, func(p stripego.ListParams) error {
			return c.api.WebhookEndpoints.List(&stripego.WebhookEndpointListParams{ListParams: p}).Err()
		})
	})
}

// mend switches an endpoint on and has it send what we handle, if it is not so.
func (c *caller) mend(ctx context.Context, e endpointBody) (bool, error) {
	sends := slices.Sorted(slices.Values(e.Events))
	if e.Status != "disabled" && slices.Equal(sends, slices.Sorted(slices.Values(Topics()))) {
		return false, nil
	}
	err := c.post(ctx, "mending webhook endpoint", c.once("mend", e.ID), &endpointBody{}, func(p stripego.Params) error {
		_, err := c.api.WebhookEndpoints.Update(e.ID, &stripego.WebhookEndpointParams{
			Params: p, EnabledEvents: stripego.StringSlice(Topics()), Disabled: stripego.Bool(false),
		})
		return err
	})
	return err == nil, err
}

// newEndpoint makes an endpoint and learns its secret. The version can be said now only, and no library checks
// for it later.
func (c *caller) newEndpoint(ctx context.Context, address string) (endpointBody, error) {
	var e endpointBody
	err := c.post(ctx, "making webhook endpoint", c.once("endpoint", address), &e, func(p stripego.Params) error {
		_, err := c.api.WebhookEndpoints.New(&stripego.WebhookEndpointParams{
			Params: p, URL: stripego.String(address), APIVersion: stripego.String(APIVersion), EnabledEvents: stripego.StringSlice(Topics()),
			Description: stripego.String("Grapevine"), Metadata: map[string]string{metaSubject: "webhooks"},
		})
		return err
	})
	if err == nil && (e.ID == "" || !validSecret(e.Secret)) {
		err = connectors.Unreadable(true, "the new webhook endpoint came without a secret")
	}
	return e, err
}

func (c *caller) dropEndpoint(ctx context.Context, id string) error {
	return c.post(ctx, "removing webhook endpoint", c.once("drop", id), &bare{}, func(p stripego.Params) error {
		_, err := c.api.WebhookEndpoints.Del(id, &stripego.WebhookEndpointParams{Params: p})
		return err
	})
}

// once is an Idempotency-Key of a call that no action stands behind: whoever makes it looks first what is
// there, each time. An answer that Stripe stored for an earlier one would tell of an endpoint that may be gone.
func (c *caller) once(parts ...string) string {
	return stepKey(strconv.FormatInt(c.s.opts.Now().UnixNano(), 10), append(parts, c.shop.ID)...)
}
