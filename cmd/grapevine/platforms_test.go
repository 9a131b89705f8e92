package main

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/connectors/README.md anew")

const (
	tableBegins = "<!-- The table is written by `go test ./cmd/grapevine -run TestTheTableOfPlatforms -update`. -->\n"
	tableEnds   = "<!-- end of the table -->\n"
)

// The table in the documentation is what the connectors say of themselves.
func TestTheTableOfPlatforms(t *testing.T) {
	home(t)
	const path = "../../docs/connectors/README.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	views, err := (&settings{}).platformViews()
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), tableBegins)
	_, after, ok2 := strings.Cut(rest, tableEnds)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", path)
	}
	want := before + tableBegins + platformTable(views) + tableEnds + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(page) != want {
		t.Errorf("%s is not what the connectors say; run go test ./cmd/grapevine -run %s -update", path, t.Name())
	}
}

func TestPlatformsAreListed(t *testing.T) {
	home(t)
	got := grapevine(t, "platforms")
	for _, c := range connectorList {
		if got.code != exitOK || !strings.Contains(got.out, c.name) {
			t.Errorf("exit %d, %s is not in\n%s", got.code, c.name, got.out)
		}
	}
}
