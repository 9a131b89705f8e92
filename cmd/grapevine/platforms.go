package main

import (
	"context"
	"fmt"
	"strings"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// platformsCmd shows what platforms carry.
type platformsCmd struct {
	JSON bool `help:"Print JSON."`
}

// platformView is a platform as the command prints it.
type platformView struct {
	Platform     string   `json:"platform"`
	Rewards      []string `json:"rewards"` // those that the shop carries; the others are kept here, for every platform
	FreeShipping bool     `json:"free_shipping"`
	Scopes       bool     `json:"codes_for_chosen_goods"`
	Links        bool     `json:"links"`
	Collections  bool     `json:"collections"`
	Countries    bool     `json:"countries"`
	Renewals     bool     `json:"subscriptions"`
	Webhooks     []string `json:"webhooks"`
	SetUp        bool     `json:"webhooks_set_up_by_us"`
	AskedEvery   string   `json:"asked_every,omitempty"`
	CreditNote   string   `json:"store_credit_note,omitempty"`
}

// Run prints one line a platform.
func (c *platformsCmd) Run(_ context.Context, s *settings, io streams) error {
	views, err := s.platformViews()
	if err != nil {
		return err
	}
	return list(io, c.JSON, views, "", "PLATFORM REWARDS LINKS SUBSCRIPTIONS WEBHOOKS ASKED", func(v platformView) []string {
		return []string{v.Platform, strings.Join(v.Rewards, ","), yes(v.Links), yes(v.Renewals), strings.Join(v.Webhooks, ","), v.AskedEvery}
	})
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func (s *settings) platformViews() (views []platformView, err error) {
	for _, c := range connectorList {
		p, err := s.platform(c.name)
		if err != nil {
			return nil, err
		}
		views = append(views, viewPlatform(p))
	}
	return views, nil
}

func viewPlatform(p platform) platformView {
	can := p.Capabilities()
	v := platformView{
		Platform: p.Name(), Rewards: []string{}, FreeShipping: can.FreeShipping, Scopes: can.Scopes, Links: can.Links,
		Collections: can.Collections, Countries: can.Countries, Renewals: can.Renewals, Webhooks: doorsOf(p.Name(), can), CreditNote: can.CreditNote,
	}
	for _, kind := range rewards.RewardKinds {
		for _, carried := range can.Rewards {
			if kind == carried {
				v.Rewards = append(v.Rewards, string(kind))
			}
		}
	}
	_, v.SetUp = p.(subscriber)
	if asked, ok := p.(webhooks.Poller); ok {
		v.AskedEvery = strings.TrimSuffix(asked.Rhythm().Every.String(), "0s")
	}
	return v
}

// doorsOf are the addresses that shops of a platform send to.
func doorsOf(name string, can connectors.Capabilities) (doors []string) {
	if can.SharedDoor {
		doors = append(doors, "/webhooks/"+name)
	}
	if can.OwnDoor {
		doors = append(doors, "/webhooks/"+name+"/{shop}")
	}
	return doors
}

// platformTable writes what platforms carry as the table of docs/connectors/README.md.
func platformTable(views []platformView) string {
	var b strings.Builder
	row := func(what string, cell func(v platformView) string) {
		fmt.Fprintf(&b, "| %s |", what)
		for _, v := range views {
			fmt.Fprintf(&b, " %s |", cell(v))
		}
		b.WriteByte('\n')
	}
	row("", func(v platformView) string { return "[" + v.Platform + "](" + v.Platform + ".md)" })
	row("---", func(platformView) string { return "---" })
	for _, kind := range rewards.RewardKinds {
		row("`"+string(kind)+"`", func(v platformView) string { return carriage(v, kind) })
	}
	row("codes for free shipping", func(v platformView) string { return yes(v.FreeShipping) })
	row("codes for chosen goods", func(v platformView) string { return yes(v.Scopes) })
	row("orders tell the link that the buyer came by", func(v platformView) string { return yes(v.Links) })
	row("orders tell the collections of their goods", func(v platformView) string { return yes(v.Collections) })
	row("orders tell the country they go to", func(v platformView) string { return yes(v.Countries) })
	row("subscriptions (`qualify.payments`)", func(v platformView) string { return yes(v.Renewals) })
	row("webhooks go to", func(v platformView) string { return "`" + strings.Join(v.Webhooks, "`, `") + "`" })
	row("webhooks are set up by `shop add`", func(v platformView) string { return yes(v.SetUp) })
	row("asked what changed every", func(v platformView) string { return v.AskedEvery })
	return b.String()
}

// carriage tells how a platform carries a kind of reward.
func carriage(v platformView, kind rewards.RewardKind) string {
	if kind.InHouse() {
		return "kept here"
	}
	for _, r := range v.Rewards {
		switch {
		case r != string(kind):
		case kind == rewards.KindStoreCredit && v.CreditNote != "":
			return "yes: " + v.CreditNote
		default:
			return "yes"
		}
	}
	return "no"
}
