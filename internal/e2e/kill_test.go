package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/internal/testdb"
)

const (
	killSixth = 6  // after so many orders comes one more that is refunded a while later
	killWait  = 60 // orders later
)

// TestKilledTenTimesNothingIsLostAndNothingIsPaidTwice kills the server with -9 while orders come in and
// half of all calls that change a shop are answered 504 after their effect.
func TestKilledTenTimesNothingIsLostAndNothingIsPaidTwice(t *testing.T) {
	t.Parallel()
	server := testdb.Own(t, testdb.Options{Fsync: true})
	// A killed process leaves up to four leases behind, for 20 s each: other shops go on.
	killing(t, server.Database(t), &slaughter{total: 500, width: 12, kills: 10, pace: 45 * time.Millisecond})
}

func TestKilledOnSQLiteNothingIsLostAndNothingIsPaidTwice(t *testing.T) {
	t.Parallel()
	killing(t, testdb.SQLite(t), &slaughter{total: 100, width: 6, kills: 3, pace: 60 * time.Millisecond})
}

func killing(t *testing.T, database string, k *slaughter) {
	begun := time.Now()
	k.t, k.site, k.rng = t, newSite(t, database), rand.New(rand.NewPCG(seed, 9))
	k.site.migrate()
	k.site.start()
	k.open()
	ready := time.Since(begun)
	var stream sync.WaitGroup
	stream.Go(k.placeOrders)
	k.killAndRestart()
	stream.Wait()
	k.settle(database)
	took := time.Since(begun)
	k.compareShops()
	k.compareInbox(database)
	checked := k.site.fsck()
	t.Logf("seed %d: %d kills that cut off %d jobs, %d answers 504 after the effect of %d calls that changed a shop, %d orders in %d shops and %d refunded ones, %d objects; %v to set up, %v in all; fsck: %s",
		seed, k.killed, k.cutOff(database), k.unclear(), k.changed(), k.total, k.width, k.taken, k.objects, ready.Round(time.Millisecond), took.Round(time.Millisecond), checked)
}

// slaughter is the state of the test.
type slaughter struct {
	total, width, kills int           // orders that stay, shops, kills
	pace                time.Duration // between two orders

	t         *testing.T
	site      *site
	rng       *rand.Rand
	shops     []*shop
	advocates [][]advocate
	orders    []map[int64]bool // by shop; true: has to be rewarded, false: was refunded whole
	later     []doomed
	placed    atomic.Int64
	killed    int
	objects   int // in the shops, that belong to issued rewards
	taken     int // rewards that were taken back
}

// doomed is an order that will be refunded.
type doomed struct {
	shop  int
	order int64
	after int // when so many orders were placed
}

// open installs the shops, half of them with each programme, and two advocates in each.
func (k *slaughter) open() {
	k.orders = make([]map[int64]bool, k.width)
	for i := range k.width {
		sh := k.site.newShop(fmt.Sprintf("kill%d.myshopify.com", i), func(o *shopifytest.Options) { o.Seed = seed + uint64(i) })
		err := sh.sim.SetFaults(k.trouble()...)
		if err != nil {
			k.t.Fatal(err)
		}
		sh.apply([]string{creditProgram, codeProgram}[i%2])
		k.shops = append(k.shops, sh)
		k.orders[i] = map[int64]bool{}
	}
	for _, sh := range k.shops {
		k.advocates = append(k.advocates, []advocate{sh.advocate("ana"), sh.advocate("bea")})
	}
	for i, sh := range k.shops {
		for _, a := range k.advocates[i] {
			sh.active(a)
		}
	}
}

// trouble answers half of all changes with 504, after they were made.
func (k *slaughter) trouble() []shopifytest.Fault {
	var faults []shopifytest.Fault
	for _, operation := range []string{"DiscountBasicCreate", "RedeemCodeBulkAdd", "StoreCreditCredit", "StoreCreditDebit", "DiscountDeactivate"} {
		f := shopifytest.Fault{Operation: operation, Kind: shopifytest.FaultStatus, Status: http.StatusGatewayTimeout, Effect: true, Percent: 50}
		if operation == "RedeemCodeBulkAdd" {
			f.Count = 1 // it is tried again after seconds, and the orders wait for it
		}
		faults = append(faults, f)
	}
	return faults
}

