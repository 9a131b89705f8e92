package main

import (
	"slices"
	"strings"
	"testing"

	"grapevine/internal/simshop"
	"grapevine/rewards/programfile"
)

// What a platform does not carry is told by line, and what its store credit is, wherever that is given.
func TestEveryTemplateOnEveryPlatform(t *testing.T) {
	home(t)
	refused := map[string][]string{
		"stripe":      {"freegift", "giftcard", "share5percent", "upgrade"},
		"woocommerce": {"giftcard", "share5percent", "upgrade"},
	}
	for _, c := range connectorList {
		sim, err := c.simulate(simshop.Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer sim.Close()
		p, err := (&settings{}).platform(c.name)
		if err != nil {
			t.Fatal(err)
		}
		note, shop := p.Capabilities().CreditNote, addSimulated(t, sim)
		for _, x := range programfile.Templates() {
			got := applied(t, shop.ID, string(x.Source))
			if slices.Contains(refused[c.name], x.Name) {
				if got.code == exitOK || !strings.Contains(got.err, ": bad_program: line ") || !strings.Contains(got.err, c.name+" shops have no ") {
					t.Errorf("%s on %s: exit %d, %s", x.Name, c.name, got.code, got.err)
				}
				continue
			}
			credit := strings.Contains(string(x.Source), "store_credit") && note != ""
			if got.code != exitOK || credit != (note != "" && strings.Contains(got.err, note)) || !credit && strings.Contains(got.err, "warning") {
				t.Errorf("%s on %s: exit %d, %s", x.Name, c.name, got.code, got.err)
			}
		}
	}
}
