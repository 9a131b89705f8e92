package api

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/contest"
)

// things are what a shop keeps for its people.
type things struct {
	Points    map[string][]rewards.PointsBalance // by advocate
	Lists     []rewards.Payout
	Donations []rewards.Donations
	Contests  []rewards.Contest
	Tickets   []rewards.Ticket
}

// thingsOf has lists, contests and tickets in each state.
func thingsOf(tag string) *things {
	adv := "adv_" + tag + "1"
	line := rewards.PayoutLine{AdvocateID: adv, CustomerID: tag + "701", Amount: usd(2000), Told: usd(2000), Left: usd(1500), Paid: usd(0), Referrals: 2, Rewards: []string{"rw_" + tag + "1", "rw_" + tag + "2"}}
	open := rewards.Payout{ID: "po_" + tag + "1", Kind: rewards.KindCash, Status: rewards.PayoutOpen, Total: usd(2000), Left: usd(1500), Paid: usd(0),
		CreatedAt: minute(10), CreatedBy: "user:cli", Lines: []rewards.PayoutLine{line}}
	paid := rewards.Payout{ID: "po_" + tag + "2", Kind: rewards.KindDonation, Status: rewards.PayoutPaid, Total: usd(300), Left: usd(0), Paid: usd(300),
		CreatedAt: minute(5), CreatedBy: "user:cli", ExportedAt: minute(6), ClosedAt: minute(7), ClosedBy: "user:cli", Reference: "SEPA 1",
		Lines: []rewards.PayoutLine{{Charity: "forest", Amount: usd(300), Told: usd(300), Left: usd(0), Paid: usd(300), Referrals: 1, Rewards: []string{"rw_" + tag + "3"}}}}
	seed := bytes.Repeat([]byte{7}, contest.SeedSize)
	rec, err := contest.NewRecord(contest.Terms{Programme: "summer", ClosedAt: minute(20), Commitment: contest.Commit(seed), Winners: 1, OncePerHolder: true}, seed,
		[]contest.Entry{{ID: "rw_" + tag + "1", Holder: adv, Count: 2}})
	if err != nil {
		panic(err)
	}
	return &things{
		Points: map[string][]rewards.PointsBalance{adv: {{Program: "points", Unused: rewards.Money{Minor: 200, Currency: rewards.UnitPoints}, Worth: usd(1000), Minimum: 50,
			Ends: []rewards.PointsEnd{{At: minute(50), Points: 150}, {Points: 50}}}}},
		Lists: []rewards.Payout{open, paid},
		Donations: []rewards.Donations{{Program: "trees", Goal: usd(50_000), Raised: usd(600), Charities: []rewards.CharityTotal{
			{Charity: "forest", Promised: usd(100), Given: usd(300), Paid: usd(300), Lost: usd(0)}}}},
		Contests: []rewards.Contest{
			{ID: "draw_" + tag + "1", Program: "summer", Commitment: contest.Commit(seed), Winners: 1, OncePerHolder: true, OpenedAt: minute(1), DrawnAt: minute(20), DrawnBy: "user:cli", Record: &rec},
			{ID: "draw_" + tag + "2", Program: "winter", Commitment: contest.Commit(seed), Winners: 3, OpenedAt: minute(2)}},
		Tickets: []rewards.Ticket{
			{Number: 1, Code: "GV-AAAA-BBBB-" + strings.ToUpper(tag) + "DD2", Program: "gala", AdvocateID: adv, RewardID: "rw_" + tag + "5", Status: rewards.StatusIssued, Admits: 2, IssuedAt: minute(3)},
			{Number: 2, Code: "GV-AAAA-BBBB-" + strings.ToUpper(tag) + "DD3", Program: "gala", AdvocateID: adv, RewardID: "rw_" + tag + "6", Status: rewards.StatusRedeemed, Admits: 1, IssuedAt: minute(3), RedeemedAt: minute(30), RedeemedBy: "door 2"},
			{Number: 3, Code: "GV-AAAA-BBBB-" + strings.ToUpper(tag) + "DD4", Program: "gala", AdvocateID: adv, RewardID: "rw_" + tag + "7", Status: rewards.StatusReversed, IssuedAt: minute(3)}},
	}
}

// kept answers for what is kept here.
type kept struct{ *world }

// of locks the world and finds a shop's things.
func (k kept) of(shop string) (*things, func()) {
	k.mu.Lock()
	return k.Kept[shop], k.mu.Unlock
}

func (k kept) Points(_ context.Context, shop, advocate string) ([]rewards.PointsBalance, error) {
	t, unlock := k.of(shop)
	defer unlock()
	if b, ok := t.Points[advocate]; ok {
		return b, nil
	}
	return nil, notFound()
}

func (k kept) ExchangePoints(_ context.Context, shop, advocate, program string, points int64, actor string) (rewards.StoredReward, error) {
	t, unlock := k.of(shop)
	defer unlock()
	held := t.Points[advocate]
	i := slices.IndexFunc(held, func(b rewards.PointsBalance) bool { return b.Program == program })
	if i < 0 {
		return rewards.StoredReward{}, notFound()
	}
	if points > held[i].Unused.Minor {
		return rewards.StoredReward{}, rewards.Errorf(rewards.Conflict, "not_enough_points", "%d", points)
	}
	held[i].Unused.Minor -= points
	return rewards.StoredReward{Reward: rewards.Reward{ID: "rw_new", AdvocateID: advocate, Beneficiary: rewards.ForAdvocate, Program: program, Rule: "exchange",
		Spec: rewards.RewardSpec{Kind: rewards.KindStoreCredit}, Value: usd(5 * points), Net: usd(5 * points), Status: rewards.StatusIssuing},
		History: []rewards.HistoryEntry{{At: minute(40), To: rewards.StatusIssuing, Actor: actor}}}, nil
}

