package connectortest

import (
	"slices"
	"strings"

	"grapevine/connectors"
	"grapevine/rewards"
)

// offerDeeds are those of a programme's discount and of friends' codes, which every platform has.
func offerDeeds() []deed {
	return []deed{
		{"an offer is published", always,
			func(s *stage) rewards.Action { return s.offer() },
			func(s *stage, _ rewards.Action, _ connectors.Receipt) { s.onlyCodes(seedCode) }},
		{"an offer of free shipping is published", func(c connectors.Capabilities) bool { return c.FreeShipping },
			func(s *stage) rewards.Action {
				o := s.offer()
				o.Discount.Percent, o.Discount.FreeShipping = 0, true
				return o
			},
			func(s *stage, _ rewards.Action, _ connectors.Receipt) { s.onlyCodes(seedCode) }},
		{"an offer is changed", always,
			func(s *stage) rewards.Action {
				o, id := s.published()
				o.Discount.Percent, o.Discount.Amount, o.Title = 0, s.money("5.00"), "Give 5"
				return rewards.ChangeOffer{ExternalID: id, Offer: o}
			},
			func(s *stage, _ rewards.Action, _ connectors.Receipt) { s.onlyCodes(seedCode) }},
		{"friends' codes are added", always,
			func(s *stage) rewards.Action {
				o, id := s.published()
				return rewards.AddCodes{OfferID: id, Offer: o, Codes: []string{annasCode, bensCode}}
			},
			func(s *stage, _ rewards.Action, r connectors.Receipt) {
				if len(r.Refused) > 0 {
					s.tb.Errorf("codes are refused: %v", r.Refused)
				}
				s.onlyCodes(seedCode, annasCode, bensCode)
				s.live(annasCode, true)
				s.live(bensCode, true)
			}},
		{"a friend's code is retired", always,
			func(s *stage) rewards.Action {
				_, id := s.published(annasCode, bensCode)
				return rewards.RetireCode{OfferID: id, Code: annasCode}
			},
			func(s *stage, _ rewards.Action, _ connectors.Receipt) {
				s.live(annasCode, false)
				s.live(bensCode, true)
			}},
	}
}

// codeDeeds are those of rewards that are codes.
func codeDeeds() []deed {
	code := carries(rewards.KindDiscountCode)
	kind := func(d rewards.Discount) func(*stage) rewards.Action {
		return func(s *stage) rewards.Action {
			return s.step(s.unpriced(s.owed(rewards.KindDiscountCode, s.customer("anna")), d), rewards.StepIssue)
		}
	}
	return []deed{
		{"a code worth an amount is issued", code,
			func(s *stage) rewards.Action {
				return s.step(s.owed(rewards.KindDiscountCode, s.customer("anna")), rewards.StepIssue)
			}, onlyReward},
		{"a code worth a percentage is issued", code, kind(rewards.Discount{Percent: 1250}), onlyReward},
		{"a code for free shipping is issued", func(c connectors.Capabilities) bool { return code(c) && c.FreeShipping },
			kind(rewards.Discount{FreeShipping: true}), onlyReward},
		{"a code for one product is issued", func(c connectors.Capabilities) bool { return code(c) && c.Scopes },
			func(s *stage) rewards.Action {
				r := s.unpriced(s.owed(rewards.KindDiscountCode, s.customer("anna")), rewards.Discount{Percent: 2000, Products: []string{s.product("12.50")}})
				return s.step(r, rewards.StepIssue)
			}, onlyReward},
		{"a product is given", carries(rewards.KindProduct),
			func(s *stage) rewards.Action {
				r := s.unpriced(s.owed(rewards.KindProduct, s.customer("anna")), rewards.Discount{})
				r.Spec.ProductID = s.product("12.50")
				return s.step(r, rewards.StepIssue)
			}, onlyReward},
		{"a code is reduced", code,
			func(s *stage) rewards.Action {
				return s.reduced(s.issued(s.owed(rewards.KindDiscountCode, s.customer("anna"))))
			}, onlyReward},
		{"a code is withdrawn", code,
			func(s *stage) rewards.Action {
				return s.withdrawn(s.issued(s.owed(rewards.KindDiscountCode, s.customer("anna"))))
			},
			func(s *stage, _ rewards.Action, r connectors.Receipt) {
				if r.Spent {
					s.tb.Error("a code that nobody used counts as spent")
				}
				s.live(rewardCode, false)
			}},
	}
}

// creditDeeds are those of store credit.
func creditDeeds() []deed {
	credit := carries(rewards.KindStoreCredit)
	return []deed{
		{"credit is granted", credit,
			func(s *stage) rewards.Action {
				return s.step(s.owed(rewards.KindStoreCredit, s.customer("anna")), rewards.StepIssue)
			},
			func(s *stage, a rewards.Action, r connectors.Receipt) {
				grant := a.(rewards.GrantCredit)
				if r.ExternalID == "" || !r.ExpiresAt.IsZero() && !r.ExpiresAt.Equal(grant.ExpiresAt) {
					s.tb.Errorf("receipt %+v of a credit that ends at %v", r, grant.ExpiresAt)
				}
				s.holdsCredit(grant.CustomerID, "5.00", 1)
			}},
		{"credit is reduced", credit,
			func(s *stage) rewards.Action {
				return s.reduced(s.issued(s.owed(rewards.KindStoreCredit, s.customer("anna"))))
			},
			func(s *stage, a rewards.Action, r connectors.Receipt) {
				if r.Taken != s.money("3.00") || r.Spent {
					s.tb.Errorf("3.00 were to be taken, the receipt says %+v", r)
				}
				s.holdsCredit(a.(rewards.TakeCredit).CustomerID, "2.00", 1)
			}},
		{"credit is withdrawn", credit,
			func(s *stage) rewards.Action {
				return s.withdrawn(s.issued(s.owed(rewards.KindStoreCredit, s.customer("anna"))))
			},
			func(s *stage, a rewards.Action, r connectors.Receipt) {
				if r.Taken != s.money("5.00") || r.Spent {
					s.tb.Errorf("5.00 were to be taken, the receipt says %+v", r)
				}
				s.holdsCredit(a.(rewards.TakeCredit).CustomerID, "0", 0)
			}},
	}
}

