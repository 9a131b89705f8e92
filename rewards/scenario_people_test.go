package rewards_test

import (
	"fmt"
	"strings"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/fairness"
)

// peopleRules tell who people are, and what became known of them before the story.
var peopleRules = []rule{
	line(`(\w+) has (name|e-mail|phone|address|IP|browser|card) (.+)`, func(p *player, m []string) {
		p.flush()
		who := p.people[m[1]]
		p.describe(&who, m[2], m[3])
		who.CustomerID = "cust-" + m[1]
		p.people[m[1]] = who
	}),
	line(`order (\S+) of (\w+) was imported, placed on day (-\d+)`, func(p *player, m []string) {
		p.flush()
		p.order = m[1]
		o := rewards.Order{
			ID: m[1], PlacedAt: p.day(m[3]), UpdatedAt: p.day(m[3]), Currency: p.w.currency, Payment: rewards.PaymentPaid,
			Customer: &rewards.Person{ID: "cust-" + m[2], EmailKey: p.emailKey(m[2])},
			Codes:    []rewards.AppliedCode{{Code: p.codes()[0], TookOff: p.money("5")}},
			Lines:    []rewards.Line{{ID: "1", Quantity: 1, Current: 1, Amount: p.money("50")}},
		}
		p.w.orders[m[1]] = o
		rec := rewards.Record{Facts: rewards.Facts{Order: o, At: p.w.now, Historic: true}}
		rec.Decision = rec.Rejudge(p.w.versions)
		p.w.records[m[1]] = rec
	}),
}

// describe sets what somebody told the shop.
func (p *player) describe(who *fairness.Person, what, text string) {
	p.Helper()
	switch what {
	case "name":
		who.First, who.Last, _ = strings.Cut(text, " ")
	case "e-mail":
		email, ok := rewards.CanonicalEmail(text)
		if !ok {
			p.Fatalf("%s is no e-mail address", text)
		}
		who.Email = email
	case "phone":
		who.Phone = text
	case "address": // "12 Oak Street, Apt 4, 62701 Springfield, US"
		parts := strings.Split(text, ", ")
		if len(parts) < 3 {
			p.Fatalf("an address is a street, a postcode with its town, and a country")
		}
		n := len(parts)
		a := fairness.Address{Line1: strings.Join(parts[:n-2], ", "), Country: parts[n-1]}
		a.Postcode, a.City, _ = strings.Cut(parts[n-2], " ")
		who.Address = a
	case "IP":
		who.IP = text
	case "browser":
		who.Agent = text
	case "card":
		who.Card = text
	}
}

// emailKey stands for the keyed hash of somebody's e-mail.
func (p *player) emailKey(name string) string {
	if email := p.people[name].Email; email != "" {
		return "key-" + email
	}
	return "key-" + name
}

// meet does what the store does before an order is judged: it compares the friend with each advocate.
func (p *player) meet() {
	for code, c := range p.w.owners {
		if who := strings.TrimPrefix(c.AdvocateID, "adv-"); p.people[who].Email != "" {
			c.EmailKey = p.emailKey(who)
			p.w.owners[code] = c
		}
	}
	o := p.w.orders[p.order]
	if o.Customer == nil {
		return
	}
	name := strings.TrimPrefix(o.Customer.ID, "cust-")
	friend, ok := p.people[name]
	if !ok {
		return
	}
	if friend.Email != "" {
		known := *o.Customer
		known.EmailKey = p.emailKey(name)
		o.Customer = &known
		p.w.orders[p.order] = o
	}
	for _, c := range p.w.owners {
		key := rewards.CaseKey(o.ID, c.AdvocateID)
		found := p.w.cases[key]
		found.Pair = found.Pair.Or(fairness.Compare(p.people[strings.TrimPrefix(c.AdvocateID, "adv-")], friend))
		if _, domain, ok := strings.Cut(friend.Email, "@"); ok {
			yes := fairness.Disposable(domain)
			found.Disposable = &yes
		}
		p.w.cases[key] = found
	}
}

// buys is an order in one line.
func (p *player) buys(who, goods, more, way, code, id string) {
	p.Helper()
	if id == "" {
		p.bought++
		id = fmt.Sprint(1000 + p.bought)
	}
	p.take(id, p.w.now)
	p.edit(func(o *rewards.Order) {
		o.Customer = &rewards.Person{ID: "cust-" + who, EmailKey: p.emailKey(who), EarlierOrders: new(int64)}
		if way == "with" {
			o.Codes = []rewards.AppliedCode{{Code: code, TookOff: p.money("5")}}
		} else {
			o.Touches = []rewards.Touch{{Code: code}}
		}
		o.Lines = p.lines(goods, more, 1)
	})
}

// take takes an order in hand, one that is placed at a time if it is new.
func (p *player) take(id string, placed time.Time) {
	p.Helper()
	p.flush()
	p.order, p.rule = id, ""
	if _, ok := p.w.orders[id]; !ok {
		p.w.orders[id] = rewards.Order{ID: id, Name: "#" + id, PlacedAt: placed, Currency: p.w.currency, Payment: rewards.PaymentPaid}
	}
	p.dirty = true
}

// lines are the goods of an order: so many pieces for an amount together, and one piece more.
func (p *player) lines(goods, more string, pieces int64) []rewards.Line {
	p.Helper()
	lines := []rewards.Line{{ID: "1", Quantity: pieces, Current: pieces, Amount: p.money(goods)}}
	if more != "" {
		lines = append(lines, rewards.Line{ID: "2", Quantity: 1, Current: 1, Amount: p.money(more)})
	}
	return lines
}
