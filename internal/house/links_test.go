package house

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

var (
	fence     = regexp.MustCompile("(?ms)^[ \t]*```.*?^[ \t]*```[ \t]*$")
	codeSpan  = regexp.MustCompile("`[^`\n]*`")
	inline    = regexp.MustCompile(`\]\(\s*<?([^)\s>]+)>?[^)]*\)`)
	reference = regexp.MustCompile(`(?m)^\[[^\]]+\]:\s*(\S+)`)
	heading   = regexp.MustCompile(`(?m)^#{1,6}\s+(.+?)\s*#*\s*$`)
	anchorTag = regexp.MustCompile(`<a (?:id|name)="([^"]+)"`)
)

func TestLinksInThePagesLeadSomewhere(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		report(t, deadLinks(t, page))
	}
}

func TestADeadLinkIsCaught(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("other.md", "# Where it is\n\n## A `code` word, and more!\n")
	page := write("page.md", strings.Join([]string{
		"[good](other.md) [anchored](other.md#where-it-is) [coded](other.md#a-code-word-and-more) [self](#top)",
		"# Top", "[web](https://example.com/x) ![gone](gone.png) [no heading](other.md#elsewhere) [ref]",
		"`[not](a-link)`", "```", "[nor](this)", "```", "[ref]: missing.md",
	}, "\n"))
	same(t, deadLinks(t, page), page+": gone.png", page+": missing.md", page+": other.md#elsewhere")
}

// pages returns the repository's own Markdown pages: those at the root and those in docs.
func pages(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	docs := filepath.Join(root, "docs")
	err = filepath.WalkDir(docs, func(path string, _ fs.DirEntry, err error) error {
		if path == docs && os.IsNotExist(err) {
			return fs.SkipAll
		}
		if filepath.Ext(path) == ".md" {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func deadLinks(t *testing.T, page string) []string {
	t.Helper()
	text := codeSpan.ReplaceAllString(fence.ReplaceAllString(readFile(t, page), ""), "")
	var dead []string
	for _, m := range append(inline.FindAllStringSubmatch(text, -1), reference.FindAllStringSubmatch(text, -1)...) {
		if reason := whyDead(t, page, m[1]); reason != "" {
			dead = append(dead, fmt.Sprintf("%s: %s: %s", page, m[1], reason))
		}
	}
	slices.Sort(dead)
	return slices.Compact(dead)
}

// whyDead returns why a link leads nowhere, or "". Links to other sites are not followed: tests do
// not use the network.
func whyDead(t *testing.T, page, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		return err.Error()
	}
	if u.IsAbs() || u.Host != "" {
		return ""
	}
	target := page
	if u.Path != "" {
		target = filepath.Join(filepath.Dir(page), filepath.FromSlash(u.Path))
	}
	if _, err := os.Stat(target); err != nil {
		return "there is no such file"
	}
	if u.Fragment == "" || filepath.Ext(target) != ".md" || slices.Contains(anchors(readFile(t, target)), u.Fragment) {
		return ""
	}
	return "the page has no such heading"
}

// anchors returns the names by which a page's headings can be linked to, as code hosts make them.
func anchors(text string) []string {
	text = fence.ReplaceAllString(text, "")
	var found []string
	seen := map[string]int{}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		name := slug(m[1])
		if n := seen[name]; n > 0 {
			found = append(found, fmt.Sprintf("%s-%d", name, n))
		} else {
			found = append(found, name)
		}
		seen[name]++
	}
	for _, m := range anchorTag.FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

func slug(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}
