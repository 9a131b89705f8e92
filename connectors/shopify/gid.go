package shopify

import (
	"strconv"
	"strings"

	"grapevine/rewards"
)

// gidPrefix begins every global id: gid://shopify/Order/450789469.
const gidPrefix = "gid://shopify/"

// gid makes the global id of a numeric one. Kind Invalid, code bad_id.
func gid(kind, id string) (string, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != id {
		return "", rewards.Errorf(rewards.Invalid, "bad_id", "%.40q is no id of a %s", id, kind)
	}
	return gidPrefix + kind + "/" + id, nil
}

// numberOf takes the number out of a global id, "" if it is none.
func numberOf(gid string) string {
	rest, ok := strings.CutPrefix(gid, gidPrefix)
	if !ok {
		return ""
	}
	_, id, _ := strings.Cut(rest, "/")
	if n, err := strconv.ParseInt(id, 10, 64); err != nil || n <= 0 {
		return ""
	}
	return id
}
