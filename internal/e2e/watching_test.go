package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// scraped reads the metrics of a site that listens for Prometheus.
func scraped(t *testing.T, address string) string {
	t.Helper()
	res, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v", res.StatusCode, err)
	}
	return string(body)
}

// TestAServedInstanceTellsWhatThePageSays compares a real process's metrics with docs/monitoring.md, and counts
// a dead letter at the command line, in the metric and by SQL.
func TestAServedInstanceTellsWhatThePageSays(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/monitoring.md")
	if err != nil {
		t.Fatal(err)
	}
	eachDatabase(t, func(t *testing.T, s *site) {
		address := freeAddress(t)
		s.env["GRAPEVINE_METRICS_LISTEN"] = address
		s.migrate()
		s.start()
		sh := s.newShop("watched.myshopify.com")
		sh.apply(creditProgram)
		sh.offered("credit")
		ana := sh.joined("ana")
		sh.rewarded(sh.buy(ana.Code).ID, "issued", patience)
		for _, name := range regexp.MustCompile(`(?m)^# TYPE (grapevine_\w+)`).FindAllStringSubmatch(scraped(t, address), -1) {
			if !strings.Contains(string(page), "| `"+name[1]+"` |") {
				t.Errorf("docs/monitoring.md has no row for %s", name[1])
			}
		}
		db := openSQL(t, s.env["GRAPEVINE_DATABASE_URL"])
		eventually(t, patience, "the dead letter shows alike everywhere", func() (bool, any) {
			if _, err := db.Exec("UPDATE jobs SET state = 'dead' WHERE kind = 'poll'"); err != nil { // once it is there
				t.Fatal(err)
			}
			var rows int
			if err := db.QueryRow("SELECT count(*) FROM jobs WHERE state = 'dead'").Scan(&rows); err != nil {
				t.Fatal(err)
			}
			var listed []struct{ ID string }
			s.ask(&listed, "jobs", "list", "--shop", sh.ID, "--dead")
			told := list[struct{ ID string }](sh, "/jobs", "state", "dead")
			metric := strings.Contains(scraped(t, address), fmt.Sprintf("\ngrapevine_jobs{kind=\"poll\",state=\"dead\"} %d\n", rows))
			return rows == 1 && len(listed) == 1 && len(told) == 1 && metric, []any{rows, len(listed), len(told), metric}
		})
	})
}

// TestNobodyWaitsForThoseWhoWatch runs a server whose log disk is full, whose metrics port is taken and whose
// collector never answers.
func TestNobodyWaitsForThoseWhoWatch(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, s *site) {
		silent, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close()
		s.env["GRAPEVINE_METRICS_LISTEN"] = silent.Addr().String()
		s.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://" + silent.Addr().String()
		s.migrate()
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skip("this system has no /dev/full")
		}
		defer full.Close()
		s.out = full
		s.start()
		sh := s.newShop("unwatched.myshopify.com")
		sh.apply(creditProgram)
		sh.offered("credit")
		sh.rewarded(sh.buy(sh.joined("ana").Code).ID, "issued", patience)
		if took := s.signal(syscall.SIGTERM); took > 10*time.Second {
			t.Errorf("it took %s to stop", took)
		}
		s.fsck()
	})
}
