package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grapevine/rewards"
)

func TestStats(t *testing.T) {
	c := newCounter(t)
	cash := rewards.RewardSpec{Kind: rewards.KindCash, Amount: usd(1000)}
	who := c.earns("cash", "anna@example.com", cash, func(*rewards.Program) {}, "o1", "o2")

	got := grapevine(t, "stats", "--shop", c.shop, "--by", "program")
	for _, part := range []string{"Orders ", "2, revenue", "rewarded 2, pending 0, held 0", "100 % of orders, 100 % of revenue", "1 with a code (1 new), 1 with a referral: conversion 100 %",
		"Rewards, cash", "20.00 USD promised: 0.00 waiting, 20.00 given, 0.00 lost", "too few: at least 30 of each are needed", "PROGRAM", "\ncash  "} {
		if got.code != exitOK || !strings.Contains(got.out, part) {
			t.Errorf("exit %d, nothing of %q in\n%s%s", got.code, part, got.out, got.err)
		}
	}

	got = grapevine(t, "stats", "--shop", c.shop, "--by", "advocate", "--csv")
	rows, err := csv.NewReader(strings.NewReader(got.out)).ReadAll()
	if err != nil || len(rows) != 2 || len(rows[0]) != len(rows[1]) || rows[1][0] != who || rows[1][4] != "2" || rows[0][4] != "referred_orders" {
		t.Errorf("%v, %v", rows, err)
	}

	got = grapevine(t, "stats", "--shop", c.shop, "--by", "program", "--quick")
	if got.code != exitOK || strings.Contains(got.out, "Advocates ") || strings.Contains(got.out, "Customer in") || !strings.Contains(got.out, "rewarded 2, pending 0") {
		t.Errorf("exit %d, with people:\n%s%s", got.code, got.out, got.err)
	}

	var v struct {
		Total struct {
			Referred struct{ Orders int }
		}
		Groups []struct{ Period string }
	}
	got = grapevine(t, "stats", "--shop", c.shop, "--by", "month", "--from", "2020-01-15", "--to", "2020-03-01", "--json")
	if err := json.Unmarshal([]byte(got.out), &v); err != nil || v.Total.Referred.Orders != 0 || len(v.Groups) != 3 || v.Groups[1].Period != "2020-02-01" {
		t.Errorf("%v, %v", got, err)
	}

	for by, part := range map[string]string{"day": "Revenue of referred orders", "program": "Referred revenue"} {
		file := filepath.Join(c.dir, by+".svg")
		got = grapevine(t, "stats", "--shop", c.shop, "--by", by, "--chart", file)
		svg, err := os.ReadFile(file)
		if got.code != exitOK || err != nil || !strings.HasPrefix(string(svg), "<svg ") || !strings.Contains(string(svg), part) {
			t.Errorf("by %s: %v, %v\n%.300s", by, got, err, svg)
		}
	}
}

func TestStatsOfNothing(t *testing.T) {
	c := newCounter(t)
	got := grapevine(t, "stats", "--shop", c.shop, "--by", "variant")
	if got.code != exitOK || !strings.Contains(got.out, "There are no groups") || !strings.Contains(got.out, "- of orders, - of revenue") {
		t.Errorf("%v", got)
	}
	for name, args := range map[string][]string{
		"no day":              {"--from", "yesterday"},
		"another grouping":    {"--by", "hour"},
		"two forms":           {"--json", "--csv"},
		"a chart of nothing":  {"--chart", "x.svg"},
		"a chart in no place": {"--by", "day", "--chart", filepath.Join(c.dir, "none", "x.svg")},
	} {
		if got := grapevine(t, append([]string{"stats", "--shop", c.shop}, args...)...); got.code != exitUse {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := grapevine(t, "stats", "--shop", c.shop, "--from", "2026-02-02", "--to", "2026-02-01"); got.code != exitUse || !strings.Contains(got.err, "--from 2026-02-02 lies after --to 2026-02-01") {
		t.Errorf("the other way round: %v", got)
	}
}
