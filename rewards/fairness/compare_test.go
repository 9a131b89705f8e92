package fairness_test

import (
	"testing"

	"grapevine/rewards/fairness"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	type person = fairness.Person
	home := fairness.Address{Line1: "Lindenstraße 5", City: "Berlin", Postcode: "10115", Country: "DE"}
	next := fairness.Address{Line1: "Lindenstraße 7", City: "Berlin", Postcode: "10115", Country: "DE"}
	for name, tc := range map[string]struct {
		advocate, friend person
		want             fairness.Pair
	}{
		"nothing is known":                      {},
		"one customer":                          {person{CustomerID: "7"}, person{CustomerID: "7"}, fairness.Pair{SameCustomer: true}},
		"two customers":                         {person{CustomerID: "7"}, person{CustomerID: "77"}, fairness.Pair{}},
		"one card":                              {person{Card: "fp1"}, person{Card: "fp1"}, fairness.Pair{SameCard: true}},
		"one mailbox at a free provider":        {person{Email: "anna@gmail.com"}, person{Email: "anna@gmail.com"}, fairness.Pair{SameEmail: true}},
		"one mailbox at a domain of one's own":  {person{Email: "anna@berg.example"}, person{Email: "anna@berg.example"}, fairness.Pair{SameEmail: true, SameDomain: true}},
		"two people at a free provider":         {person{Email: "anna.berg@gmx.de"}, person{Email: "karl@gmx.de"}, fairness.Pair{}},
		"two people at a company":               {person{Email: "anna.berg@firm.example"}, person{Email: "karl@firm.example"}, fairness.Pair{SameDomain: true}},
		"a tag at a domain of one's own":        {person{Email: "anna@berg.example"}, person{Email: "anna+2@berg.example"}, fairness.Pair{SameDomain: true, AliasEmail: true}},
		"two tags at a free provider":           {person{Email: "anna+1@web.de"}, person{Email: "anna+2@web.de"}, fairness.Pair{AliasEmail: true}},
		"a number at the end":                   {person{Email: "annaberg1@gmail.com"}, person{Email: "annaberg22@gmail.com"}, fairness.Pair{NearEmail: true}},
		"three edits":                           {person{Email: "annaberg1@gmail.com"}, person{Email: "annaberg2345@gmail.com"}, fairness.Pair{}},
		"a number at the end of another domain": {person{Email: "annaberg1@gmail.com"}, person{Email: "annaberg2@gmx.de"}, fairness.Pair{}},
		"short names are near by chance":        {person{Email: "anna@gmail.com"}, person{Email: "anne@gmail.com"}, fairness.Pair{}},
		"one number, written in two ways":       {person{Phone: "0151 23456789", Address: fairness.Address{Country: "DE"}}, person{Phone: "+49 151/234 567 89"}, fairness.Pair{SamePhone: true}},
		"one number, and no country for it":     {person{Phone: "0151 23456789"}, person{Phone: "0151 23456789"}, fairness.Pair{}},
		"numbers of two countries":              {person{Phone: "0612345678", Address: fairness.Address{Country: "FR"}}, person{Phone: "0612345678", Address: fairness.Address{Country: "NL"}}, fairness.Pair{}},
		"one name":                              {person{First: "Anna", Last: "Müller"}, person{First: "ANNA", Last: "Mueller"}, fairness.Pair{NearName: true}},
		"an initial":                            {person{First: "Anna", Last: "Berg"}, person{First: "A.", Last: "Berg"}, fairness.Pair{NearName: true}},
		"a second first name":                   {person{First: "Anna", Last: "Berg"}, person{First: "Anna Maria", Last: "Berg"}, fairness.Pair{NearName: true}},
		"a first name with a slip":              {person{First: "Johannes", Last: "Berg"}, person{First: "Johanes", Last: "Berg"}, fairness.Pair{NearName: true}},
		"first name and surname changed about":  {person{First: "Anna", Last: "Berg"}, person{First: "Berg", Last: "Anna"}, fairness.Pair{NearName: true}},
		"sister and brother":                    {person{First: "Anna", Last: "Berg"}, person{First: "Karl", Last: "Berg"}, fairness.Pair{}},
		"short first names are two":             {person{First: "Jan", Last: "Berg"}, person{First: "Jon", Last: "Berg"}, fairness.Pair{}},
		"one surname and no first name":         {person{Last: "Berg"}, person{Last: "Berg"}, fairness.Pair{}},
		"a married couple":                      {person{First: "Anna", Last: "Berg", Address: home}, person{First: "Karl", Last: "Berg", Address: home}, fairness.Pair{SameAddress: true, SameSurnamePostcode: true}},
		"a family in two houses":                {person{First: "Anna", Last: "Berg", Address: home}, person{First: "Karl", Last: "Berg", Address: next}, fairness.Pair{SameSurnamePostcode: true}},
		"neighbours":                            {person{First: "Anna", Last: "Berg", Address: home}, person{First: "Karl", Last: "Tal", Address: next}, fairness.Pair{}},
		"one IP":                                {person{IP: "203.0.113.7"}, person{IP: "::ffff:203.0.113.7"}, fairness.Pair{SameIP: true}},
		"two IPs":                               {person{IP: "203.0.113.7"}, person{IP: "203.0.113.8"}, fairness.Pair{}},
		"one network of IPv6":                   {person{IP: "2001:db8:1:2:aaaa::1"}, person{IP: "2001:db8:1:2:bbbb::9"}, fairness.Pair{SameIP: true}},
		"two networks of IPv6":                  {person{IP: "2001:db8:1:2::1"}, person{IP: "2001:db8:1:3::1"}, fairness.Pair{}},
		"the proxy's own address":               {person{IP: "10.0.0.1", Agent: "x"}, person{IP: "10.0.0.1", Agent: "x"}, fairness.Pair{}},
		"what is no IP":                         {person{IP: "unknown", Agent: "x"}, person{IP: "unknown", Agent: "x"}, fairness.Pair{}},
		"one IP and one browser":                {person{IP: "203.0.113.7", Agent: "Firefox/140"}, person{IP: "203.0.113.7", Agent: "Firefox/140 "}, fairness.Pair{SameIP: true, SameDevice: true}},
		"one browser, as millions have it":      {person{IP: "203.0.113.7", Agent: "Firefox/140"}, person{IP: "203.0.113.8", Agent: "Firefox/140"}, fairness.Pair{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := fairness.Compare(tc.advocate, tc.friend); got != tc.want {
				t.Fatalf("%+v, want %+v", got, tc.want)
			}
			if got := fairness.Compare(tc.friend, tc.advocate); got != tc.want {
				t.Fatalf("the other way round: %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestMailDomains(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]struct{ disposable, free bool }{
		"mailinator.com": {disposable: true}, "Mailinator.COM.": {disposable: true}, "a.b.mailinator.com": {disposable: true},
		"mailinator.com.example": {}, "com": {}, "": {}, "#": {}, ".": {},
		"gmail.com": {free: true}, "yahoo.co.uk": {free: true}, "yahoo.com.br": {free: true}, "gmx.at": {free: true}, "T-Online.de": {free: true},
		"yahoo.example": {}, "gmail.com.example": {}, "mail.gmail.com": {}, "example.com": {}, "live": {},
	} {
		if got := fairness.Disposable(domain); got != want.disposable {
			t.Errorf("%q: disposable %v", domain, got)
		}
		if got := fairness.FreeMail(domain); got != want.free {
			t.Errorf("%q: free %v", domain, got)
		}
	}
}
