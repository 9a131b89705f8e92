package rewards_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"grapevine/rewards"
)

// orderRules change the order at hand; the change is confirmed when the next expectation or step comes.
var orderRules = []rule{
	line(`order (\S+)(?:, placed on day (-?\d+))?`, func(p *player, m []string) {
		placed := p.w.now
		if m[2] != "" {
			placed = p.day(m[2])
		}
		p.take(m[1], placed)
	}),
	line(`(\w+) buys for (\S+)(?: and (\S+))? (with|by the link) (\S+)(?: as order (\S+))?`, func(p *player, m []string) {
		p.buys(m[1], m[2], m[3], m[4], m[5], m[6])
	}),
	line(`by nobody`, func(p *player, m []string) { p.edit(func(o *rewards.Order) { o.Customer = nil }) }),
	line(`by a guest with the e-mail of (\w+)(?:, (\d+) earlier orders?)?(?:, (history unknown))?`, func(p *player, m []string) {
		who := rewards.Person{EmailKey: p.emailKey(m[1]), EarlierOrders: new(int64)}
		if n, err := strconv.ParseInt(m[2], 10, 64); err == nil {
			who.EarlierOrders = &n
		}
		if m[3] != "" {
			who.EarlierOrders = nil
		}
		p.edit(func(o *rewards.Order) { o.Customer = &who })
	}),
	line(`by (\w+)(?:, (\d+) earlier orders?)?(?:, (history unknown))?(?:, e-mail of (\w+))?`, func(p *player, m []string) {
		who := rewards.Person{ID: "cust-" + m[1], EmailKey: "key-" + m[1], EarlierOrders: new(int64)}
		if n, err := strconv.ParseInt(m[2], 10, 64); err == nil {
			who.EarlierOrders = &n
		}
		if m[3] != "" {
			who.EarlierOrders = nil
		}
		if m[4] != "" {
			who.EmailKey = "key-" + m[4]
		}
		p.edit(func(o *rewards.Order) { o.Customer = &who })
	}),
	line(`code "?([^"]+?)"? took (\S+) off`, func(p *player, m []string) {
		p.edit(func(o *rewards.Order) {
			o.Codes = append(slices.Clone(o.Codes), rewards.AppliedCode{Code: m[1], TookOff: p.money(m[2])})
		})
	}),
	line(`link (\S+) followed(?: on day (-?\d+))?`, func(p *player, m []string) {
		touch := rewards.Touch{Code: m[1]}
		if m[2] != "" {
			touch.At = p.day(m[2])
		}
		p.edit(func(o *rewards.Order) { o.Touches = append(slices.Clone(o.Touches), touch) })
	}),
	line(`goes to (\w+)`, func(p *player, m []string) { p.edit(func(o *rewards.Order) { o.Country = m[1] }) }),
	line(`the shop says (investigate|cancel)`, func(p *player, m []string) {
		p.edit(func(o *rewards.Order) { o.Risk = rewards.Risk(m[1]) })
	}),
	line(`line (\d) is product (\S+)(?: in (\S+))?`, func(p *player, m []string) {
		i, _ := strconv.Atoi(m[1])
		p.edit(func(o *rewards.Order) {
			o.Lines = slices.Clone(o.Lines)
			o.Lines[i-1].ProductID = m[2]
			if m[3] != "" {
				o.Lines[i-1].Collections = []string{m[3]}
			}
		})
	}),
	line(`known with (\w+): (.+)`, func(p *player, m []string) { p.known(m[1], m[2]) }),
	line(`no codes`, func(p *player, m []string) { p.edit(func(o *rewards.Order) { o.Codes = nil }) }),
	line(`(\d+) other codes`, func(p *player, m []string) {
		n, _ := strconv.Atoi(m[1])
		p.edit(func(o *rewards.Order) {
			for i := range n {
				o.Codes = append(o.Codes, rewards.AppliedCode{Code: fmt.Sprint("OTHER", i)})
			}
		})
	}),
	line(`goods (\S+)(?: and (\S+))?(?: in (\d+) pieces)?`, func(p *player, m []string) {
		n := int64(1)
		if m[3] != "" {
			n, _ = strconv.ParseInt(m[3], 10, 64)
		}
		lines := p.lines(m[1], m[2], n)
		p.edit(func(o *rewards.Order) { o.Lines = lines })
	}),
	line(`gift card (\S+)`, func(p *player, m []string) {
		p.edit(func(o *rewards.Order) {
			o.Lines = append(slices.Clone(o.Lines), rewards.Line{ID: "g", Quantity: 1, Current: 1, Amount: p.money(m[1]), GiftCard: true})
		})
	}),
	line(`line (\d) has (\d+) left`, func(p *player, m []string) {
		i, _ := strconv.Atoi(m[1])
		left, _ := strconv.ParseInt(m[2], 10, 64)
		p.edit(func(o *rewards.Order) {
			o.Lines = slices.Clone(o.Lines)
			o.Lines[i-1].Current = left
		})
	}),
	line(`money back (\S+)`, func(p *player, m []string) { p.edit(func(o *rewards.Order) { o.MoneyBack = p.money(m[1]) }) }),
	line(`payment (\w+)`, func(p *player, m []string) { p.edit(func(o *rewards.Order) { o.Payment = rewards.Payment(m[1]) }) }),
	line(`paid on day (-?\d+)`, func(p *player, m []string) {
		at := p.day(m[1])
		p.edit(func(o *rewards.Order) { o.Payment, o.PaidAt = rewards.PaymentPaid, &at })
	}),
	line(`payment (\d+) of a subscription`, func(p *player, m []string) {
		n, _ := strconv.Atoi(m[1])
		p.edit(func(o *rewards.Order) { o.Renewal = n })
	}),
	line(`(not )?disputed`, func(p *player, m []string) { p.edit(func(o *rewards.Order) { o.Disputed = m[1] == "" }) }),
	line(`(not )?cancelled`, func(p *player, m []string) { p.edit(func(o *rewards.Order) { o.Cancelled = m[1] == "" }) }),
	line(`(not )?deleted`, func(p *player, m []string) { p.edit(func(o *rewards.Order) { o.Deleted = m[1] == "" }) }),
	line(`a test order`, func(p *player, m []string) { p.edit(func(o *rewards.Order) { o.Test = true }) }),
	line(`in currency (\w+)`, func(p *player, m []string) { p.edit(func(o *rewards.Order) { o.Currency = m[1] }) }),
	line(`in currency (\w+) throughout`, func(p *player, m []string) {
		p.edit(func(o *rewards.Order) {
			o.Currency = m[1]
			for i := range o.Codes {
				o.Codes[i].TookOff.Currency = m[1]
			}
			for i := range o.Lines {
				o.Lines[i].Amount.Currency = m[1]
			}
		})
	}),
	line(`cannot be read: (.+)`, func(p *player, m []string) { p.w.trouble[p.order] = m[1]; p.dirty = true }),
	line(`can be read again`, func(p *player, m []string) { delete(p.w.trouble, p.order); p.dirty = true }),
}