// placeOrders lets friends buy, at an even pace, whatever the server does meanwhile. Some orders more
// are refunded a while later: when their reward was given, or is on its way, or not yet.
func (k *slaughter) placeOrders() {
	rng := rand.New(rand.NewPCG(seed, 10))
	tick := time.NewTicker(k.pace)
	defer tick.Stop()
	for n := range k.total {
		k.place(rng, n, true)
		if n%killSixth == 0 {
			k.place(rng, k.total+n, false)
		}
		k.refund(n)
		k.placed.Add(1)
		<-tick.C
	}
	k.refund(2 * k.total)
}

func (k *slaughter) place(rng *rand.Rand, n int, stays bool) {
	i := rng.IntN(k.width)
	o, err := k.shops[i].sim.PlaceOrder(shopifytest.OrderInput{
		Customer: &shopifytest.CustomerInput{Email: fmt.Sprintf("friend%d@%s", n, mailDomain)},
		Lines:    []shopifytest.LineInput{{Price: "80.00"}},
		Codes:    []shopifytest.CodeInput{{Code: k.advocates[i][rng.IntN(2)].Code}}, Paid: true,
	})
	if err != nil {
		k.t.Errorf("order %d: %v", n, err)
		return
	}
	k.orders[i][o.ID] = stays
	if !stays {
		k.later = append(k.later, doomed{i, o.ID, n - k.total + killWait})
	}
}

// refund refunds what is due to be.
func (k *slaughter) refund(placed int) {
	for len(k.later) > 0 && k.later[0].after <= placed {
		d := k.later[0]
		k.later = k.later[1:]
		if _, err := k.shops[d.shop].sim.Refund(d.order, shopifytest.RefundInput{Lines: []shopifytest.RefundLineInput{{Index: 0}}}); err != nil {
			k.t.Errorf("refund: %v", err)
		}
	}
}

// killAndRestart kills the server at moments that are spread over the orders, each time just after a
// shop was changed, so that its answer is often not yet in the books.
func (k *slaughter) killAndRestart() {
	every := k.total / (k.kills + 1)
	for k.killed < k.kills {
		from := int64(every*(k.killed+1) + k.rng.IntN(every/2))
		for k.placed.Load() < from && !k.t.Failed() {
			time.Sleep(time.Millisecond) // polls
		}
		was, give := k.changed(), time.Now().Add(time.Second)
		for k.changed() == was && time.Now().Before(give) {
			time.Sleep(200 * time.Microsecond) // polls
		}
		time.Sleep(time.Duration(k.rng.IntN(4000)) * time.Microsecond) // a random point of what follows
		k.site.kill()
		k.killed++
		k.site.start()
	}
}

// changed counts the calls that changed a shop.
func (k *slaughter) changed() (n int) {
	for _, sh := range k.shops {
		n += len(sh.sim.Mutations(""))
	}
	return n
}

// unclear counts those that were answered 504.
func (k *slaughter) unclear() (n int) {
	for _, sh := range k.shops {
		for _, c := range sh.sim.Mutations("") {
			if c.Fault == shopifytest.FaultStatus {
				n++
			}
		}
	}
	return n
}

// settle waits until every webhook was taken in, every event and every job has come to its end, but for the
// looks at what changed, which have none.
func (k *slaughter) settle(database string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, sh := range k.shops {
		if err := sh.sim.WaitQuiet(ctx); err != nil {
			k.t.Fatal(err)
		}
	}
	db := openSQL(k.t, database)
	eventually(k.t, patience, "all rewards are issued", func() (bool, any) {
		var open struct{ Events, Jobs, Issued int }
		err := db.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM events WHERE status IN ('pending', 'confirming')),
(SELECT count(*) FROM jobs WHERE state = 'due' AND kind <> 'poll'), (SELECT count(*) FROM rewards WHERE status = 'issued')`).Scan(&open.Events, &open.Jobs, &open.Issued)
		if err != nil {
			k.t.Fatal(err)
		}
		return open.Events == 0 && open.Jobs == 0 && open.Issued == k.total, open
	})
}

// cutOff counts the jobs that were in hand when the server was killed.
func (k *slaughter) cutOff(database string) (n int) {
	row := openSQL(k.t, database).QueryRow("SELECT count(*) FROM attempts WHERE outcome = 'lost'")
	if err := row.Scan(&n); err != nil {
		k.t.Fatal(err)
	}
	if n == 0 && k.kills >= 10 { // a few may all have come between two jobs
		k.t.Errorf("no kill met a job in hand: the test has shown nothing")
	}
	return n
}
