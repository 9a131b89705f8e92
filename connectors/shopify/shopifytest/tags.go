package shopifytest

import (
	"slices"
	"strings"
)

// longestTag is how long a tag may be. Source: Shopify's help, "Creating and using tags".
const longestTag = 255

// tagsAdd and tagsRemove change the tags of a customer; those of other things are not simulated. Tags
// are compared without regard to case, and one with a comma is several.
func (s *Shop) changeTags(typ string, args map[string]any, change func(c *Customer, tag string)) (*object, error) {
	id := stringArg(args, "id")
	n, ok := idOf("Customer", id)
	if !ok {
		return nil, &queryError{"the simulator tags customers alone, not " + id, "NOT_SIMULATED"}
	}
	c := s.state.Customers[n]
	if c == nil {
		return payload(typ, "node", nil, userError("UserError", "", "Customer does not exist", "id")), nil
	}
	var tags []string
	for _, given := range listArg(args, "tags") {
		for _, tag := range strings.Split(given, ",") {
			if tag = strings.TrimSpace(tag); tag != "" {
				tags = append(tags, tag)
			}
			if len([]rune(tag)) > longestTag {
				return payload(typ, "node", nil, userError("UserError", "", "Tag exceeds the maximum length of 255 characters", "tags")), nil
			}
		}
	}
	s.remember()
	for _, tag := range tags {
		change(c, tag)
	}
	c.UpdatedAt = s.now()
	s.emit(s.uuid(), message{"customers/update", s.customerPayload(c)})
	return payload(typ, "node", s.customerObject(s.state, n)), nil
}

func (s *Shop) tagsAdd(args map[string]any) (*object, error) {
	return s.changeTags("TagsAddPayload", args, func(c *Customer, tag string) {
		if !slices.ContainsFunc(c.Tags, func(t string) bool { return strings.EqualFold(t, tag) }) {
			c.Tags = append(c.Tags, tag)
		}
	})
}

func (s *Shop) tagsRemove(args map[string]any) (*object, error) {
	return s.changeTags("TagsRemovePayload", args, func(c *Customer, tag string) {
		c.Tags = slices.DeleteFunc(c.Tags, func(t string) bool { return strings.EqualFold(t, tag) })
	})
}
