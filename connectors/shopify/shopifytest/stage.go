package shopifytest

import (
	"context"
	"strconv"
	"time"

	"grapevine/internal/simshop"
)

// What a shop that Simulate makes is installed with.
const (
	stageToken  = "shpat_simulated"
	stageSecret = "the client secret of a simulated app"
	stageZone   = "America/New_York"
)

// Stage is a Server as every simulated shop can be played on. The server itself can do more.
type Stage struct {
	*Server
	opts simshop.Options
}

var _ simshop.Shop = (*Stage)(nil)

// Simulate starts a shop for the demo and for the conformance suite. Its rate limit is never in the way.
func Simulate(o simshop.Options) (simshop.Shop, error) {
	server, err := Start(Options{
		AccessToken: stageToken, ClientSecret: stageSecret, WebhookURL: o.Hooks, Currency: o.Currency,
		Seed: uint64(o.Seed), Now: o.Now, HoldWebhooks: o.HoldPost, Bucket: Bucket{Maximum: -1}, RetryUnit: 100 * time.Millisecond,
	})
	if err != nil {
		return nil, err
	}
	return &Stage{Server: server, opts: o}, nil
}

// Install is how the shop is installed.
func (s *Stage) Install() simshop.Install {
	return simshop.Install{
		Platform: "shopify", Domain: s.Shop.opts.Domain, APIURL: s.URL(), Token: s.Settings().AccessToken,
		Currency: s.Shop.opts.Currency, TimeZone: stageZone,
		Settings: map[string]string{"GRAPEVINE_SHOPIFY_CLIENT_SECRETS": s.Settings().ClientSecret},
	}
}

// AddCustomer makes a customer.
func (s *Stage) AddCustomer(b simshop.Buyer) (string, error) {
	c, err := s.Server.AddCustomer(*buyer(b))
	if err != nil {
		return "", err
	}
	return strconv.FormatInt(c.ID, 10), nil
}

// buyer is nil for a guest: an order without an account has no customer on Shopify.
func buyer(b simshop.Buyer) *CustomerInput {
	if b.Guest {
		return nil
	}
	return &CustomerInput{Email: b.Email, FirstName: b.FirstName, LastName: b.Surname}
}

// Place completes a checkout.
func (s *Stage) Place(b simshop.Basket) (simshop.Sold, error) {
	in := OrderInput{Customer: buyer(b.Buyer), Shipping: b.Shipping, Paid: !b.Unpaid, Test: b.Test}
	if b.Buyer.Street != "" {
		in.ShippingAddress = &Address{
			FirstName: b.Buyer.FirstName, LastName: b.Buyer.Surname, Address1: b.Buyer.Street,
			City: b.Buyer.City, Zip: b.Buyer.Postcode, CountryCode: b.Buyer.Country,
		}
	}
	for _, g := range b.Goods {
		in.Lines = append(in.Lines, LineInput{Title: g.Title, Price: g.Price, Quantity: int64(g.Quantity)})
	}
	if b.Code != "" {
		in.Codes = []CodeInput{{Code: b.Code}}
	}
	if b.Link != "" {
		in.LandingSite = "/?ref=" + b.Link
	}
	o, err := s.PlaceOrder(in)
	if err != nil {
		return simshop.Sold{}, err
	}
	return simshop.Sold{ID: strconv.FormatInt(o.ID, 10), Name: o.Name, Total: o.Totals().Total.String()}, nil
}

// Pay pays what is outstanding.
func (s *Stage) Pay(orderID string) error {
	id, err := plainID(orderID)
	if err == nil {
		_, err = s.Server.Pay(id, "")
	}
	return err
}

// Refund gives back lines, money, or everything that is left.
func (s *Stage) Refund(orderID string, r simshop.Refund) error {
	id, err := plainID(orderID)
	if err != nil {
		return err
	}
	in := RefundInput{Amount: r.Amount}
	for _, i := range r.Lines {
		in.Lines = append(in.Lines, RefundLineInput{Index: i})
	}
	if r.Amount == "" && len(r.Lines) == 0 {
		o, err := s.Order(id)
		if err != nil {
			return err
		}
		in.Shipping = o.Totals().CurrentShipping.String()
		for i, l := range o.Lines {
			if l.CurrentQuantity > 0 {
				in.Lines = append(in.Lines, RefundLineInput{Index: i})
			}
		}
	}
	_, err = s.Server.Refund(id, in)
	return err
}

// Cancel cancels an order and gives back what was paid.
func (s *Stage) Cancel(orderID string) error {
	id, err := plainID(orderID)
	if err == nil {
		_, err = s.Server.Cancel(id, CancelInput{Refund: true})
	}
	return err
}

func plainID(id string) (int64, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0, invalid("%q is no id", id)
	}
	return n, nil
}

// Hold keeps webhooks back.
func (s *Stage) Hold(on bool) { s.HoldWebhooks(on) }

// Take hands out what was kept back.
func (s *Stage) Take() []simshop.Letter {
	var letters []simshop.Letter
	for _, d := range s.TakeWebhooks() {
		req, err := s.NewRequest(context.Background(), s.opts.Hooks, d)
		if err != nil { // the address is checked before anything is sent to it
			continue
		}
		letters = append(letters, simshop.Letter{URL: s.opts.Hooks, Header: req.Header, Body: d.Body, Topic: d.Topic})
	}
	return letters
}

// Lose loses webhooks by chance.
func (s *Stage) Lose(chance float64) { s.LoseWebhooks(chance) }

// Redeliver sends everything again under new ids.
func (s *Stage) Redeliver() (int, error) { return s.Server.Redeliver(RedeliverInput{NewID: true}) }

// Credit is the customer's store credit in the shop's currency, and the credits that are not used up.
func (s *Stage) Credit(customerID string) (balance string, live int, err error) {
	id, err := plainID(customerID)
	if err != nil {
		return "", 0, err
	}
	st, err := s.State()
	if err != nil {
		return "", 0, err
	}
	a := st.CreditOf(id, s.Shop.opts.Currency)
	if a == nil {
		return Money{Currency: s.Shop.opts.Currency}.String(), 0, nil
	}
	for _, t := range a.Transactions {
		if t.Kind == "credit" && t.Remaining.Minor > 0 {
			live++
		}
	}
	return a.Balance.String(), live, nil
}

// Codes are all discount codes of the shop.
func (s *Stage) Codes() ([]simshop.Code, error) {
	st, err := s.State()
	if err != nil {
		return nil, err
	}
	var codes []simshop.Code
	now := s.now()
	for _, d := range st.Discounts {
		live := !d.StartsAt.After(now) && (d.EndsAt == nil || d.EndsAt.After(now)) && (d.UsageLimit == nil || d.Usage < *d.UsageLimit)
		owner := ""
		if len(d.CustomerIDs) > 0 {
			owner = strconv.FormatInt(d.CustomerIDs[0], 10)
		}
		for _, c := range d.Codes {
			codes = append(codes, simshop.Code{Code: c.Code, Live: live, Used: int(c.Usage), For: owner})
		}
	}
	return codes, nil
}