func (k kept) Payouts(_ context.Context, shop string, f rewards.PayoutFilter, p rewards.Page) ([]rewards.Payout, string, error) {
	t, unlock := k.of(shop)
	defer unlock()
	return part(t.Lists, p, func(l rewards.Payout) bool {
		return among(string(f.Kind), string(l.Kind)) && among(string(f.Status), string(l.Status))
	})
}

func (k kept) Payout(_ context.Context, shop, id string) (rewards.Payout, error) {
	t, unlock := k.of(shop)
	defer unlock()
	return one(t.Lists, func(l rewards.Payout) bool { return l.ID == id })
}

func (k kept) Donations(_ context.Context, shop string) ([]rewards.Donations, error) {
	t, unlock := k.of(shop)
	defer unlock()
	return t.Donations, nil
}

func (k kept) CreatePayout(_ context.Context, shop string, w rewards.PayoutWanted, actor string) (rewards.Payout, error) {
	t, unlock := k.of(shop)
	defer unlock()
	if w.Kind == rewards.KindCash {
		return rewards.Payout{}, rewards.Errorf(rewards.Conflict, "nothing_to_pay", "all is on a list")
	}
	p := rewards.Payout{ID: fmt.Sprint("po_new", len(t.Lists)), Kind: w.Kind, Status: rewards.PayoutOpen, Total: usd(300), Left: usd(300), Paid: usd(0), CreatedAt: minute(40), CreatedBy: actor}
	t.Lists = append(t.Lists, p)
	return p, nil
}

func (k kept) ExportPayout(ctx context.Context, shop, id string) (rewards.Payout, error) {
	return k.close(shop, id, func(p *rewards.Payout) {
		p.ExportedAt = minute(40)
		p.Lines = slices.Clone(p.Lines)
		p.Lines[0].Told, p.Lines[0].Email = p.Lines[0].Left, "anna@example.com"
	})
}

func (k kept) PayPayout(_ context.Context, shop, id, reference, actor string) (rewards.Payout, error) {
	return k.close(shop, id, func(p *rewards.Payout) {
		p.Status, p.Paid, p.Left, p.ClosedAt, p.ClosedBy, p.Reference = rewards.PayoutPaid, p.Left, usd(0), minute(40), actor, reference
		p.Lines = slices.Clone(p.Lines)
		p.Lines[0].Paid, p.Lines[0].Left = p.Lines[0].Left, usd(0)
	})
}

func (k kept) CancelPayout(_ context.Context, shop, id, actor string) (rewards.Payout, error) {
	return k.close(shop, id, func(p *rewards.Payout) {
		p.Status, p.Left, p.ClosedAt, p.ClosedBy = rewards.PayoutCancelled, usd(0), minute(40), actor
	})
}

// close changes a list that is open.
func (k kept) close(shop, id string, change func(*rewards.Payout)) (rewards.Payout, error) {
	t, unlock := k.of(shop)
	defer unlock()
	i := slices.IndexFunc(t.Lists, func(l rewards.Payout) bool { return l.ID == id })
	if i < 0 {
		return rewards.Payout{}, notFound()
	}
	if t.Lists[i].Status != rewards.PayoutOpen {
		return t.Lists[i], rewards.Errorf(rewards.Conflict, "already_paid", "at %s", t.Lists[i].ClosedAt)
	}
	change(&t.Lists[i])
	return t.Lists[i], nil
}

func (k kept) Contests(_ context.Context, shop string) ([]rewards.Contest, error) {
	t, unlock := k.of(shop)
	defer unlock()
	return t.Contests, nil
}

func (k kept) Contest(_ context.Context, shop, id string) (rewards.Contest, error) {
	t, unlock := k.of(shop)
	defer unlock()
	return one(t.Contests, func(c rewards.Contest) bool { return c.ID == id })
}

func (k kept) Ticket(_ context.Context, shop, code string) (rewards.Ticket, error) {
	t, unlock := k.of(shop)
	defer unlock()
	return one(t.Tickets, func(x rewards.Ticket) bool { return x.Code == strings.ToUpper(code) })
}

func (k kept) RedeemTicket(_ context.Context, shop, code, by, _ string) (rewards.Ticket, error) {
	t, unlock := k.of(shop)
	defer unlock()
	i := slices.IndexFunc(t.Tickets, func(x rewards.Ticket) bool { return x.Code == strings.ToUpper(code) })
	if i < 0 {
		return rewards.Ticket{}, notFound()
	}
	x := &t.Tickets[i]
	switch x.Status {
	case rewards.StatusRedeemed:
		return *x, rewards.Errorf(rewards.Conflict, "already_redeemed", "at %s", x.RedeemedAt.Format(time.RFC3339))
	case rewards.StatusReversed:
		return *x, rewards.Errorf(rewards.Conflict, "ticket_reversed", "gone")
	}
	x.Status, x.RedeemedAt, x.RedeemedBy = rewards.StatusRedeemed, minute(40), by
	return *x, nil
}
