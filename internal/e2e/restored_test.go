package e2e

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/internal/testdb"
)

// copyFile copies a database file that nobody has open.
func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestAnOlderBackupGivesNothingTwice takes a backup while one reward could not be given yet, goes on giving,
// and puts the backup back.
func TestAnOlderBackupGivesNothingTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.SQLite(t))
	s.start()
	sh := s.newShop("restored.myshopify.com")
	sh.apply(codeProgram)
	sh.offered("code")
	ana := sh.joined("ana")
	sh.rewarded(sh.buy(ana.Code).ID, "issued", patience)
	if err := sh.sim.SetFaults(shopifytest.Fault{Operation: "DiscountBasicCreate", Kind: shopifytest.FaultStatus, Status: 503, Percent: 100}); err != nil {
		t.Fatal(err)
	}
	waiting := sh.buy(ana.Code).ID
	sh.rewarded(waiting, "issuing", patience)
	s.kill()
	backup := time.Now()
	copyFile(t, s.file(), s.file()+".copy")
	if _, err := os.Stat(s.file() + "-wal"); err == nil {
		copyFile(t, s.file()+"-wal", s.file()+".copy-wal")
	}

	sh.sim.ResetFaults()
	s.start()
	sh.rewarded(waiting, "issued", patience)
	later := sh.buy(ana.Code).ID
	sh.rewarded(later, "issued", patience)
	objects := len(sh.discounts())
	s.kill()

	for _, end := range []string{"", "-wal"} {
		os.Remove(s.file() + end)
		if _, err := os.Stat(s.file() + ".copy" + end); err == nil {
			copyFile(t, s.file()+".copy"+end, s.file()+end)
		}
	}
	os.Remove(s.file() + "-shm")
	s.refused(2, []string{"future"}, "restored", "--backup", time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	s.run("restored", "--backup", backup.Add(-time.Minute).UTC().Format(time.RFC3339))
	s.start()
	sh.rewarded(waiting, "issued", patience) // it was found
	eventually(t, patience, "the later order waits for a person", func() (bool, any) {
		dead := s.run("jobs", "list", "--shop", sh.ID, "--dead")
		return strings.Contains(dead, "restored_unclear"), dead
	})
	worth := func(what string, is func(amount string) bool) {
		eventually(t, 20*time.Second, "the later order's reward is worth "+what, func() (bool, any) {
			r := sh.rewarded(later, "issuing", 20*time.Second)
			return r.Net != nil && is(r.Net.Amount), *r.Net
		})
	}
	worth("all of it", func(amount string) bool { return amount == "5.00" })
	for _, part := range []shopifytest.RefundInput{{Amount: "40.00"}, {Lines: []shopifytest.RefundLineInput{{Index: 0}}, Force: true}} {
		if _, err := sh.sim.Refund(later, part); err != nil {
			t.Fatal(err)
		}
		if part.Amount != "" {
			worth("a part of it", func(amount string) bool { return amount != "5.00" && amount != "0.00" })
		} else {
			worth("nothing", func(amount string) bool { return amount == "0.00" })
		}
	}
	var dead []struct{ ID, Code string }
	s.ask(&dead, "jobs", "list", "--shop", sh.ID, "--dead")
	if len(dead) != 1 || dead[0].Code != "restored_unclear" {
		t.Fatalf("after the refunds: %+v", dead)
	}
	s.run("jobs", "close", "--shop", sh.ID, dead[0].ID)
	if listed := s.run("jobs", "list", "--shop", sh.ID, "--dead"); !strings.Contains(listed, "restored_given") {
		t.Errorf("the closed job is listed as %s", listed)
	}
	sh.quiet()
	if got := len(sh.discounts()); got != objects {
		t.Errorf("the shop holds %d discounts, %d before the restoring", got, objects)
	}
	if breaches := s.try("fsck"); !strings.Contains(breaches.out, "extra in the shop") {
		t.Errorf("fsck does not name what the shop holds beyond the books:\n%s", breaches.out)
	}
}
