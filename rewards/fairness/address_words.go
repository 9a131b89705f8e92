package fairness

import "strings"

// shortWords are the words of addresses that are written long and short, folded. Sources: USPS Publication
// 28, appendices C1 and C2; the Royal Mail's, Deutsche Post's, La Poste's and Correos' guides to addresses.
var shortWords = shorts(map[string]string{
	"st": "street saint str", "ave": "avenue av avenida avda", "rd": "road", "blvd": "boulevard boul bd", "dr": "drive drv",
	"ln": "lane", "ct": "court", "pl": "place platz plaza", "sq": "square", "ter": "terrace terr", "cres": "crescent cr", "cl": "close",
	"hwy": "highway", "pkwy": "parkway", "cir": "circle circ", "trl": "trail", "gdns": "gardens", "gr": "grove", "pk": "park",
	"mt": "mount", "n": "north", "s": "south", "e": "east", "w": "west", "ne": "northeast", "nw": "northwest",
	"se": "southeast", "sw": "southwest", "r": "rue rua", "all": "allee", "ch": "chemin", "imp": "impasse", "rte": "route",
	"cll": "calle", "via": "v", "vle": "viale", "pza": "piazza pzza", "cso": "corso", "pob": "pobox",
	"#": "apt apartment unit suite ste flat apartamento appartement appt app wohnung whg top tuer tür stiege " +
		"piso puerta interno int room rm",
	"": "no nr num numero number nummer",
})

func shorts(table map[string]string) map[string]string {
	found := map[string]string{}
	for s, long := range table {
		for w := range strings.FieldsSeq(long) {
			found[fold(w)] = s
		}
	}
	return found
}

// endings are the same for languages that make one word of a street's name and kind.
var endings = []struct{ long, short string }{
	{"strasse", "st"}, {"strase", "st"}, {"straat", "st"}, {"strat", "st"}, {"str", "st"}, {"platz", "pl"}, {"plein", "pl"},
	{"gasse", "g"}, {"gata", "g"}, {"gatan", "g"}, {"gate", "g"}, {"vagen", "v"}, {"vej", "v"},
}

// sharedPlaces are where many people fetch parcels, so that one address says nothing, folded.
var sharedPlaces = []string{
	"packstation", "postfiliale", "paketshop", "paketbox", "paczkomat", "inpost", "locker", "pickup", "parcelshop", "pudo",
	"zasilkovna", "packeta", "mondialrelay", "pointrelais", "relais",
}
