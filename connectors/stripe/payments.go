package stripe

import (
	"context"
	"strings"

	stripego "github.com/stripe/stripe-go/v76"

	"grapevine/connectors"
	"grapevine/rewards"
)

const (
	chargePages  = 1 // of 100 tries to pay for one sale
	disputePages = 1 // of 100 disputes about one charge
)

// payments reads a sale's charges, with what was given back, and the disputes about them.
func (c *caller) payments(ctx context.Context, s *sale) (err error) {
	switch {
	case s.intent() != "":
		s.charges, err = c.charges(ctx, s.intent())
	case s.invoice != nil && s.invoice.Charge.Full != nil:
		s.charges = []chargeBody{*s.invoice.Charge.Full}
	}
	if err != nil {
		return err
	}
	for _, b := range s.charges {
		if !b.Disputed {
			continue
		}
		disputes, err := c.disputes(ctx, b.ID)
		if err != nil {
			return err
		}
		s.disputes = append(s.disputes, disputes...)
	}
	return nil
}

func (c *caller) charges(ctx context.Context, intent string) ([]chargeBody, error) {
	return listed(chargePages, func(b chargeBody) string { return b.ID }, func(after string, out *page[chargeBody]) error {
		return c.list(ctx, "listing charges", after, out, func(p stripego.ListParams) error {
			return c.api.Charges.List(&stripego.ChargeListParams{ListParams: p, PaymentIntent: stripego.String(intent)}).Err()
		})
	})
}

func (c *caller) disputes(ctx context.Context, charge string) ([]disputeBody, error) {
	return listed(disputePages, func(b disputeBody) string { return b.ID }, func(after string, out *page[disputeBody]) error {
		return c.list(ctx, "listing disputes", after, out, func(p stripego.ListParams) error {
			return c.api.Disputes.List(&stripego.DisputeListParams{ListParams: p, Charge: stripego.String(charge)}).Err()
		})
	})
}

// sessionCodes are the promotion codes of a session, with what each took off.
func (c *caller) sessionCodes(ctx context.Context, b *sessionBody) ([]appliedCode, error) {
	if b.Totals == nil || b.Totals.Breakdown == nil {
		return nil, nil
	}
	var codes []appliedCode
	for _, d := range b.Totals.Breakdown.Discounts {
		text, err := c.codeText(ctx, d.Discount.Code.ID)
		if err != nil {
			return nil, err
		}
		if text != "" {
			codes = append(codes, appliedCode{text, d.Amount})
		}
	}
	return codes, nil
}

// invoiceCodes fills in the codes of an invoice, and those that its session had and it has not: a discount is
// taken off the first invoice of a subscription only, and the friend came by it all the same.
func (c *caller) invoiceCodes(ctx context.Context, s *sale) error {
	off := map[string]int64{}
	named := map[string]string{}
	var ids []string
	for _, d := range s.invoice.Discounts {
		if d.Full != nil {
			ids, named[d.ID] = append(ids, d.ID), d.Full.Code.ID
		}
	}
	for _, o := range s.invoice.Off {
		off[o.Discount.ID] += o.Amount
	}
	has := map[string]bool{}
	for _, id := range ids {
		text, err := c.codeText(ctx, named[id])
		if err != nil {
			return err
		}
		if text != "" {
			has[text] = true
			s.codes = append(s.codes, appliedCode{text, off[id]})
		}
	}
	if s.session == nil {
		return nil
	}
	began, err := c.sessionCodes(ctx, s.session)
	if err != nil {
		return err
	}
	for _, b := range began {
		switch {
		case has[b.code]:
		case s.session.Invoice.ID == s.invoice.ID: // the sale's own: its discount may be gone from the invoice
			s.codes = append(s.codes, b)
		default:
			s.earlier = append(s.earlier, b.code)
		}
	}
	return nil
}

