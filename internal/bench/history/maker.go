package history

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"grapevine/rewards"
)

// maker makes one order after the other.
type maker struct {
	plan      Plan
	rand      *rand.Rand
	advocates []Advocate
	books     map[int]*rewards.Book // by advocate: what a live shop knew
	orders    []uint16              // by customer: orders so far that count
	newest    int                   // the next customer who never bought
	minted    int
}

func newMaker(p Plan) *maker {
	return &maker{
		plan: p, rand: rand.New(rand.NewPCG(p.Seed, 0x6772617065)), advocates: p.People(),
		books: map[int]*rewards.Book{}, orders: make([]uint16, p.Customers),
	}
}

func (m *maker) chance(percent float64) bool { return m.rand.Float64()*100 < percent }

// record makes the order that is placed at a moment.
func (m *maker) record(i int, at time.Time) (rewards.Record, error) {
	ours := m.chance(oursPercent)
	owner := -1
	if ours {
		owner = m.owner(at)
	}
	c := m.customer(owner)
	o := m.order(i, at, c)
	switch {
	case owner >= 0:
		m.refer(&o, owner)
	case m.chance(adsPercent):
		o.Codes = []rewards.AppliedCode{{Code: []string{"SUMMER10", "WELCOME", "NEWS15", "SALE"}[m.rand.IntN(4)], TookOff: usd(o.Lines[0].Amount.Minor / 10)}}
	}
	earlier := int64(m.orders[c])
	if !o.Test && !o.Cancelled && m.orders[c] < math.MaxUint16 {
		m.orders[c]++
	}
	live := i >= m.plan.Orders*(100-m.plan.Live)/100
	if !live || owner < 0 {
		return plain(o, !live), nil
	}
	o.Customer.EarlierOrders = &earlier
	return m.judged(o, owner, earlier)
}

// plain is the record of an order that nobody judged.
func plain(o rewards.Order, historic bool) rewards.Record {
	rec := rewards.Record{Facts: rewards.Facts{Order: o, At: o.UpdatedAt, Historic: historic}}
	rec.Decision = rewards.Judge(nil, rec.Facts)
	rec.Eligible, _ = o.Eligible()
	return rec
}

// judged is the record that a live shop's book would have made once the hold was over.
func (m *maker) judged(o rewards.Order, owner int, earlier int64) (rewards.Record, error) {
	a := m.advocates[owner]
	b := m.books[owner]
	if b == nil {
		p := Program()
		b = &rewards.Book{
			ShopCurrency: "USD", Versions: map[string][]rewards.Program{p.Name: {p}},
			Owners:      map[string]rewards.Claim{a.Code: {AdvocateID: a.ID, CustomerID: a.CustomerID, EmailKey: a.EmailKey, Program: p.Name, Since: a.Since}},
			EarlierHere: map[string]int64{}, Mint: rewards.Mint{ID: m.id, Code: func() string { return m.id("GV-") }},
		}
		m.books[owner] = b
	}
	b.Now = o.PlacedAt.Add(hold + time.Hour)
	b.EarlierHere[o.ID] = earlier
	change, err := b.Apply(o, "", "")
	delete(b.Records, o.ID) // it is stored elsewhere
	return change.Record, err
}

func (m *maker) id(prefix string) string {
	m.minted++
	return fmt.Sprint(prefix, m.minted)
}

// owner picks whose code is used: few have many friends.
func (m *maker) owner(at time.Time) int {
	have := int(float64(len(m.advocates)) * math.Min(1, float64(at.Sub(Begin))/float64(End.Sub(Begin)*9/10)))
	if have < 1 {
		return -1
	}
	return int(math.Pow(m.rand.Float64(), 2.2) * float64(have))
}

// customer picks who buys: of friends most are new, some are known, a few are the advocate.
func (m *maker) customer(owner int) int {
	fresh := 58.0
	if owner >= 0 {
		fresh = 88
		if m.chance(1.5) {
			return owner * (m.plan.Customers / m.plan.Advocates)
		}
	}
	if m.newest == 0 || m.chance(fresh) && m.newest < m.plan.Customers {
		m.newest++
		return m.newest - 1
	}
	return m.newest - 1 - int(math.Pow(m.rand.Float64(), 2)*float64(m.newest)) // the last ones come back most
}

func usd(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: "USD"} }

// order is a shopping cart and what became of it.
func (m *maker) order(i int, at time.Time, customer int) rewards.Order {
	paid := at.Add(time.Duration(m.rand.IntN(90)) * time.Second)
	o := rewards.Order{
		ID: fmt.Sprint(5_000_000_000 + i), Name: fmt.Sprintf("#%d", 1001+i), PlacedAt: at, UpdatedAt: paid, PaidAt: &paid,
		Currency: "USD", Payment: rewards.PaymentPaid, Country: []string{"US", "US", "US", "CA", "GB"}[m.rand.IntN(5)],
		Customer: &rewards.Person{ID: customerID(customer), EmailKey: emailKey(customer)}, MoneyBack: usd(0),
	}
	for n := range 1 + m.rand.IntN(3) {
		pieces := int64(1 + m.rand.IntN(2))
		o.Lines = append(o.Lines, rewards.Line{
			ID: fmt.Sprint(9_000_000_000 + i*4 + n), ProductID: fmt.Sprint(8_000_000 + m.rand.IntN(400)),
			Quantity: pieces, Current: pieces, Amount: usd(int64(900+m.rand.IntN(4500)) * pieces),
		})
	}
	switch x := m.rand.IntN(1000); {
	case x < 20:
		o.Cancelled = true
	case x < 55:
		o.Payment = rewards.PaymentRefunded
		o.UpdatedAt = at.AddDate(0, 0, 3+m.rand.IntN(20))
	case x < 115:
		o.Payment, o.Lines[0].Current = rewards.PaymentPartiallyRefunded, 0
		o.UpdatedAt = at.AddDate(0, 0, 3+m.rand.IntN(20))
	case x < 122:
		o.Payment, o.PaidAt = rewards.PaymentPending, nil
	case x < 125:
		o.Test = true
	}
	return o
}

// refer puts an advocate's code or link on an order.
func (m *maker) refer(o *rewards.Order, owner int) {
	code := m.advocates[owner].Code
	if m.chance(20) {
		o.Touches = []rewards.Touch{{Code: code, At: o.PlacedAt.Add(-time.Duration(m.rand.IntN(40*24)) * time.Hour)}}
		return
	}
	var sum int64
	for i := range o.Lines {
		off := o.Lines[i].Amount.Minor / 10
		o.Lines[i].Amount.Minor -= off
		sum += off
	}
	o.Codes = []rewards.AppliedCode{{Code: code, TookOff: usd(sum)}}
}
