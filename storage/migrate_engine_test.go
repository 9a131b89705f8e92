package storage

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"grapevine/internal/testdb"
	"grapevine/rewards"
)

// The rows of a shop as version 2 wrote them: a programme with one reward, and an order that earned it.
const (
	secondSpec = `{"name":"give10","version":1,"title":"Give 10","currency":"USD","applied_at":"2026-01-01T00:00:00Z",
"friend":{"percent":1000,"amount":{"minor":0,"currency":"USD"},"minimum":{"minor":0,"currency":"USD"}},
"reward":{"kind":"store_credit","amount":{"minor":1000,"currency":"USD"},"discount":{"amount":{"minor":0,"currency":"USD"},"minimum":{"minor":0,"currency":"USD"}},"expires":15552000000000000},
"customers":"any","minimum":{"minor":3000,"currency":"USD"},"window":2592000000000000,"hold":0,"partial_refund":"proportional","per_advocate":0,"per_advocate_period":0,
"budget":{"minor":0,"currency":"USD"}}`
	secondRecord = `{"Facts":{"order":{"id":"o1","name":"#1","placed_at":"2026-02-01T00:00:00Z","updated_at":"2026-02-01T00:00:00Z","currency":"USD","payment":"paid",
"customer":{"id":"c-2","email_key":"k2"},"codes":[{"code":"ANNA-1","took_off":{"minor":500,"currency":"USD"}}],
"lines":[{"id":"l1","quantity":1,"current":1,"amount":{"minor":4500,"currency":"USD"}}],"money_back":{"minor":0,"currency":"USD"}},
"at":"2026-02-01T00:00:01Z","paid_at":"2026-02-01T00:00:00Z","claims":[{"code":"ANNA-1","advocate":"adv_1","customer_id":"c-1","program":"give10","since":"2026-01-02T00:00:00Z","took_off":{"minor":500,"currency":"USD"}}],
"room":{"advocate_used":0,"budget_used":{"minor":0,"currency":"USD"},"asked":{"minor":1000,"currency":"USD"}}},
"Eligible":{"original":{"minor":4500,"currency":"USD"},"left":{"minor":4500,"currency":"USD"}},
"Decision":{"outcome":"rewarded","reason":"","program":"give10","program_version":1,"advocate":"adv_1","candidates":[{"code":"ANNA-1","advocate":"adv_1","won":true,"reason":""}],
"value":{"minor":1000,"currency":"USD"},"net":{"minor":1000,"currency":"USD"},"release_at":"2026-02-01T00:00:00Z"}}`
)