// renewal is the number of this payment among those of its subscription. Invoices on which nothing was billed,
// as at the beginning of a trial, are no payments.
func (c *caller) renewal(ctx context.Context, b *invoiceBody) (int, error) {
	found, err := c.invoices(ctx, renewalPages, func(q *stripego.InvoiceListParams) {
		q.Subscription, q.Status = stripego.String(b.Subscription.ID), stripego.String("paid")
		q.CreatedRange = &stripego.RangeQueryParams{LesserThanOrEqual: b.Created}
	})
	n := 1
	for _, other := range found {
		if other.ID != b.ID && !other.trial() && (other.Created < b.Created || other.ID < b.ID) {
			n++
		}
	}
	return n, err
}

// invoices lists invoices, the newest first, on so many pages at most.
func (c *caller) invoices(ctx context.Context, pages int, pick func(*stripego.InvoiceListParams)) ([]invoiceBody, error) {
	return listed(pages, func(b invoiceBody) string { return b.ID }, func(after string, out *page[invoiceBody]) error {
		return c.list(ctx, "listing invoices", after, out, func(p stripego.ListParams) error {
			q := &stripego.InvoiceListParams{ListParams: p}
			pick(q)
			return c.api.Invoices.List(q).Err()
		})
	})
}

// earlier counts the buyer's sales before this one: by her account, and by the e-mail that she gave at the
// checkout. Every payment of a subscription is a sale of its own. It counts to a few hundred at most; nil
// where nothing is known of her.
func (c *caller) earlier(ctx context.Context, s sale, who rewards.Person) (*int64, error) {
	if who.ID == "" && who.Email == "" {
		return nil, nil
	}
	before := &stripego.RangeQueryParams{LesserThan: s.placed().Unix()}
	sales := map[string]bool{}
	var pickers []func(*stripego.CheckoutSessionListParams)
	if who.ID != "" {
		found, err := c.invoices(ctx, earlierPages, func(q *stripego.InvoiceListParams) {
			q.Customer, q.Status, q.CreatedRange = stripego.String(who.ID), stripego.String("paid"), before
		})
		if err != nil {
			return nil, err
		}
		for _, b := range found {
			if !b.trial() {
				sales[b.ID] = true
			}
		}
		pickers = append(pickers, func(q *stripego.CheckoutSessionListParams) { q.Customer = stripego.String(who.ID) })
	}
	for _, email := range spellings(who.Email) {
		pickers = append(pickers, func(q *stripego.CheckoutSessionListParams) {
			q.CustomerDetails = &stripego.CheckoutSessionListCustomerDetailsParams{Email: stripego.String(email)}
		})
	}
	for _, pick := range pickers {
		found, err := c.sessions(ctx, earlierPages, func(q *stripego.CheckoutSessionListParams) {
			q.Status, q.CreatedRange = stripego.String("complete"), before
			pick(q)
		})
		if err != nil {
			return nil, err
		}
		for i := range found {
			b := sale{session: &found[i]}
			if found[i].Mode != "setup" && !found[i].trial() && b.state() == rewards.PaymentPaid {
				sales[b.id()] = true
			}
		}
	}
	delete(sales, s.id())
	n := int64(len(sales))
	return &n, nil
}

// spellings are an e-mail as it was typed and in small letters: capitals make nobody a new customer.
func spellings(email string) []string {
	small := strings.ToLower(email)
	switch email {
	case "":
		return nil
	case small:
		return []string{small}
	}
	return []string{email, small}
}

// codeText is the text of a promotion code, "" where there is none or Stripe knows it no more.
func (c *caller) codeText(ctx context.Context, id string) (string, error) {
	if !strings.HasPrefix(id, "promo_") {
		return "", nil
	}
	key := c.shop.Domain + "/" + id
	if text, ok := c.s.texts.get(key); ok {
		return text, nil
	}
	b, err := c.promotion(ctx, id)
	switch {
	case isMissing(err):
		return "", nil
	case err != nil:
		return "", err
	case b.Code == "":
		return "", connectors.Unreadable(false, "the promotion code %s has no text", id)
	}
	c.s.texts.put(key, b.Code)
	return b.Code, nil
}

// promotion reads a promotion code.
func (c *caller) promotion(ctx context.Context, id string) (promotionBody, error) {
	var b promotionBody
	err := c.get(ctx, "reading promotion code", &b, func(p stripego.Params) error {
		_, err := c.api.PromotionCodes.Get(id, &stripego.PromotionCodeParams{Params: p})
		return err
	})
	return b, err
}
