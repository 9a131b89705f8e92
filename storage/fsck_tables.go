package storage

import (
	"fmt"
	"slices"
	"strings"
)

// tableChecks: no row leads to another shop's, or another group's.
var tableChecks = []check{
	{"I16", "every row's parents are there and in the same shop, or the same group of shops", checkParents},
}

// foreignKey is one reference between tables, as the database's own catalogue tells it.
type foreignKey struct {
	child, parent string
	from, to      []string
}

// The catalogues, one row a column of a reference.
const (
	liteCatalogue = `SELECT m.name || '/' || CAST(f.id AS text) AS name, m.name AS child, f."table" AS parent, f."from" AS from_column, coalesce(f."to", 'shop_id') AS to_column
FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY 1, f.seq`
	pgCatalogue = `SELECT c.conname AS name, c.conrelid::regclass::text AS child, c.confrelid::regclass::text AS parent, a.attname::text AS from_column, b.attname::text AS to_column
FROM pg_constraint c CROSS JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY AS k(f, t, n)
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.f JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.t
WHERE c.contype = 'f' ORDER BY 2, 1, k.n`
)

func (x *txn) foreignKeys() ([]foreignKey, error) {
	type row struct{ Name, Child, Parent, FromColumn, ToColumn string }
	catalogue := pgCatalogue
	if x.d.lite {
		catalogue = liteCatalogue
	}
	var keys []foreignKey
	last := ""
	err := stream(x, catalogue, func(r row) error {
		if r.Name != last {
			keys = append(keys, foreignKey{child: r.Child, parent: r.Parent})
			last = r.Name
		}
		k := &keys[len(keys)-1]
		k.from, k.to = append(k.from, r.FromColumn), append(k.to, r.ToColumn)
		return nil
	})
	if !x.d.lite {
		keys = append(keys, unwatched...)
	}
	return keys, err
}

// unwatched are the references that PostgreSQL is not told of, since it would look each of them up while a decision
// is written: what they lead to never goes. Only here is it seen whether they hold.
var unwatched = []foreignKey{
	{"orders", "shops", []string{"shop_id"}, []string{"shop_id"}},
	{"traces", "shops", []string{"shop_id"}, []string{"shop_id"}},
	{"jobs", "shops", []string{"shop_id"}, []string{"shop_id"}},
	{"attempts", "shops", []string{"shop_id"}, []string{"shop_id"}},
	{"orders", "advocates", []string{"shop_id", "advocate_id"}, []string{"shop_id", "id"}},
	{"rewards", "orders", []string{"shop_id", "order_id"}, []string{"shop_id", "order_id"}},
	{"rewards", "advocates", []string{"shop_id", "advocate_id"}, []string{"shop_id", "id"}},
	{"rewards", "programs", []string{"shop_id", "program", "version"}, []string{"shop_id", "name", "version"}},
	{"reward_history", "rewards", []string{"shop_id", "reward_id"}, []string{"shop_id", "id"}},
	{"ledger", "rewards", []string{"shop_id", "reward_id"}, []string{"shop_id", "id"}},
}

func checkParents(x *txn, report func(shopID, subject, text string)) error {
	keys, err := x.foreignKeys()
	if err != nil {
		return err
	}
	for _, k := range keys {
		owner := k.owner()
		if owner == "" {
			report("", k.child, fmt.Sprintf("the reference to %s keeps neither to the shop nor to the group", k.parent))
			continue
		}
		if err := search(k.orphans(owner))(x, report); err != nil {
			return err
		}
	}
	return nil
}

// owner is the column that both tables call the shop, or the group, that a row belongs to; "" without one.
func (k foreignKey) owner() string {
	for _, column := range []string{"shop_id", "group_id"} {
		if i := slices.Index(k.from, column); i >= 0 && k.to[i] == column {
			return column
		}
	}
	return ""
}

// orphans finds the rows of the child whose parent is not there.
func (k foreignKey) orphans(owner string) string {
	var on, whole, subject []string
	for i := range k.from {
		on = append(on, "p."+k.to[i]+" = c."+k.from[i])
		whole = append(whole, "c."+k.from[i]+" IS NOT NULL")
		subject = append(subject, "CAST(c."+k.from[i]+" AS text)")
	}
	return fmt.Sprintf(`SELECT c.%s AS shop_id, %s AS subject, 'row of %s leads to no row of %s' AS detail FROM %s c LEFT JOIN %s p ON %s WHERE %s AND p.%s IS NULL`,
		owner, strings.Join(subject, " || '/' || "), k.child, k.parent, k.child, k.parent, strings.Join(on, " AND "), strings.Join(whole, " AND "), owner)
}
