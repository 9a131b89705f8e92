package programfile

import (
	"fmt"
	"slices"

	"grapevine/rewards"
)

// Platform is what a shop's platform carries, as far as a file can ask for it.
type Platform struct {
	Name         string // what people call it: "shopify"
	Kinds        []rewards.RewardKind
	FreeShipping bool // codes for free shipping
	Scopes       bool // codes for chosen products or collections
	Links        bool // orders tell by which link the buyer came
	Collections  bool // orders tell the collections of their goods
	Countries    bool // orders tell the country they go to
	Renewals     bool // subscriptions are billed
	// CreditNote says what store credit is there where it is not an account that any order can be paid from;
	// "" where it is.
	CreditNote string
}

// Missing tells what the file asks for and the platform does not have, by line.
func (f File) Missing(on Platform) Problems {
	var found Problems
	lacks := func(has bool, path, format string, args ...any) {
		if !has {
			found = append(found, f.at(path, format, args...))
		}
	}
	p := f.Program
	for _, r := range p.Rules {
		path, kind := f.rules[r.Name], r.Reward.Kind
		lacks(on.carries(kind), path+".kind", "%s shops have no %s; they have %s", on.Name, kind, on.kinds())
		f.missingDiscount(on, r.Reward.Discount, path, lacks)
	}
	if p.Points != nil {
		lacks(on.carries(p.Points.Kind), "points.kind", "%s shops have no %s; points can be exchanged for %s", on.Name, p.Points.Kind, on.kinds())
	}
	f.missingDiscount(on, p.Friend, "friend.discount", lacks)
	if p.Friend.None() && len(p.InsteadOf) == 0 {
		lacks(on.Links, "friend", "%s orders do not tell by which link a friend came, so a code has to: write discount", on.Name)
	}
	for _, key := range []string{"collections", "except_collections"} {
		lacks(on.Collections || !f.written("qualify."+key), "qualify."+key, "%s orders do not tell the collections of their goods; name products", on.Name)
	}
	lacks(on.Countries || len(p.Qualify.Countries) == 0, "qualify.countries", "%s orders do not tell the country they go to; take it out", on.Name)
	lacks(on.Renewals || p.Qualify.Payments <= 1, "qualify.payments", "%s shops bill no subscriptions, so nobody pays again for one; take it out", on.Name)
	found = found.sorted()
	return slices.CompactFunc(found, func(a, b Problem) bool { return a == b }) // a reward that several variants share
}

// WarningsOn returns what to warn of where the programme runs on a platform: what is to be said of any file,
// and what the platform makes of it otherwise than its owner may think. By line.
func (f File) WarningsOn(on Platform) Problems {
	all := slices.Clone(f.Warnings)
	if on.CreditNote == "" {
		return all
	}
	var told []string
	credit := func(kind rewards.RewardKind, path string) {
		if kind == rewards.KindStoreCredit && !slices.Contains(told, path) {
			told = append(told, path)
			all = append(all, f.at(path, "%s", on.CreditNote))
		}
	}
	for _, r := range f.Program.Rules {
		credit(r.Reward.Kind, f.rules[r.Name]+".kind")
	}
	if p := f.Program.Points; p != nil {
		path := "points.kind"
		if !f.written(path) {
			path = "points"
		}
		credit(p.Kind, path)
	}
	return all.sorted()
}

func (f File) missingDiscount(on Platform, d rewards.Discount, path string, lacks func(has bool, path, format string, args ...any)) {
	lacks(on.FreeShipping || !d.FreeShipping, path+".free_shipping", "%s shops have no codes for free shipping; write percent or amount", on.Name)
	lacks(on.Scopes || len(d.Products) == 0, path+".products", "%s codes are for all goods; take it out", on.Name)
	lacks(on.Scopes || len(d.Collections) == 0, path+".collections", "%s codes are for all goods; take it out", on.Name)
}

func (on Platform) carries(kind rewards.RewardKind) bool {
	return kind.InHouse() || slices.Contains(on.Kinds, kind)
}

// kinds lists what can be given, for people.
func (on Platform) kinds() string {
	var names []string
	for _, k := range rewards.RewardKinds {
		if on.carries(k) {
			names = append(names, fmt.Sprint(k))
		}
	}
	return list(names)
}
