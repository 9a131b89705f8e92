package rewards_test

import (
	"strings"
	"testing"

	"grapevine/rewards"
)

func TestCanonicalEmail(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want string }{
		"as it is":                                        {"anna@example.com", "anna@example.com"},
		"capitals and spaces":                             {" Anna@Example.COM\n", "anna@example.com"},
		"a tag where nobody knows of tags":                {"anna+shop@example.com", "anna+shop@example.com"},
		"dots where dots count":                           {"an.na@example.com", "an.na@example.com"},
		"Gmail ignores dots and tags":                     {"An.Na+shop@gmail.com", "anna@gmail.com"},
		"a mark that meets a letter once the dot is gone": {"a.\u030f@gmail.com", "ȁ@gmail.com"},
		"Googlemail is Gmail":                             {"anna@googlemail.com", "anna@gmail.com"},
		"Outlook ignores tags, not dots":                  {"an.na+x@outlook.com", "an.na@outlook.com"},
		"iCloud ignores tags":                             {"anna+x@icloud.com", "anna@icloud.com"},
		"full-width letters and at":                       {"ａｎｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "anna@example.com"},
		"an ideographic full stop":                        {"anna@example。com", "anna@example.com"},
		"letters beyond ASCII":                            {"JÜRGEN@BÜCHER.example", "jürgen@bücher.example"},
		"an accent of its own":                            {"rene\u0301@example.com", "rené@example.com"},
		"a zero-width space":                              {"an\u200bna@example.com", "anna@example.com"},
		"a full stop at the end":                          {"anna@example.com.", "anna@example.com"},
		"nothing":                                         {"", ""},
		"no at":                                           {"anna.example.com", ""},
		"nothing before the at":                           {"@example.com", ""},
		"nothing after the at":                            {"anna@", ""},
		"two ats":                                         {"an@na@example.com", ""},
		"only a tag":                                      {"+shop@gmail.com", ""},
		"only dots":                                       {"...@gmail.com", ""},
		"a host without a dot":                            {"anna@localhost", ""},
		"an empty label":                                  {"anna@example..com", ""},
		"a label that begins with a hyphen":               {"anna@-example.com", ""},
		"a space inside":                                  {"an na@example.com", ""},
		"a quoted name":                                   {`"anna"@example.com`, ""},
		"a name and an address":                           {"Anna <anna@example.com>", ""},
		"two addresses":                                   {"anna@example.com,ben@example.com", ""},
		"a line end inside":                               {"anna@example.com\nbcc: x@y.z", ""},
		"an address literal":                              {"anna@[127.0.0.1]", ""},
		"broken text":                                     {"an\xffna@example.com", ""},
		"a name that is too long to deliver":              {strings.Repeat("a", 65) + "@example.com", ""},
		"a host that is too long":                         {"a@" + strings.Repeat("a.", 130) + "com", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, ok := rewards.CanonicalEmail(tc.in); got != tc.want || ok != (tc.want != "") {
				t.Fatalf("%q, %v", got, ok)
			}
		})
	}
}

func FuzzCanonicalEmail(f *testing.F) {
	for _, s := range []string{"Anna@Example.com", "a.b+c@googlemail.com", "ａ＠ｂ．ｃ", "a@b。c", "@", "a@b@c", "İ@example.com", "ǅ@example.com", "a@ẞ.de", "A.\u030f@gmAil.Com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		canonical, ok := rewards.CanonicalEmail(s)
		if !ok {
			if canonical != "" {
				t.Fatalf("%q is no address and becomes %q", s, canonical)
			}
			return
		}
		if again, ok := rewards.CanonicalEmail(canonical); !ok || again != canonical {
			t.Fatalf("%q becomes %q and then %q", s, canonical, again)
		}
		if strings.Count(canonical, "@") != 1 || len(canonical) > 254 || strings.ContainsAny(canonical, " \n\r\t,") {
			t.Fatalf("%q becomes %q", s, canonical)
		}
		if shouted, ok := rewards.CanonicalEmail(" " + s + " "); !ok || shouted != canonical {
			t.Fatalf("%q with spaces becomes %q", s, shouted)
		}
	})
}
