package metrics

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus"
)

// registered are the names of all metrics of ours, with their labels.
func registered(t *testing.T) map[string][]string {
	t.Helper()
	m := newMetrics(t, &figuresOf{}, time.Now)
	descs := make(chan *prometheus.Desc)
	go func() {
		m.registry.Describe(descs)
		close(descs)
	}()
	shape := regexp.MustCompile(`fqName: "(grapevine_\w+)", help: "([^"]*)".*?constLabels: {([^}]*)}, variableLabels: {([^}]*)}`)
	out := map[string][]string{}
	for d := range descs {
		found := shape.FindStringSubmatch(d.String())
		if found == nil {
			continue // of the process or of Go
		}
		if found[2] == "" || !strings.HasSuffix(found[2], ".") {
			t.Errorf("%s is not explained: %q", found[1], found[2])
		}
		labels := regexp.MustCompile(`\w+="`).FindAllString(found[3], -1)
		for i := range labels {
			labels[i] = strings.TrimSuffix(labels[i], `="`)
		}
		if found[4] != "" {
			labels = append(labels, strings.Split(found[4], ",")...)
		}
		out[found[1]] = labels
	}
	return out
}

func TestEachMetricIsDocumentedAndNoOtherIs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/monitoring.md")
	if err != nil {
		t.Fatal(err)
	}
	there := registered(t)
	rows := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(grapevine_\\w+)` \\|").FindAllStringSubmatch(string(page), -1) {
		rows[row[1]] = true
		if _, ok := there[row[1]]; !ok {
			t.Errorf("the page has %s, the program has not", row[1])
		}
	}
	for name := range there {
		if !rows[name] {
			t.Errorf("the program has %s, the page has no row for it", name)
		}
	}
	if len(there) < 30 {
		t.Errorf("only %d metrics were found", len(there))
	}
}

// alerting is the file of alert rules.
type alerting struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Alert, Expr, For    string
			Labels, Annotations map[string]string
		}
	}
}

func TestAlertsAskForWhatThereIsAndLeadToARunbook(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../deploy/prometheus/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file alerting
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	runbooks, err := os.ReadFile("../../docs/OPERATIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	there, alerts := registered(t), 0
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			alerts++
			asks(t, r.Alert, r.Expr, there)
			if severity := r.Labels["severity"]; severity != "page" && severity != "ticket" {
				t.Errorf("%s has severity %q", r.Alert, severity)
			}
			if want := "docs/OPERATIONS.md#" + strings.ToLower(r.Alert); r.Annotations["runbook_url"] != want || r.Annotations["summary"] == "" {
				t.Errorf("%s leads to %q, want %q; it says %q", r.Alert, r.Annotations["runbook_url"], want, r.Annotations["summary"])
			}
			if !strings.Contains(string(runbooks), "\n### "+r.Alert+"\n") {
				t.Errorf("there is no runbook for %s", r.Alert)
			}
		}
	}
	for _, heading := range regexp.MustCompile(`(?m)^### (Grapevine\w+)$`).FindAllStringSubmatch(string(runbooks), -1) {
		if !strings.Contains(string(text), "alert: "+heading[1]+"\n") {
			t.Errorf("the runbook %s belongs to no alert", heading[1])
		}
	}
	if alerts < 15 {
		t.Errorf("only %d alerts were found", alerts)
	}
}

func TestTheDashboardAsksForWhatThereIs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../deploy/grafana/grapevine.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title, Type string
			GridPos     struct{ X, Y, W, H int }
			Targets     []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	there, asked := registered(t), string(text)
	for i, p := range board.Panels {
		for _, target := range p.Targets {
			asks(t, p.Title, target.Expr, there)
		}
		if (p.Type == "row") != (len(p.Targets) == 0) {
			t.Errorf("%s: a %s with %d questions", p.Title, p.Type, len(p.Targets))
		}
		for _, q := range board.Panels[:i] {
			if a, b := p.GridPos, q.GridPos; a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
				t.Errorf("%s lies on %s", p.Title, q.Title)
			}
		}
	}
	for name := range there {
		if !strings.Contains(asked, name) && !slices.Contains(unshown, name) {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
}

// unshown are metrics that another one stands for on the dashboard.
var unshown = []string{"grapevine_chore_failed", "grapevine_chore_late", "grapevine_late_shops", "grapevine_schema_version",
	"grapevine_ledger_checked_timestamp_seconds", "grapevine_database_connection_waits_total"}

var (
	selector = regexp.MustCompile(`\b((?:grapevine|process|go)_\w+)(?:{([^}]*)})?`)
	matcher  = regexp.MustCompile(`^(\w+)(=|=~|!=|!~)"[^"]*"$`)
	grouping = regexp.MustCompile(`\b(?:by|without) \(([^)]*)\)`)
)

// asks checks the names and labels of a PromQL expression, and that its brackets close.
func asks(t *testing.T, who, expr string, there map[string][]string) {
	t.Helper()
	labels := []string{"le", "job", "instance"}
	for _, s := range selector.FindAllStringSubmatch(expr, -1) {
		name := s[1]
		if !strings.HasPrefix(name, "grapevine_") {
			continue
		}
		own, ok := there[name]
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if base := strings.TrimSuffix(name, suffix); !ok && base != name {
				own, ok = there[base]
			}
		}
		if !ok {
			t.Errorf("%s asks for %s, which there is not", who, name)
		}
		labels = append(labels, own...)
		if s[2] == "" {
			continue
		}
		for _, m := range strings.Split(s[2], ",") {
			part := matcher.FindStringSubmatch(strings.TrimSpace(m))
			if part == nil || !slices.Contains(append(own, "job", "instance", "le"), part[1]) {
				t.Errorf("%s: %s has no label for %q", who, name, m)
			}
		}
	}
	for _, g := range grouping.FindAllStringSubmatch(expr, -1) {
		for _, label := range strings.Split(g[1], ",") {
			if !slices.Contains(labels, strings.TrimSpace(label)) {
				t.Errorf("%s groups by %q, which no metric in it has", who, label)
			}
		}
	}
	depth := 0
	for _, c := range expr {
		switch c {
		case '(', '{', '[':
			depth++
		case ')', '}', ']':
			depth--
		}
		if depth < 0 {
			break
		}
	}
	if depth != 0 || expr == "" {
		t.Errorf("%s: %q does not close what it opens, or asks for nothing", who, expr)
	}
}
