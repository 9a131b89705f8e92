package rewards_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"grapevine/rewards"
	"grapevine/rewards/fairness"
)

// amount reads money, or "120 points" and its like.
func (p *player) amount(text string) rewards.Money {
	p.Helper()
	number, unit, counted := strings.Cut(text, " ")
	if !counted {
		return p.money(text)
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		p.Fatalf("%v", err)
	}
	return rewards.Money{Minor: n, Currency: unit}
}

// known tells what the store found about the friend on the order at hand and an advocate: the names of
// fairness facts, with a number where they count. "same_phone, friends_by_ip 4, disposable".
func (p *player) known(advocate, text string) {
	p.Helper()
	var c fairness.Case
	for fact := range strings.SplitSeq(text, ", ") {
		name, number, counted := strings.Cut(fact, " ")
		value := "true"
		if counted {
			value = number
		}
		switch name {
		case "disposable":
			yes := !counted
			c.Disposable = &yes
		case "trouble":
			c.Trouble = map[string]string{number: "could not be read"}
		default:
			p.fact(&c, name, value)
		}
	}
	p.w.cases[rewards.CaseKey(p.order, "adv-"+advocate)] = c
	p.dirty = true
}

// fact sets one field of a case by its name in JSON.
func (p *player) fact(c *fairness.Case, name, value string) {
	p.Helper()
	text := fmt.Sprintf(`{%q: %s}`, name, value)
	for _, into := range []any{&c.Pair, &c.Counts} {
		dec := json.NewDecoder(strings.NewReader(text))
		dec.DisallowUnknownFields()
		if dec.Decode(into) == nil {
			return
		}
	}
	p.Fatalf("there is no fact %s", name)
}

// referred lets an advocate refer so many friends, each with an order of their own at this moment.
func (p *player) referred(advocate, n string) {
	p.Helper()
	p.flush()
	codes := slices.DeleteFunc(p.codes(), func(c string) bool { return p.w.owners[c].AdvocateID != "adv-"+advocate })
	if len(codes) == 0 {
		p.Fatalf("%s shares no code", advocate)
	}
	many, _ := strconv.Atoi(n)
	for range many {
		id := fmt.Sprintf("of-%s-%d", advocate, len(p.w.orders)+1)
		p.w.orders[id] = rewards.Order{
			ID: id, PlacedAt: p.w.now, UpdatedAt: p.w.now, Currency: p.w.currency, Payment: rewards.PaymentPaid,
			Customer: &rewards.Person{ID: "cust-" + id, EmailKey: "key-" + id, EarlierOrders: new(int64)},
			Codes:    []rewards.AppliedCode{{Code: codes[0], TookOff: p.money("5.00")}},
			Lines:    []rewards.Line{{ID: "1", Quantity: 1, Current: 1, Amount: p.money("100.00")}},
		}
		p.w.confirm(p, id)
		p.w.work(p)
	}
}

func (p *player) codes() []string {
	var codes []string
	for c := range p.w.owners {
		codes = append(codes, c)
	}
	slices.Sort(codes)
	return codes
}

// exchange turns an advocate's points into a reward, or finds that it cannot.
func (p *player) exchange(advocate, n, refused string) {
	p.Helper()
	p.flush()
	name := p.offer["program"]
	versions := p.w.versions[name]
	held := slices.DeleteFunc(p.w.all(), func(r rewards.Reward) bool {
		return r.AdvocateID != "adv-"+advocate || r.Program != name || r.Beneficiary != rewards.ForAdvocate
	})
	points, _ := strconv.ParseInt(n, 10, 64)
	e, _, err := rewards.Exchange(versions[len(versions)-1], held, points, p.w.budgets()[name], p.w.mint(), p.w.now, "user:"+advocate)
	p.refused(err, refused)
	if err == nil {
		p.w.store(p, e)
		p.w.check(p)
		p.w.work(p)
	}
}

// use pays or redeems a part of the reward in hand, or all that is left of it, or finds that it cannot.
func (p *player) use(who, how, part, refused string) {
	p.Helper()
	p.flush()
	r := p.reward()
	amount := r.Unused()
	if part != "" {
		amount = p.amount(part)
	}
	e, _, err := r.Use(amount, map[string]string{"pays": "paid", "redeems": "redeemed"}[how], "user:"+who)
	p.refused(err, refused)
	if err == nil {
		p.w.store(p, e)
		p.w.check(p)
	}
}

// undecided has a person try to decide about the order at hand, and be refused.
func (p *player) undecided(who, refused string) {
	p.Helper()
	p.flush()
	_, err := p.w.book(p.order).Review(p.order, &rewards.Review{Verdict: rewards.VerdictApprove, Actor: "user:" + who, Reason: "looks fine", At: p.w.now})
	p.refused(err, refused)
}

// refused compares an error's code, "" for none.
func (p *player) refused(err error, code string) {
	p.Helper()
	if (err != nil) != (code != "") || err != nil && rewards.CodeOf(err) != code {
		p.Fatalf("refused with %v", err)
	}
}
