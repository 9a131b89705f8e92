package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/storage"
)

// groupView is a group as commands print it.
type groupView struct {
	ID       string             `json:"id"`
	Name     string             `json:"name"`
	Currency string             `json:"currency"`
	Since    string             `json:"created_at"`
	Shops    []groupShopView    `json:"shops"`
	Programs []groupProgramView `json:"programs"`
	Members  int                `json:"members"`
}

// groupShopView is a shop of a group.
type groupShopView struct {
	ID       string `json:"id"`
	Platform string `json:"platform"`
	Domain   string `json:"domain"`
	Status   string `json:"status"`
}

// groupProgramView is a programme of a group.
type groupProgramView struct {
	Program string  `json:"program"`
	Applied string  `json:"applied_at"`
	Budget  *string `json:"budget,omitempty"`
	Used    string  `json:"used"`            // by all shops
	Left    string  `json:"used_by_leavers"` // the part of used that is of shops which have left
	// Shares tell what it is in each shop: version, discount, what the shop has used.
	Shares []shareView `json:"shops"`
}

// shareView is a group's programme in one shop.
type shareView struct {
	Shop     string    `json:"shop"`
	Version  int       `json:"version"`
	Discount offerView `json:"discount"`
	Used     string    `json:"used"`
}

func viewGroup(g storage.Group) groupView {
	v := groupView{ID: g.ID, Name: g.Name, Currency: g.Currency, Since: when(g.CreatedAt), Shops: []groupShopView{}, Programs: []groupProgramView{}, Members: g.Members}
	for _, sh := range g.Shops {
		v.Shops = append(v.Shops, groupShopView{sh.ID, sh.Platform, sh.Domain, sh.Status})
	}
	for _, p := range g.Programs {
		pv := groupProgramView{Program: p.Name, Applied: when(p.AppliedAt), Used: p.Used.String(), Left: p.Left.String(), Shares: []shareView{}}
		for _, share := range p.Shares {
			one := viewProgram(share.StoredProgram)
			pv.Budget = one.Budget
			pv.Shares = append(pv.Shares, shareView{share.ShopID, one.Version, one.Discount, one.Used})
		}
		v.Programs = append(v.Programs, pv)
	}
	return v
}

// groupText is a group for a terminal.
func groupText(v groupView) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n  currency  %s\n  members   %d\n", v.ID, v.Name, v.Currency, v.Members)
	if len(v.Shops) == 0 {
		fmt.Fprintf(&b, "  shops     none yet: `grapevine group add %s --shop SHOP`\n", v.ID)
	}
	for _, sh := range v.Shops {
		fmt.Fprintf(&b, "  shop      %s  %s  %s  %s\n", sh.ID, sh.Platform, sh.Domain, sh.Status)
	}
	if len(v.Programs) == 0 {
		fmt.Fprintf(&b, "  programme none yet: `grapevine program apply --group %s FILE`\n", v.ID)
	}
	for _, p := range v.Programs {
		budget := "no budget"
		if p.Budget != nil {
			budget = "budget " + *p.Budget
		}
		fmt.Fprintf(&b, "  programme %s: %s, used %s, of it %s by shops that have left\n", p.Program, budget, p.Used, p.Left)
		for _, share := range p.Shares {
			fmt.Fprintln(&b, strings.TrimRight(fmt.Sprintf("    %s  version %d, used %s, discount %s %s", share.Shop, share.Version, share.Used, share.Discount.Status, share.Discount.Reason), " "))
		}
	}
	return b.String()
}

// isIn tells whether a shop is in a group.
func isIn(g storage.Group, shop string) bool {
	return slices.ContainsFunc(g.Shops, func(sh connectors.Installed) bool { return sh.ID == shop })
}

// memberView is a member as commands print it.
type memberView struct {
	ID        string               `json:"id"`
	Since     string               `json:"created_at"`
	Advocates []memberAdvocateView `json:"advocates"`
}

// memberAdvocateView is a member as an advocate of one shop.
type memberAdvocateView struct {
	Shop     string `json:"shop"`
	Advocate string `json:"advocate"`
	Customer string `json:"customer_id"`
	Code     string `json:"code"`
	Status   string `json:"status"`
}

// memberLine is a line of the listing.
type memberLine struct {
	member string
	memberAdvocateView
}

func viewMember(m storage.Member) memberView {
	v := memberView{ID: m.ID, Since: when(m.Since), Advocates: []memberAdvocateView{}}
	for _, a := range m.Advocates {
		v.Advocates = append(v.Advocates, memberAdvocateView{a.ShopID, a.ID, a.CustomerID, a.Code, a.Status})
	}
	return v
}

func pageOfMembers(ctx context.Context, db *storage.DB, group string) func(rewards.Page) ([]storage.Member, string, error) {
	return func(p rewards.Page) ([]storage.Member, string, error) { return db.Members(ctx, group, p) }
}