// secondSchema is a database as version 2 left it, with rows in every table that the migration touches.
func secondSchema(t *testing.T, url string) *store {
	t.Helper()
	s := &store{t: t, url: url, ctx: t.Context()}
	s.DB = s.open(Options{})
	p, err := s.provider()
	s.no(err)
	_, err = p.UpTo(s.ctx, 2)
	s.no(err)
	for _, shop := range []string{"shop_a", "shop_b"} {
		s.raw("INSERT INTO shops (shop_id, platform, domain, currency, status, since, installed_at, created_at) VALUES (?, 'shopify', ?, 'USD', 'active', {now}, {now}, {now})", shop, shop+".example")
		s.raw("INSERT INTO lanes (shop_id, lease_until, paused_until) VALUES (?, {now}, {now})", shop)
		s.raw("INSERT INTO programs (shop_id, name, version, title, source, spec, applied_at) VALUES (?, 'give10', 1, 'Give 10', '', ?{json}, {now})", shop, secondSpec)
		s.raw("INSERT INTO offers (shop_id, program, seed, wanted_version, status, budget_used_minor, currency) VALUES (?, 'give10', 'SEED', 1, 'active', 1000, 'USD')", shop)
		s.raw("INSERT INTO advocates (shop_id, id, customer_id, status, created_at) VALUES (?, 'adv_1', 'c-1', 'active', {now})", shop)
		s.raw("INSERT INTO codes (shop_id, folded, code, advocate_id, program, status, created_at) VALUES (?, 'ANNA-1', 'ANNA-1', 'adv_1', 'give10', 'active', {now})", shop)
		s.raw(`INSERT INTO orders (shop_id, order_id, name, status, currency, original_minor, eligible_minor, customer_id, email_key, placed_at, updated_at, paid, test, outcome, program, version, advocate_id, record)
VALUES (?, 'o1', '#1', 'paid', 'USD', 4500, 4500, 'c-2', 'k2', {hourago}, {hourago}, true, false, 'rewarded', 'give10', 1, 'adv_1', ?{json})`, shop, secondRecord)
		s.raw(`INSERT INTO rewards (shop_id, id, order_id, advocate_id, customer_id, beneficiary, rule, program, version, kind, spec, currency, value_minor,
  net_minor, given_minor, loss_minor, void, status, reason, created_at, expires_at, code, code_folded, tries, external_id, refs, withdrawn, replaced_by, replaces)
VALUES (?, 'rw_1', 'o1', 'adv_1', 'c-1', 'advocate', 'give10', 'give10', 1, 'store_credit', '{"kind":"store_credit","amount":{"minor":1000,"currency":"USD"},"discount":{"amount":{"minor":0,"currency":"USD"},"minimum":{"minor":0,"currency":"USD"}},"expires":1}',
  'USD', 1000, 1000, 1000, 0, false, 'issuing', '', {now}, {now}, '', '', 0, '', 'null', false, '', '')`, shop)
		s.raw("INSERT INTO reward_history (shop_id, reward_id, seq, at, from_status, to_status, reason, actor) VALUES (?, 'rw_1', 1, {now}, '', 'issuing', '', 'engine')", shop)
		p := rewards.Posting{RewardID: "rw_1", From: "program:give10", To: "pending:adv_1", Amount: usd(1000), Reason: "earned"}
		s.no(s.write(s.ctx, "posting", func(x *txn) error { return x.savePostings(shop, []rewards.Posting{p}) }))
	}
	return s
}

func TestAShopOfVersionTwoGoesOn(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		s := secondSchema(t, url)
		ledger := s.plainRows()
		if _, _, err := s.Migrate(s.ctx); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(ledger, s.plainRows()) {
			t.Fatal("the ledger was changed")
		}
		if s.lite && s.count("SELECT count(*) FROM pragma_foreign_key_check") != 0 {
			t.Fatal("rows lead nowhere")
		}
		s.closed()
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal(text)
		}
		p, err := s.Program(s.ctx, "shop_a", "give10")
		s.no(err)
		if len(p.Rules) != 1 || p.Rules[0].Name != "advocate" || p.Rules[0].Reward.Amount != usd(1000) || p.Qualify.Minimum != usd(3000) ||
			p.Qualify.Customers != rewards.CustomersAny || p.Attribution.Window != 30*24*time.Hour || p.BudgetUsed != usd(1000) {
			t.Fatalf("got %+v", p.Program)
		}
		o, err := s.Order(s.ctx, "shop_b", "o1")
		s.no(err)
		g, ok := o.Decision.Grant(rewards.ForAdvocate, "advocate")
		if !ok || g.Value != usd(1000) || !o.Decision.Reckoned || o.Decision.Outcome != rewards.OutcomeRewarded || o.Rewards[0].Rule != "advocate" {
			t.Fatalf("got %+v, %+v", o.Decision, o.Rewards)
		}
		if n := s.count("SELECT count(*) FROM orders WHERE code = 'ANNA-1' AND referral = 1 AND NOT linked AND NOT historic"); n != 2 {
			t.Fatalf("%d orders tell their code", n)
		}
		r := &referred{store: s, lane: s.lane("shop_a"), advocate: rewards.Advocate{Code: "ANNA-1"}}
		r.shop.ID = "shop_a"
		r.decide(r.order("o2"))
		refunded := o.Facts.Order
		refunded.Payment, refunded.UpdatedAt = rewards.PaymentRefunded, time.Now()
		r.decide(refunded)
		if got := fmt.Sprint(r.the("o2").Status, " ", r.the("o1").Void); got != "issuing true" {
			t.Fatalf("got %s", got)
		}
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal(text)
		}
	})
}