// cardDeeds are those of gift cards.
func cardDeeds() []deed {
	card := carries(rewards.KindGiftCard)
	return []deed{
		{"a gift card is issued", card,
			func(s *stage) rewards.Action {
				return s.step(s.owed(rewards.KindGiftCard, s.customer("anna")), rewards.StepIssue)
			},
			func(s *stage, _ rewards.Action, _ connectors.Receipt) { s.holdsCards("5.00") }},
		{"a gift card is reduced", card,
			func(s *stage) rewards.Action {
				return s.reduced(s.issued(s.owed(rewards.KindGiftCard, s.customer("anna"))))
			},
			func(s *stage, _ rewards.Action, r connectors.Receipt) {
				if r.Taken != s.money("3.00") || r.Spent {
					s.tb.Errorf("3.00 were to be taken, the receipt says %+v", r)
				}
				s.holdsCards("2.00")
			}},
		{"a gift card is withdrawn", card,
			func(s *stage) rewards.Action {
				return s.withdrawn(s.issued(s.owed(rewards.KindGiftCard, s.customer("anna"))))
			},
			func(s *stage, _ rewards.Action, r connectors.Receipt) {
				if r.Taken != s.money("5.00") || r.Spent {
					s.tb.Errorf("5.00 were to be taken, the receipt says %+v", r)
				}
				s.holdsCards()
			}},
	}
}

// tagDeeds are those of tags.
func tagDeeds() []deed {
	return []deed{
		{"a tag is given", carries(rewards.KindTag),
			func(s *stage) rewards.Action {
				return s.step(s.owed(rewards.KindTag, s.customer("anna")), rewards.StepIssue)
			},
			func(s *stage, a rewards.Action, _ connectors.Receipt) { s.tagged(a.(rewards.AddTag).CustomerID, tag) }},
		{"a tag is taken away", carries(rewards.KindTag),
			func(s *stage) rewards.Action {
				return s.withdrawn(s.issued(s.owed(rewards.KindTag, s.customer("anna"))))
			},
			func(s *stage, a rewards.Action, _ connectors.Receipt) { s.tagged(a.(rewards.RemoveTag).CustomerID) }},
	}
}

// onlyReward expects the reward's code, live and for its owner alone, and no other.
func onlyReward(s *stage, _ rewards.Action, _ connectors.Receipt) {
	s.tb.Helper()
	s.onlyCodes(rewardCode)
	s.live(rewardCode, true)
	if s.codes()[fold(rewardCode)].For == "" {
		s.tb.Errorf("anybody can use the code %s", rewardCode)
	}
}

// onlyCodes expects that the shop has no other code than these.
func (s *stage) onlyCodes(may ...string) {
	s.tb.Helper()
	for code := range s.codes() {
		if !slices.Contains(may, code) {
			s.tb.Errorf("the shop has the code %s beside %v", code, may)
		}
	}
}

// live expects that somebody could use a code now, or that nobody could.
func (s *stage) live(code string, want bool) {
	s.tb.Helper()
	if got := s.codes()[fold(code)]; got.Live != want {
		s.tb.Errorf("the code %s: live is %v, want %v", code, got.Live, want)
	}
}

// holdsCredit expects a customer's balance, and how many live things it is made of.
func (s *stage) holdsCredit(customer, decimal string, things int) {
	s.tb.Helper()
	balance, live, err := s.sim.Credit(customer)
	s.no("looking at the credit", err)
	if s.money(balance) != s.money(decimal) || live != things {
		s.tb.Errorf("the shop has %s of store credit by %d, want %s by %d", balance, live, decimal, things)
	}
}

// holdsCards expects gift cards with so much left on them, and no others.
func (s *stage) holdsCards(decimals ...string) {
	s.tb.Helper()
	holder, ok := s.sim.(CardHolder)
	if !ok {
		s.tb.Fatalf("%T is no connectortest.CardHolder, and the platform claims gift cards", s.sim)
	}
	cards, err := holder.GiftCards()
	s.no("looking at the gift cards", err)
	var got []rewards.Money
	for _, left := range cards {
		got = append(got, s.money(left))
	}
	var want []rewards.Money
	for _, d := range decimals {
		want = append(want, s.money(d))
	}
	if !slices.Equal(got, want) {
		s.tb.Errorf("gift cards with %v are in the shop, want %v", got, want)
	}
}

// tagged expects a customer's tags.
func (s *stage) tagged(customer string, want ...string) {
	s.tb.Helper()
	holder, ok := s.sim.(TagHolder)
	if !ok {
		s.tb.Fatalf("%T is no connectortest.TagHolder, and the platform claims tags", s.sim)
	}
	got, err := holder.Tags(customer)
	s.no("looking at the tags", err)
	if slices.Sort(got); strings.Join(got, ",") != strings.Join(want, ",") {
		s.tb.Errorf("the customer has the tags %q, want %q", got, want)
	}
}

// product makes a product in the shop.
func (s *stage) product(price string) string {
	s.tb.Helper()
	if s.f.Product == nil {
		s.tb.Fatal("connectortest: Fixture.Product is required: the platform claims products")
	}
	id, err := s.f.Product(s.sim, price)
	s.no("making a product", err)
	return id
}
