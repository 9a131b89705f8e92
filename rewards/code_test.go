package rewards_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"grapevine/rewards"
)

func TestFoldCode(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want string }{
		"as it is":                         {"ANNA-7Q2M", "ANNA-7Q2M"},
		"small letters":                    {"anna-7q2m", "ANNA-7Q2M"},
		"spaces around":                    {" \t anna-7q2m\r\n", "ANNA-7Q2M"},
		"a no-break space around":          {"\u00a0anna\u00a0", "ANNA"},
		"full-width letters":               {"ａｎｎａ－７ｑ", "ANNA-7Q"},
		"a zero-width space inside":        {"AN\u200bNA", "ANNA"},
		"a direction mark in front":        {"\u202eANNA\u202c", "ANNA"},
		"a byte order mark":                {"\ufeffANNA", "ANNA"},
		"a soft hyphen":                    {"AN\u00adNA", "ANNA"},
		"an underscore":                    {"a_b", "A_B"},
		"64 characters":                    {strings.Repeat("a", 64), strings.Repeat("A", 64)},
		"65 characters":                    {strings.Repeat("a", 65), ""},
		"far too long":                     {strings.Repeat("\u200b", 1000) + "A", ""},
		"nothing":                          {"", ""},
		"spaces only":                      {" \u200b ", ""},
		"a space inside":                   {"AN NA", ""},
		"a Cyrillic А":                     {"АNNA", ""},
		"a Greek Α":                        {"ΑNNA", ""},
		"a long s":                         {"ſUMMER", ""},
		"a ligature of long s and t":       {"ﬅAR", ""},
		"a Kelvin sign":                    {"\u212aATE", ""},
		"a dotless i":                      {"ıVAN", ""},
		"a dotted capital I":               {"İVAN", ""},
		"an accent":                        {"RENÉ", ""},
		"an accent of its own":             {"RENE\u0301", ""},
		"a sharp s":                        {"STRAßE", ""},
		"other digits":                     {"ANNA٣", ""},
		"a long dash":                      {"ANNA–7Q2M", ""},
		"a percent sign":                   {"50%", ""},
		"a slash, which ends job subjects": {"A/B", ""},
		"a NUL":                            {"A\x00", ""},
		"broken text":                      {"A\xff", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, ok := rewards.FoldCode(tc.in); got != tc.want || ok != (tc.want != "") {
				t.Fatalf("%q, %v", got, ok)
			}
		})
	}
}

func FuzzFoldCode(f *testing.F) {
	for _, s := range []string{"anna-7q2m", "ａ", "АNNA", "ſ", "\u212a", "\u200b", " A ", "A\xff", "ﬁ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded, ok := rewards.FoldCode(s)
		if !ok {
			if folded != "" {
				t.Fatalf("%q is no code and folds to %q", s, folded)
			}
			return
		}
		if again, ok := rewards.FoldCode(folded); !ok || again != folded {
			t.Fatalf("%q folds to %q and on to %q", s, folded, again)
		}
		if len(folded) < 1 || len(folded) > 64 || strings.Trim(folded, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			t.Fatalf("%q folds to %q", s, folded)
		}
		if lower, ok := rewards.FoldCode(strings.ToLower(folded)); !ok || lower != folded {
			t.Fatalf("%q in small letters folds to %q", folded, lower)
		}
	})
}

func TestPersonalCode(t *testing.T) {
	t.Parallel()
	random := func(n int) string { return "7Q2M9"[:n] }
	for name, want := range map[string]string{
		"Anna": "ANNA-7Q2M", "anna maria": "ANNA-7Q2M", "René": "RENE-7Q2M", "Łukasz": "LUKASZ-7Q2M", "Bjørn": "BJORN-7Q2M",
		"Jürgen-Heinrich": "JURGENHEIN-7Q2M", "中文": "FRIEND-7Q2M", "李 Li": "LI-7Q2M", "": "FRIEND-7Q2M", "  ": "FRIEND-7Q2M",
		"Ольга": "FRIEND-7Q2M", "\u200bEva\u202e": "EVA-7Q2M", "Maximiliana-Theodora": "MAXIMILIAN-7Q2M", "O'Neil": "ONEIL-7Q2M", "4711": "FRIEND-7Q2M",
		"Ｋei": "KEI-7Q2M", "Strauß": "STRAUSS-7Q2M",
	} {
		if got := rewards.PersonalCode(name, random); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}

func FuzzPersonalCode(f *testing.F) {
	f.Add("Anna")
	f.Add("中文")
	f.Fuzz(func(t *testing.T, name string) {
		code := rewards.PersonalCode(name, rewards.RandomCode)
		if folded, ok := rewards.FoldCode(code); !ok || folded != code || !utf8.ValidString(code) || len(code) > 15 {
			t.Fatalf("%q makes %q", name, code)
		}
	})
}

func TestValidCustomCode(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"anna": "ANNA", " Anna_2026 ": "ANNA_2026", "a-b-c": "A-B-C", "abc": "", "-ANNA": "", "ANNA_": "", "GV-ANNA": "", "AN NA": "", "": "",
		strings.Repeat("A", 32): strings.Repeat("A", 32), strings.Repeat("A", 33): "",
	} {
		got, err := rewards.ValidCustomCode(in)
		if got != want || (err == nil) != (want != "") || err != nil && (rewards.KindOf(err) != rewards.Invalid || rewards.CodeOf(err) != "bad_code") {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}
