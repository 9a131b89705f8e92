package fairness_test

import (
	"strings"
	"testing"

	"grapevine/rewards/fairness"
)

type address = fairness.Address

func TestOnePlaceInSeveralSpellings(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		want      string
		spellings []address
	}{
		"a German street": {"lindenst5a|10115|de", []address{
			{"Lindenstraße 5a", "", "Berlin", "10115", "DE"}, {"Linden-Str. 5 A", "", "", "D-10115", "de"}, {"LINDENSTRASSE 5A", "", "Mitte", " 10 115", "DE"},
			{"Linden Straße Nr. 5a", "", "", "10115", "DE"}}},
		"an umlaut": {"karntnerst5#12|1010|at", []address{
			{"Kärntner Straße 5/12", "", "Wien", "1010", "AT"}, {"Kaerntner Str. 5", "Top 12", "", "A-1010", "AT"}, {"Karntnerstrasse 5 Tür 12", "", "", "1010", "AT"}}},
		"an American flat": {"12mainst#4b|94105|us", []address{
			{"12 Main Street Apt 4B", "", "San Francisco", "94105-1234", "US"}, {"12 main st.", "#4B", "", "94105", "US"}, {"12 Main St", "Unit 4 b", "", "94105", "US"},
			{"Apartment 4B", "12 Main Street", "", "94105", "US"}, {"12 Main St", "4b", "", "94105", "US"}}},
		"an American avenue": {"500sw5thave|97204|us", []address{
			{"500 SW 5th Avenue", "", "", "97204", "US"}, {"500 Southwest 5th Ave.", "", "", "97204", "US"}}},
		"an Australian unit": {"12kingst#4|2000|au", []address{
			{"4/12 King Street", "", "Sydney", "2000", "AU"}, {"Unit 4, 12 King St", "", "", "2000", "AU"}}},
		"a British house": {"10highrd|sw1a1aa|gb", []address{
			{"10 High Road", "", "London", "SW1A 1AA", "GB"}, {"10, High Rd.", "", "", "sw1a1aa", "UK"}}},
		"a French street": {"3rdeleglise|75001|fr", []address{
			{"3 rue de l'Église", "", "Paris", "75001", "FR"}, {"3, Rue de l’Eglise", "", "", "F-75001", "FR"}}},
		"a Polish street": {"ullodzka7|00001|pl", []address{
			{"ul. Łódzka 7", "", "Warszawa", "00-001", "PL"}, {"Ul Lodzka 7", "", "", "00001", "PL"}}},
		"a city where there are no postcodes": {"1qunsrdcentral|hongkong|hk", []address{
			{"1 Queen's Road Central", "", "Hong Kong", "", "HK"}, {"1 Queens Rd Central", "", "HONG KONG", "", "hk"}}},
		"two numbers side by side stay two": {"rte12 5|75001|fr", []address{{"Route 12, 5", "", "", "75001", "FR"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, a := range tc.spellings {
				if got := a.Canonical(); got != tc.want {
					t.Errorf("%+v becomes %q, want %q", a, got, tc.want)
				}
			}
		})
	}
}

func TestPlacesThatAreNotOne(t *testing.T) {
	t.Parallel()
	home := address{"12 Main Street", "Apt 4", "", "94105", "US"}
	for name, other := range map[string]address{
		"another number":                {"14 Main Street", "Apt 4", "", "94105", "US"},
		"another flat":                  {"12 Main Street", "Apt 5", "", "94105", "US"},
		"no flat":                       {"12 Main Street", "", "", "94105", "US"},
		"number and flat changed about": {"4 Main Street", "Apt 12", "", "94105", "US"},
		"another street":                {"12 Market Street", "Apt 4", "", "94105", "US"},
		"another postcode":              {"12 Main Street", "Apt 4", "", "94106", "US"},
		"another country":               {"12 Main Street", "Apt 4", "", "94105", "DE"},
	} {
		if home.Canonical() == "" || home.Canonical() == other.Canonical() {
			t.Errorf("%s: %q", name, other.Canonical())
		}
	}
	for name, a := range map[string]address{
		"nothing":               {},
		"no country":            {"12 Main Street", "", "San Francisco", "94105", ""},
		"no place":              {"12 Main Street", "", "", "", "US"},
		"no number":             {"Main Street", "", "", "94105", "US"},
		"no street":             {"12", "", "", "94105", "US"},
		"a flat alone":          {"Apt B5", "", "", "94105", "US"},
		"where many fetch":      {"Packstation 145", "12345678", "Berlin", "10115", "DE"},
		"where many fetch, too": {"Lindenstraße 5", "Paketshop Meier", "Berlin", "10115", "DE"},
		"a line without an end": {strings.Repeat("a1", 200), "", "", "94105", "US"},
	} {
		if got := a.Canonical(); got != "" {
			t.Errorf("%s is compared as %q", name, got)
		}
	}
}

func FuzzAddressCanonical(f *testing.F) {
	for _, s := range []string{"Lindenstraße 5a", "12 Main St #4", "4/12 King St", "1 / 2 / 3", "Apt Apt 5", "str asse 7", "Ⅳ 5", "ａ１", "ß5", "İ 1", "٣ شارع", "str##4 b#"} {
		f.Add(s, "", "Berlin", "10115", "DE")
		f.Add("5", s, s, s, "us")
	}
	f.Add("0", "A", "0", "0", "0\xd9AAAAA E000000000")
	f.Add("0", "A00", "A000", " ", "us")
	f.Add("0", "A0", "0", "٣شا0ع", "us")
	f.Fuzz(func(t *testing.T, line1, line2, city, postcode, country string) {
		a := address{line1, line2, city, postcode, country}
		form := a.Canonical()
		if form == "" {
			return
		}
		parts := strings.Split(form, "|")
		if len(parts) != 3 {
			t.Fatalf("%+v becomes %q", a, form)
		}
		if again := (address{Line1: parts[0], Postcode: parts[1], Country: parts[2]}).Canonical(); again != form {
			t.Fatalf("%+v becomes %q and then %q", a, form, again)
		}
	})
}

func FuzzCompare(f *testing.F) {
	f.Add("anna@example.com", "anna+1@example.com", "0151 23456789", "Lindenstr. 5", "Müller", "203.0.113.7")
	f.Add("@", "a@", "+", "#", "'", "::1%a")
	f.Fuzz(func(t *testing.T, email, other, phone, line, name, ip string) {
		a := fairness.Person{Email: email, Phone: phone, First: name, Last: line, IP: ip, Agent: line,
			Address: address{Line1: line, Postcode: phone, Country: "DE"}}
		b := fairness.Person{Email: other, Phone: phone, First: line, Last: name, IP: ip, Agent: name, Card: line,
			Address: address{Line1: name, Line2: line, City: ip, Country: "DE"}}
		if p, q := fairness.Compare(a, b), fairness.Compare(b, a); p != q {
			t.Fatalf("%+v one way, %+v the other", p, q)
		}
		self := fairness.Compare(a, a)
		if self.SameEmail != (email != "") || self.NearEmail || self.AliasEmail || self.SameDevice && !self.SameIP {
			t.Fatalf("with themselves: %+v", self)
		}
		if p := fairness.Compare(a, fairness.Person{}); p != (fairness.Pair{}) {
			t.Fatalf("with nobody: %+v", p)
		}
	})
}
