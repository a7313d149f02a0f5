package account

import (
	"regexp"
	"strings"

	"purse/billing/fault"
)

// TaxIDType is a kind of tax id that Stripe knows.
type TaxIDType struct {
	Type    string // Stripe's word
	Name    string // for people
	Example string
	shape   *regexp.Regexp // nil where Stripe alone looks
}

// TaxIDTypes are the kinds of tax ids that customers can choose, by country.
func TaxIDTypes() []TaxIDType { return taxIDTypes }

var taxIDTypes = func() []TaxIDType {
	kind := func(typ, name, example, shape string) TaxIDType {
		t := TaxIDType{Type: typ, Name: name, Example: example}
		if shape != "" {
			t.shape = regexp.MustCompile(`^(` + shape + `)$`)
		}
		return t
	}
	return []TaxIDType{
		kind("au_abn", "Australia: ABN", "12345678912", `\d{2} ?\d{3} ?\d{3} ?\d{3}`),
		kind("br_cnpj", "Brazil: CNPJ", "01.234.456/5432-10", ""),
		kind("ca_bn", "Canada: BN", "123456789", `\d{9}`),
		kind("ca_gst_hst", "Canada: GST/HST", "123456789RT0002", ""),
		kind("ch_vat", "Switzerland: MWST, TVA, IVA", "CHE-123.456.789 MWST", ""),
		kind("eu_vat", "European Union: VAT", "DE123456789", `[A-Z]{2} ?[0-9A-Z+*]{2,13}`),
		kind("gb_vat", "United Kingdom: VAT", "GB123456789", `(GB|XI) ?[0-9A-Z]{5,12}`),
		kind("hk_br", "Hong Kong: BR", "12345678", ""),
		kind("id_npwp", "Indonesia: NPWP", "12.345.678.9-012.345", ""),
		kind("il_vat", "Israel: VAT", "000012345", ""),
		kind("in_gst", "India: GST", "12ABCDE3456FGZH", `[0-9A-Z]{15}`),
		kind("is_vat", "Iceland: VAT", "123456", ""),
		kind("jp_cn", "Japan: corporate number", "1234567891234", `\d{13}`),
		kind("jp_rn", "Japan: registered foreign business", "12345", ""),
		kind("jp_trn", "Japan: tax registration number", "T1234567891234", `T\d{13}`),
		kind("kr_brn", "South Korea: BRN", "123-45-67890", ""),
		kind("li_uid", "Liechtenstein: UID", "CHE123456789", ""),
		kind("mx_rfc", "Mexico: RFC", "ABC010203AB9", ""),
		kind("my_sst", "Malaysia: SST", "A12-3456-78912345", ""),
		kind("no_vat", "Norway: VAT", "123456789MVA", ""),
		kind("nz_gst", "New Zealand: GST", "123456789", `\d{8,9}`),
		kind("sg_gst", "Singapore: GST", "M12345678X", ""),
		kind("sg_uen", "Singapore: UEN", "123456789F", ""),
		kind("th_vat", "Thailand: VAT", "1234567891234", ""),
		kind("tr_tin", "Türkiye: TIN", "0123456789", `\d{10}`),
		kind("tw_vat", "Taiwan: VAT", "12345678", ""),
		kind("ae_trn", "United Arab Emirates: TRN", "123456789012345", `\d{15}`),
		kind("us_ein", "United States: EIN", "12-3456789", `\d{2}-?\d{7}`),
		kind("za_vat", "South Africa: VAT", "4123456789", ""),
	}
}()

func (id *TaxID) check(at string) error {
	for _, t := range taxIDTypes {
		if t.Type != id.Type {
			continue
		}
		if id.Value == "" || len(id.Value) > 40 || (t.shape != nil && !t.shape.MatchString(id.Value)) {
			return fault.Bad(at+".value", "A number of this kind looks like %s.", t.Example)
		}
		return nil
	}
	return fault.Bad(at+".type", "Choose the kind of number.")
}

// Name is the kind of a tax id for people.
func (id TaxID) Name() string {
	for _, t := range taxIDTypes {
		if t.Type == id.Type {
			return t.Name
		}
	}
	return id.Type
}

// countries are ISO 3166's codes.
const countries = `AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK
CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN
MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG
SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW`

// Countries are the codes of all countries.
func Countries() []string { return strings.Fields(countries) }

// Country says whether a code is a country's.
func Country(code string) bool {
	return len(code) == 2 && strings.Contains(" "+strings.ReplaceAll(countries, "\n", " ")+" ", " "+code+" ")
}
