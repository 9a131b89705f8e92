package shopify_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"grapevine/connectors"
	"grapevine/connectors/shopify"
	"grapevine/connectors/shopify/shopifytest"
	"grapevine/rewards"
)

// codeless tells whether the mutation's user errors have no code.
func (s story) codeless() bool { return strings.HasPrefix(s.operation, "Tags") }

// refusal is a user error that the mutation may answer with.
func (s story) refusal() string {
	switch {
	case s.operation == "GiftCardCreate":
		return "GIFT_CARD_LIMIT_EXCEEDED"
	case s.operation == "GiftCardDeactivate":
		return "GIFT_CARD_NOT_FOUND"
	case strings.HasPrefix(s.operation, "StoreCredit"), s.operation == "GiftCardDebit":
		return "NEGATIVE_OR_ZERO_AMOUNT"
	}
	return "EXCEEDED_MAX"
}

// product makes a product in the shop and returns its plain id.
func (w *world) product(price string, collections ...int64) string {
	w.t.Helper()
	p, err := w.sim.AddProduct(shopifytest.ProductInput{Title: "Mug", Price: price, Collections: collections})
	if err != nil {
		w.t.Fatal(err)
	}
	return strconv.FormatInt(p.ID, 10)
}

// freebie is the discount of a product reward.
func freebie(product string) rewards.Discount {
	return rewards.Discount{Percent: 10_000, Products: []string{product}, OnePiece: true}
}

func giftCard(customer string) rewards.IssueGiftCard {
	return rewards.IssueGiftCard{RewardID: "rw_k3v9x2m8qat4c7np", Code: "GV-AAAA-BBBB-CCCC", CustomerID: customer, Amount: usd(1000), ExpiresAt: ends}
}

// moreStories are those of gift cards, tags, and discounts on chosen goods.
func moreStories() map[string]story {
	return map[string]story{
		"a free product is given": {"DiscountBasicCreate", func(w *world) rewards.Action {
			return issue(w.customer("a@example.com"), freebie(w.product("12.50")))
		}, func(st *shopifytest.State, r connectors.Receipt) error {
			for _, d := range st.Discounts {
				if d.Amount.Minor != 1250 || d.EachItem || len(d.ProductIDs) != 1 || len(d.CustomerIDs) != 1 {
					return fmt.Errorf("got %+v", d)
				}
			}
			return oneDiscount(st, r)
		}},
		"an offer on a collection becomes one on products": {"DiscountBasicUpdate", func(w *world) rewards.Action {
			a := offer()
			a.Discount.Collections = []string{"501", "502"}
			id := w.must(a).ExternalID
			a.Discount.Collections, a.Discount.Products = nil, []string{w.product("5.00"), w.product("6.00")}
			return rewards.ChangeOffer{ExternalID: id, Offer: a}
		}, func(st *shopifytest.State, r connectors.Receipt) error {
			for _, d := range st.Discounts {
				if len(d.ProductIDs) != 2 || len(d.CollectionIDs) != 0 || d.PercentPPM != 100_000 {
					return fmt.Errorf("got %+v", d)
				}
			}
			return oneDiscount(st, r)
		}},
		"a gift card is issued": {"GiftCardCreate", func(w *world) rewards.Action { return giftCard(w.customer("a@example.com")) },
			func(st *shopifytest.State, r connectors.Receipt) error {
				if r.Refs[shopify.RefGiftCode] != "gvaaaabbbbcccc" {
					return fmt.Errorf("receipt %+v", r)
				}
				return oneCard(st, r, 1000, 0, true)
			}},
		"a gift card is lowered": {"GiftCardDebit", func(w *world) rewards.Action {
			r := w.must(giftCard(w.customer("a@example.com")))
			return rewards.TakeGiftCard{ExternalID: r.ExternalID, Amount: usd(400), Left: usd(600)}
		}, func(st *shopifytest.State, r connectors.Receipt) error {
			if r.Taken != usd(400) || r.Spent {
				return fmt.Errorf("receipt %+v", r)
			}
			return oneCard(st, r, 600, 1, true)
		}},
		"a gift card is switched off": {"GiftCardDeactivate", func(w *world) rewards.Action {
			r := w.must(giftCard(w.customer("a@example.com")))
			return rewards.TakeGiftCard{ExternalID: r.ExternalID, Amount: usd(1000), Left: usd(0)}
		}, func(st *shopifytest.State, r connectors.Receipt) error {
			if r.Taken != usd(1000) || r.Spent {
				return fmt.Errorf("receipt %+v", r)
			}
			return oneCard(st, r, 1000, 0, false)
		}},
		"a tag is added": {"TagsAdd", func(w *world) rewards.Action {
			return rewards.AddTag{RewardID: "rw_1", CustomerID: w.customer("a@example.com"), Tag: "VIP"}
		}, tags("VIP")},
		"a tag is removed": {"TagsRemove", func(w *world) rewards.Action {
			a := rewards.AddTag{RewardID: "rw_1", CustomerID: w.customer("a@example.com"), Tag: "VIP"}
			w.must(a)
			a.Tag = "early access"
			w.must(a)
			return rewards.RemoveTag{CustomerID: a.CustomerID, Tag: "VIP"}
		}, tags("early access")},
	}
}

// oneCard expects the shop's only gift card.
func oneCard(st *shopifytest.State, r connectors.Receipt, minor int64, transactions int, live bool) error {
	if len(st.GiftCards) != 1 {
		return fmt.Errorf("%d gift cards", len(st.GiftCards))
	}
	for id, g := range st.GiftCards {
		if g.Balance.Minor != minor || len(g.Transactions) != transactions || (g.DeactivatedAt == nil) != live {
			return fmt.Errorf("got %+v", g)
		}
		if r.ExternalID != fmt.Sprintf("gid://shopify/GiftCard/%d", id) {
			return fmt.Errorf("the receipt names %s", r.ExternalID)
		}
	}
	return nil
}

// tags expects exactly these on the shop's only customer.
func tags(want ...string) func(*shopifytest.State, connectors.Receipt) error {
	return func(st *shopifytest.State, r connectors.Receipt) error {
		for id, c := range st.Customers {
			if !slices.Equal(c.Tags, want) || r.ExternalID != fmt.Sprintf("gid://shopify/Customer/%d", id) {
				return fmt.Errorf("tags %q, receipt %+v", c.Tags, r)
			}
		}
		return nil
	}
}
