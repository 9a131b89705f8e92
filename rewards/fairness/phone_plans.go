package fairness

// plan is how a country's numbers are written. Source: the national numbering plans as published by the
// ITU (E.164 national numbering plans). Countries whose plan leaves room for doubt are not here: their
// numbers are compared in international form only.
type plan struct {
	code        string // calling code
	trunk       string // what comes before a number inside the country, "" none
	abroad      string // what comes before a calling code when dialling out, "" several
	least, most int    // digits of a number without code and trunk prefix
}

var plans = map[string]plan{
	"US": {"1", "1", "011", 10, 10}, "CA": {"1", "1", "011", 10, 10}, "PR": {"1", "1", "011", 10, 10},
	"GB": {"44", "0", "00", 9, 10}, "IE": {"353", "0", "00", 7, 9},
	"DE": {"49", "0", "00", 6, 11}, "AT": {"43", "0", "00", 6, 13}, "CH": {"41", "0", "00", 9, 9}, "LI": {"423", "", "00", 7, 7},
	"FR": {"33", "0", "00", 9, 9}, "BE": {"32", "0", "00", 8, 9}, "NL": {"31", "0", "00", 9, 9}, "LU": {"352", "", "00", 6, 9},
	"IT": {"39", "", "00", 6, 11}, "ES": {"34", "", "00", 9, 9}, "PT": {"351", "", "00", 9, 9}, "GR": {"30", "", "00", 10, 10},
	"CY": {"357", "", "00", 8, 8}, "MT": {"356", "", "00", 8, 8},
	"DK": {"45", "", "00", 8, 8}, "NO": {"47", "", "00", 8, 8}, "SE": {"46", "0", "00", 7, 10}, "FI": {"358", "0", "00", 6, 10},
	"IS": {"354", "", "00", 7, 7}, "EE": {"372", "", "00", 7, 8}, "LV": {"371", "", "00", 8, 8},
	"PL": {"48", "", "00", 9, 9}, "CZ": {"420", "", "00", 9, 9}, "SK": {"421", "0", "00", 9, 9}, "HU": {"36", "06", "00", 8, 9},
	"RO": {"40", "0", "00", 9, 9}, "BG": {"359", "0", "00", 7, 9}, "SI": {"386", "0", "00", 8, 8}, "HR": {"385", "0", "00", 8, 9},
	"UA": {"380", "0", "00", 9, 9}, "TR": {"90", "0", "00", 10, 10}, "IL": {"972", "0", "00", 8, 9},
	"ZA": {"27", "0", "00", 9, 9}, "AU": {"61", "0", "0011", 9, 9}, "NZ": {"64", "0", "00", 8, 10},
	"IN": {"91", "0", "00", 10, 10}, "JP": {"81", "0", "010", 9, 10}, "SG": {"65", "", "", 8, 8}, "HK": {"852", "", "", 8, 8},
}

// planOf finds a plan by its calling code. Countries that share one have the same plan.
var planOf = byCode()

func byCode() map[string]plan {
	found := make(map[string]plan, len(plans))
	for _, p := range plans {
		found[p.code] = p
	}
	return found
}