func (p *player) edit(f func(o *rewards.Order)) {
	p.Helper()
	o, ok := p.w.orders[p.order]
	if !ok {
		p.Fatalf("no order at hand")
	}
	f(&o)
	p.w.orders[p.order] = o
	p.dirty = true
}

// flush has the shop tell the order's new state, and does the work that follows.
func (p *player) flush() {
	p.Helper()
	if !p.dirty {
		return
	}
	p.dirty = false
	p.edit(func(o *rewards.Order) { o.UpdatedAt = p.w.now })
	p.meet()
	p.dirty = false
	p.past[p.order] = append(p.past[p.order], told{p.w.now, p.w.orders[p.order]})
	p.w.confirm(p, p.order)
	p.w.work(p)
	p.w.confirm(p, p.order) // what comes twice is judged twice
	p.w.work(p)
}

// eventRules let something happen beside the orders.
var eventRules = []rule{
	line(`day (-?\d+)`, func(p *player, m []string) { p.passTo(p.day(m[1])) }),
	line(`a minute later`, func(p *player, m []string) { p.passTo(p.w.now.Add(time.Minute)) }),
	line(`the shop tells again what it told on day (\d+)`, func(p *player, m []string) {
		p.flush()
		i := slices.IndexFunc(p.past[p.order], func(x told) bool { return x.at.Equal(p.day(m[1])) })
		now := p.w.orders[p.order]
		p.w.orders[p.order] = p.past[p.order][i].order
		p.w.confirm(p, p.order)
		p.w.orders[p.order] = now
		p.w.work(p)
	}),
	line(`the shop (refuses rewards|accepts rewards|is silent|loses answers|answers)`, func(p *player, m []string) {
		p.flush()
		switch m[1] {
		case "refuses rewards", "accepts rewards":
			p.w.shop.refuses = m[1] == "refuses rewards"
		default:
			p.w.shop.silent, p.w.shop.losesAnswers = m[1] == "is silent", m[1] == "loses answers"
		}
		p.w.work(p)
	}),
	line(`(\w+) spends (\S+) of the credit`, func(p *player, m []string) {
		p.flush()
		p.w.shop.byID[p.reward().ExternalID].amount -= p.money(m[2]).Minor
	}),
	line(`(\w+) uses the reward code on order (\S+)`, func(p *player, m []string) {
		p.flush()
		r := p.reward()
		p.w.shop.byID[r.ExternalID].used = true
		p.w.orders[m[2]] = rewards.Order{ID: m[2], PlacedAt: p.w.now, UpdatedAt: p.w.now, Currency: p.w.currency, Payment: rewards.PaymentPaid,
			Customer: &rewards.Person{ID: "cust-" + m[1]}, Codes: []rewards.AppliedCode{{Code: strings.ToLower(r.Code)}}}
		p.w.confirm(p, m[2])
	}),
	line(`(\w+) uses the reward code, and nobody tells`, func(p *player, m []string) {
		p.flush()
		p.w.shop.byID[p.reward().ExternalID].used = true
	}),
	line(`(\w+) rejects`, func(p *player, m []string) {
		p.flush()
		p.review(&rewards.Review{Verdict: rewards.VerdictReject, Actor: "user:" + m[1], Reason: "not one of ours", At: p.w.now})
	}),
	line(`(\w+) cannot decide: (\w+)`, func(p *player, m []string) { p.undecided(m[1], m[2]) }),
	line(`(\w+) undoes`, func(p *player, m []string) {
		p.flush()
		p.review(nil)
	}),
	line(`(\w+) referred (\d+) friends?`, func(p *player, m []string) { p.referred(m[1], m[2]) }),
	line(`(\w+) exchanges (\d+) points`, func(p *player, m []string) { p.exchange(m[1], m[2], "") }),
	line(`(\w+) cannot exchange (\d+) points: (\w+)`, func(p *player, m []string) { p.exchange(m[1], m[2], m[3]) }),
	line(`(\w+) (pays|redeems) (?:(\S+(?: entries| tickets)?) of )?the reward`, func(p *player, m []string) { p.use(m[1], m[2], m[3], "") }),
	line(`(\w+) cannot (pay|redeem) (?:(\S+(?: entries| tickets)?) of )?the reward: (\w+)`, func(p *player, m []string) {
		p.use(m[1], m[2]+"s", m[3], m[4])
	}),
	line(`the reward by (\S+) in hand`, func(p *player, m []string) {
		p.flush()
		p.rule = m[1]
	}),
	line(`(\w+) approves`, func(p *player, m []string) {
		p.flush()
		p.review(&rewards.Review{Verdict: rewards.VerdictApprove, Actor: "user:" + m[1], Reason: "looks fine", At: p.w.now})
	}),
	line(`(\w+) reissues`, func(p *player, m []string) {
		p.flush()
		e, _, err := rewards.Reissue(p.reward(), p.w.mint(), p.w.now, "user:"+m[1])
		if err != nil {
			p.Fatalf("reissue: %v", err)
		}
		p.w.store(p, e)
		p.w.check(p)
		p.w.work(p)
	}),
	line(`(\w+) cannot reissue: (\w+)`, func(p *player, m []string) {
		p.flush()
		if _, _, err := rewards.Reissue(p.reward(), p.w.mint(), p.w.now, "user:"+m[1]); rewards.CodeOf(err) != m[2] || rewards.KindOf(err) != rewards.Conflict {
			p.Errorf("reissue: %v", err)
		}
	}),
	line(`the reward has not expired yet`, func(p *player, m []string) {
		p.flush()
		if _, err := p.reward().Expire(p.w.now); rewards.CodeOf(err) != "not_expired" {
			p.Errorf("expire: %v", err)
		}
	}),
	line(`the reward expires`, func(p *player, m []string) {
		p.flush()
		r := p.reward()
		if r.ExpiresAt.IsZero() {
			r.ExpiresAt = p.w.now
		}
		e, err := r.Expire(r.ExpiresAt)
		if err != nil {
			p.Fatalf("expire: %v", err)
		}
		p.w.store(p, e)
		p.w.check(p)
	}),
	line(`(\w+) revokes`, func(p *player, m []string) {
		p.flush()
		r := p.reward()
		pending := r.Booked().Pending
		was := r.Status
		r.Status, r.Net.Minor = rewards.StatusRevoked, 0
		p.w.store(p, rewards.Effect{Rewards: []rewards.RewardChange{{Was: was, Reward: r}},
			Budget:   map[string]rewards.Money{r.Program: {Minor: -pending.Minor, Currency: pending.Currency}},
			Postings: []rewards.Posting{{RewardID: r.ID, From: rewards.PendingAccount(r.AdvocateID), To: rewards.ProgramAccount(r.Program), Amount: pending, Reason: "reversed"}}})
	}),
}

