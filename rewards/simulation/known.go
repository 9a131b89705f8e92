package simulation

import "time"

// known counts the orders of each customer, as far as the stream has come.
type known struct {
	counts  map[Key]int32
	at      time.Time
	waiting []person // with orders at this very moment: they are earlier for none of them
}

type person struct{ customer, email Key }

// Salts keep the three tables in one map apart.
const (
	ofEmail Key = 0x9e3779b97f4a7c15
	ofBoth  Key = 0xc2b2ae3d27d4eb4f
)

// keys are where a person is counted: by customer, by e-mail, and by both together, so that orders which
// carry both count once.
func (p person) keys() (customer, email, both Key) {
	customer = p.customer
	if p.email != 0 {
		email = p.email ^ ofEmail
	}
	if customer != 0 && email != 0 {
		both = (p.customer*0xff51afd7ed558ccd ^ p.email) * ofBoth
	}
	return customer, email, both
}

// reach moves to a moment. What was placed before it is now earlier.
func (k *known) reach(at time.Time) {
	if at.Equal(k.at) {
		return
	}
	for _, p := range k.waiting {
		for _, key := range keysOf(p) {
			if key != 0 {
				k.counts[key]++
			}
		}
	}
	k.waiting, k.at = k.waiting[:0], at
}

func keysOf(p person) [3]Key {
	customer, email, both := p.keys()
	return [3]Key{customer, email, both}
}

// add notes an order of this moment.
func (k *known) add(p person) {
	if p.customer != 0 || p.email != 0 {
		k.waiting = append(k.waiting, p)
	}
}

// earlier counts the orders of a person that were placed before this moment: those with the customer or the
// e-mail.
func (k *known) earlier(p person) int64 {
	customer, email, both := p.keys()
	return int64(k.count(customer)) + int64(k.count(email)) - int64(k.count(both))
}

func (k *known) count(key Key) int32 {
	if key == 0 {
		return 0
	}
	return k.counts[key]
}
