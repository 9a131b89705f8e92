package storage

import (
	"context"
	"slices"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// Group is some shops that share programmes, their budgets and their advocates, in one currency. A shop
// belongs to one group at most.
type Group struct {
	ID        string // grp_…
	Name      string
	Currency  string // ISO 4217, that of all its shops
	CreatedAt time.Time
	Shops     []connectors.Installed // by domain; those that have left their platform too
	Programs  []GroupProgram         // by name
	Members   int                    // people, each an advocate in one of the shops or more
}

// GroupProgram is a programme that all shops of a group have.
type GroupProgram struct {
	Name      string
	Source    string // the file as it was applied last
	AppliedAt time.Time
	Used      rewards.Money // of the budget, by all shops
	Left      rewards.Money // the part of Used that is of shops which have left
	Shares    []ProgramShare
}

// ProgramShare is a group's programme in one of its shops.
type ProgramShare struct {
	ShopID string
	StoredProgram
}

type groupRow struct {
	GroupID  string
	Name     string
	Currency string
	Created  stamp `gorm:"column:created_at"`
}

func (r groupRow) group() Group {
	return Group{ID: r.GroupID, Name: r.Name, Currency: r.Currency, CreatedAt: r.Created.Time}
}

// groupNameMax bounds a group's name, in bytes.
const groupNameMax = 80

// CreateGroup makes a group without shops. Kind Invalid, code bad_group or unknown_currency; Conflict, code
// group_exists, for a name that another group has.
func (d *DB) CreateGroup(ctx context.Context, name, currency string) (Group, error) {
	name, currency = strings.TrimSpace(clean(name)), strings.ToUpper(currency)
	if name == "" || len(name) > groupNameMax {
		return Group{}, rewards.Errorf(rewards.Invalid, "bad_group", "a group needs a name of at most %d bytes", groupNameMax)
	}
	if _, ok := rewards.Exponent(currency); !ok {
		return Group{}, rewards.Errorf(rewards.Invalid, "unknown_currency", "currency %.8q is not in ISO 4217", currency)
	}
	var row groupRow
	err := d.write(ctx, "creating a group", func(x *txn) error {
		n, err := x.scan(&row, `INSERT INTO shop_groups (group_id, name, currency, created_at, changed_at) VALUES (?, ?, ?, {now}, {now})
ON CONFLICT DO NOTHING RETURNING group_id, name, currency, created_at`, d.mint.ID("grp_"), name, currency)
		if err == nil && n == 0 {
			err = rewards.Errorf(rewards.Conflict, "group_exists", "there is a group %q: `grapevine group list` tells its id", name)
		}
		return err
	})
	return row.group(), err
}

// Groups lists all groups by name, with their shops and the names of their programmes.
func (d *DB) Groups(ctx context.Context) ([]Group, error) {
	var rows []groupRow
	x := d.read(ctx)
	_, err := x.scan(&rows, "SELECT group_id, name, currency, created_at FROM shop_groups ORDER BY name")
	groups := make([]Group, len(rows))
	for i, r := range rows {
		groups[i] = r.group()
		if err == nil {
			err = x.fillGroup(&groups[i])
		}
	}
	return groups, d.fault("listing groups", err)
}

// Group returns a group with all that is known of it. Kind NotFound.
func (d *DB) Group(ctx context.Context, id string) (Group, error) {
	x := d.read(ctx)
	g, err := x.group(id)
	if err == nil {
		err = x.fillGroup(&g)
	}
	for _, shop := range g.Shops {
		if err == nil {
			err = d.share(ctx, shop.ID, &g)
		}
	}
	return g, d.fault("reading a group", err)
}

// GroupOf returns the group that a shop belongs to, without its shops and programmes. Kind NotFound, code
// not_grouped, where it belongs to none.
func (d *DB) GroupOf(ctx context.Context, shopID string) (Group, error) {
	x := d.read(ctx)
	id, err := x.groupOf(shopID)
	if err == nil && id == "" {
		err = rewards.Errorf(rewards.NotFound, "not_grouped", "shop %s belongs to no group", shopID)
	}
	var g Group
	if err == nil {
		g, err = x.group(id)
	}
	return g, d.fault("reading a shop's group", err)
}

func (x *txn) group(id string) (Group, error) {
	var row groupRow
	n, err := x.scan(&row, "SELECT group_id, name, currency, created_at FROM shop_groups WHERE group_id = ?", clean(id))
	if err == nil && n == 0 {
		err = rewards.Errorf(rewards.NotFound, "group_not_found", "there is no group %.80q: `grapevine group list` tells which there are", id)
	}
	return row.group(), err
}

// groupOf is the id of a shop's group, "" where it has none. Kind NotFound without the shop.
func (x *txn) groupOf(shopID string) (string, error) {
	var id string
	n, err := x.scan(&id, "SELECT coalesce(group_id, '') FROM shops WHERE shop_id = ?", shopID)
	if err == nil && n == 0 {
		err = rewards.Errorf(rewards.NotFound, "shop_not_found", "there is no shop %.80q", shopID)
	}
	return id, err
}

// fillGroup adds a group's shops, programmes and the number of its members.
func (x *txn) fillGroup(g *Group) error {
	var shops []shopRow
	if err := x.Where("group_id = ?", g.ID).Order("domain").Find(&shops).Error; err != nil {
		return err
	}
	for _, s := range shops {
		g.Shops = append(g.Shops, s.installed())
	}
	programs, err := x.groupPrograms(g.ID)
	if err != nil {
		return err
	}
	for _, p := range programs {
		g.Programs = append(g.Programs, p.program())
	}
	_, err = x.scan(&g.Members, "SELECT count(*) FROM members WHERE group_id = ?", g.ID)
	return err
}

// share adds a shop's part of the group's programmes.
func (d *DB) share(ctx context.Context, shopID string, g *Group) error {
	programs, err := d.programs(ctx, shopID, "o.group_id = ?", g.ID)
	for _, p := range programs {
		i := slices.IndexFunc(g.Programs, func(x GroupProgram) bool { return x.Name == p.Name })
		if i >= 0 {
			g.Programs[i].Shares = append(g.Programs[i].Shares, ProgramShare{ShopID: shopID, StoredProgram: p})
		}
	}
	return err
}

// lockGroup keeps what a group consists of as it is until the transaction ends, and then its shops' lanes: who
// works for a shop never asks for the first. It returns the shops by id. Kind NotFound.
func (x *txn) lockGroup(id string, more ...string) (Group, []string, error) {
	if _, err := x.exec("UPDATE shop_groups SET changed_at = {now} WHERE group_id = ?", clean(id)); err != nil {
		return Group{}, nil, err
	}
	g, err := x.group(id)
	if err != nil {
		return g, nil, err
	}
	shops, err := x.shopsOf(g.ID)
	if err != nil {
		return g, nil, err
	}
	return g, shops, x.lockLanes(append(more, shops...))
}

// shopsOf returns the ids of a group's shops, in order.
func (x *txn) shopsOf(group string) (ids []string, err error) {
	_, err = x.scan(&ids, "SELECT shop_id FROM shops WHERE group_id = ? ORDER BY shop_id", group)
	return ids, err
}

// lockLanes is lockLane for several shops, in order.
func (x *txn) lockLanes(shops []string) error {
	slices.Sort(shops)
	shops = slices.Compact(shops)
	var locked []string
	n, err := x.scan(&locked, "SELECT shop_id FROM lanes WHERE shop_id IN ? ORDER BY shop_id"+x.laneLock(), shops)
	if err == nil && int(n) != len(shops) {
		missing := slices.DeleteFunc(shops, func(id string) bool { return slices.Contains(locked, id) })
		err = rewards.Errorf(rewards.NotFound, "shop_not_found", "there is no shop %.80q", missing[0])
	}
	return err
}

// lockAround locks a shop's lane, and those of the other shops of its group where it has one: who links people
// of different shops waits for all who write for any of them. group is "" and shops is the shop alone where it
// has no group. Kind NotFound.
func (x *txn) lockAround(shopID string) (group string, shops []string, err error) {
	group, err = x.groupOf(shopID)
	for err == nil {
		shops = []string{shopID}
		if group != "" {
			if shops, err = x.shopsOf(group); err != nil {
				break
			}
		}
		if err = x.lockLanes(slices.Clone(shops)); err != nil {
			break
		}
		// Behind the locks it may look otherwise: a shop joined meanwhile, or this one left.
		now, again := group, []string(nil)
		if group, err = x.groupOf(shopID); err != nil || group == "" && now == "" {
			break
		}
		if again, err = x.shopsOf(group); err == nil && group == now && slices.Equal(again, shops) {
			break
		}
	}
	return group, shops, err
}