// review has a person decide about the order at hand, or take the decision back.
func (p *player) review(r *rewards.Review) {
	p.Helper()
	b := p.w.book(p.order)
	c, err := b.Review(p.order, r)
	if err != nil {
		p.Fatalf("review: %v", err)
	}
	p.w.records[p.order] = c.Record
	p.w.store(p, c.Effect)
	p.w.check(p)
	p.w.work(p)
}

// passTo moves the clock and does what has become due, hour by hour where holds end.
func (p *player) passTo(at time.Time) {
	p.flush()
	for {
		next := at
		for due := range maps.Values(p.w.jobs) {
			if due.After(p.w.now) && due.Before(next) {
				next = due
			}
		}
		p.w.now = next
		p.w.work(p)
		if !next.Before(at) {
			return
		}
	}
}

// reward is the one in hand: the newest of the order, or of a rule where the story names one.
func (p *player) reward() rewards.Reward {
	p.Helper()
	list := p.w.rewards[p.order]
	if p.rule != "" {
		list = slices.DeleteFunc(p.w.all(), func(r rewards.Reward) bool { return r.Rule != p.rule || r.OrderID != p.order && r.OrderID != "" })
	}
	if len(list) == 0 {
		p.Fatalf("order %s has no reward %s", p.order, p.rule)
	}
	return list[len(list)-1]
}
