package shopify

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"grapevine/connectors"
	"grapevine/rewards"
)

// longestTag is how many characters a tag may have. Source: Shopify's help, "Creating and using tags".
const longestTag = 255

// tagged is whom a tag is about, checked. A comma would make two tags of one.
func tagged(customerID, tag string) (customer string, err error) {
	if customer, err = gid("Customer", customerID); err != nil {
		return "", call(err)
	}
	if tag == "" || tag != strings.TrimSpace(tag) || strings.Contains(tag, ",") || utf8.RuneCountInString(tag) > longestTag {
		return "", call(rewards.Errorf(rewards.Invalid, "bad_tag", "%.40q is no tag of at most %d characters without a comma", tag, longestTag))
	}
	return customer, nil
}

// has tells whether a customer has a tag, without regard to case, as Shopify compares tags. exists is
// false where there is no such customer.
func (s *Shopify) has(ctx context.Context, shop connectors.Shop, customer, tag string) (has, exists bool, pace connectors.Pace, err error) {
	var data struct {
		Customer *struct {
			Tags []string `json:"tags"`
		} `json:"customer"`
	}
	pace, err = s.ask(ctx, shop, "customer_tags", map[string]any{"id": customer}, &data)
	if err != nil || data.Customer == nil {
		return false, false, pace, err
	}
	return slices.ContainsFunc(data.Customer.Tags, func(t string) bool { return strings.EqualFold(t, tag) }), true, pace, nil
}

// changeTag sends a mutation on tags. Its user errors have no code, so each is shop_refused.
func (s *Shopify) changeTag(ctx context.Context, shop connectors.Shop, operation, customer, tag string) (connectors.Receipt, error) {
	var answer map[string]*struct {
		Node *struct {
			ID string `json:"id"`
		} `json:"node"`
		UserErrors []userError `json:"userErrors"`
	}
	pace, err := s.ask(ctx, shop, operation, map[string]any{"id": customer, "tags": []string{tag}}, &answer)
	if err != nil {
		return connectors.Receipt{Pace: pace}, err
	}
	for _, p := range answer {
		if p == nil {
			continue
		}
		if err := refused(p.UserErrors, p.Node != nil); err != nil {
			return connectors.Receipt{Pace: pace}, within(operation, err)
		}
		if p.Node != nil {
			return connectors.Receipt{ExternalID: customer, Pace: pace}, nil
		}
	}
	return connectors.Receipt{Pace: pace}, within(operation, connectors.Unreadable(true, "the answer has neither a result nor an error"))
}

// addTag puts a tag on a customer; one that is there already stays as it is.
func (s *Shopify) addTag(ctx context.Context, shop connectors.Shop, a rewards.AddTag) (connectors.Receipt, error) {
	customer, err := tagged(a.CustomerID, a.Tag)
	if err != nil {
		return connectors.Receipt{}, err
	}
	return s.changeTag(ctx, shop, "tags_add", customer, a.Tag)
}

func (s *Shopify) findTag(ctx context.Context, shop connectors.Shop, a rewards.AddTag) (connectors.Receipt, error) {
	customer, err := tagged(a.CustomerID, a.Tag)
	if err != nil {
		return connectors.Receipt{}, err
	}
	has, _, pace, err := s.has(ctx, shop, customer, a.Tag)
	if err == nil && !has {
		err = connectors.NotDone("the customer %s has not the tag %q", a.CustomerID, a.Tag)
	}
	if err != nil {
		return connectors.Receipt{Pace: pace}, err
	}
	return connectors.Receipt{ExternalID: customer, Pace: pace}, nil
}

// removeTag takes a tag off a customer. Where there is no such customer any more there is no tag either.
func (s *Shopify) removeTag(ctx context.Context, shop connectors.Shop, a rewards.RemoveTag) (connectors.Receipt, error) {
	r, err := s.findNoTag(ctx, shop, a)
	if err == nil || rewards.KindOf(err) != rewards.NotFound {
		return r, err
	}
	customer, err := tagged(a.CustomerID, a.Tag)
	if err != nil {
		return connectors.Receipt{}, err
	}
	return s.changeTag(ctx, shop, "tags_remove", customer, a.Tag)
}

func (s *Shopify) findNoTag(ctx context.Context, shop connectors.Shop, a rewards.RemoveTag) (connectors.Receipt, error) {
	customer, err := tagged(a.CustomerID, a.Tag)
	if err != nil {
		return connectors.Receipt{}, err
	}
	has, _, pace, err := s.has(ctx, shop, customer, a.Tag)
	if err == nil && has {
		err = connectors.NotDone("the customer %s still has the tag %q", a.CustomerID, a.Tag)
	}
	if err != nil {
		return connectors.Receipt{Pace: pace}, err
	}
	return connectors.Receipt{ExternalID: customer, Pace: pace}, nil
}
