package money

import (
	"errors"
	"math/big"
	"strings"
)

// Money is an amount in the minor unit of its currency, as Stripe counts it.
// Currency is the lower-case ISO 4217 code.
type Money struct {
	Amount   int64
	Currency string
}

// MaxMinor is the largest amount that Stripe takes in one payment: eight
// digits, for most currencies.
const MaxMinor = 99_999_999

// currencies maps each currency that Stripe charges in to the number of
// decimals of Stripe's minor unit. Stripe's table is not ISO 4217's: ISK and
// UGX are sent with two decimals although they have none, MGA with none.
// Source: https://docs.stripe.com/currencies
var currencies = func() map[string]int {
	m := map[string]int{}
	for code := range strings.FieldsSeq(`usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt
		bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop crc cve czk dkk dop dzd egp etb
		eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr isk jmd kes kgs khr kyd
		kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok
		npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std
		szl thb tjs top try ttd twd tzs uah ugx uyu uzs wst xcd xcg yer zar zmw`) {
		m[code] = 2
	}
	for code := range strings.FieldsSeq(`bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf`) {
		m[code] = 0
	}
	for code := range strings.FieldsSeq(`bhd jod kwd omr tnd`) {
		m[code] = 3
	}
	return m
}()

// Exponent is the number of decimals of Stripe's minor unit of a currency, and
// whether Stripe knows the currency at all.
func Exponent(currency string) (int, bool) {
	e, ok := currencies[currency]
	return e, ok
}

// Valid says whether m is an amount that Stripe could charge: a known
// currency, zero or more, at most MaxMinor, and what Stripe asks of currencies
// with special minor units: three-decimal amounts end in 0, ISK and UGX amounts
// have no cents.
func (m Money) Valid() error {
	e, ok := Exponent(m.Currency)
	switch {
	case !ok:
		return ErrCurrency
	case m.Amount < 0 || m.Amount > MaxMinor:
		return ErrRange
	case e == 3 && m.Amount%10 != 0:
		return errors.New("must end in 0: Stripe takes two of the three decimals")
	case (m.Currency == "isk" || m.Currency == "ugx") && m.Amount%100 != 0:
		return errors.New("must be whole units: the currency has no decimals")
	}
	return nil
}

// Parse reads a decimal in major units ("25", "25.00") of a currency.
func Parse(s, currency string) (Money, error) {
	e, ok := Exponent(currency)
	if !ok {
		return Money{}, ErrCurrency
	}
	n, err := parseDecimal(s, e)
	if errors.Is(err, errDecimals) {
		return Money{}, ErrMinorUnit
	}
	if err != nil {
		return Money{}, err
	}
	m := Money{n, currency}
	return m, m.Valid()
}

// Decimal is the amount in major units with the currency's own decimals:
// "25.00", "2500" for JPY, "1.230" for KWD.
func (m Money) Decimal() string {
	e, ok := Exponent(m.Currency)
	if !ok {
		e = 2
	}
	return formatDecimal(m.Amount, e, false)
}

// IsZero says whether no money is meant at all.
func (m Money) IsZero() bool { return m.Amount == 0 }

// MinorStep is the granularity in which Stripe charges a currency, in its minor
// units: 100 for ISK and UGX, which are sent with two decimals and have none, 10
// for currencies with three decimals, 1 for all others.
func MinorStep(currency string) int64 {
	switch e := currencies[currency]; {
	case currency == "isk" || currency == "ugx":
		return 100
	case e == 3:
		return 10
	}
	return 1
}

// least is the smallest charge that Stripe takes, in minor units.
// Source: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
var least = map[string]int64{
	"usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
	"eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300,
	"nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}

// LeastCharge is the smallest amount that Stripe charges in a currency, in minor
// units. For currencies that Stripe's table does not list it depends on the
// account: 50 minor units are the least that is possible, made a chargeable
// amount.
func LeastCharge(currency string) int64 {
	if n, ok := least[currency]; ok {
		return n
	}
	step := MinorStep(currency)
	return (50 + step - 1) / step * step
}

// RoundMoney rounds an exact amount in major units once, half up, to what Stripe
// charges in the currency. It answers ErrRange where int64 is not enough.
func RoundMoney(major *big.Rat, currency string) (Money, error) {
	e, ok := Exponent(currency)
	if !ok {
		return Money{}, ErrCurrency
	}
	step := MinorStep(currency)
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(e)), nil)
	// floor(x / step + 1/2), with x in minor units.
	steps := new(big.Rat).Mul(major, new(big.Rat).SetFrac(scale, big.NewInt(step)))
	steps.Add(steps, big.NewRat(1, 2))
	n := new(big.Int).Div(steps.Num(), steps.Denom()) // Euclidean: the floor, as the denominator is positive
	n.Mul(n, big.NewInt(step))
	if !n.IsInt64() {
		return Money{}, ErrRange
	}
	return Money{n.Int64(), currency}, nil
}

// Rat is the amount as an exact number of major units.
func (m Money) Rat() *big.Rat {
	e, _ := Exponent(m.Currency)
	return new(big.Rat).SetFrac(big.NewInt(m.Amount), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(e)), nil))
}
