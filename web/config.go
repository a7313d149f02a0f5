package main

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"purse/billing/card"
	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/money"
	"purse/billing/schedule"
	"purse/billing/stripepay"
	mailview "purse/views/mail"
	"purse/views/ui"
)

// settings are what serve and demo share. All of them can also be given in the
// environment; those that are secrets also as NAME_FILE, a file's path.
type settings struct {
	Addr        string `help:"Address of the portal." default:"127.0.0.1:8080" env:"PURSE_ADDR"`
	Sandbox     bool   `help:"Run against the Stripe sandbox. No money moves." env:"PURSE_SANDBOX"`
	SandboxAddr string `help:"Address of the sandbox." default:"127.0.0.1:8081" env:"PURSE_SANDBOX_ADDR"`
	SandboxURL  string `help:"Where browsers reach the sandbox." env:"PURSE_SANDBOX_URL"`
	DB          string `name:"db" help:"The database file (purse.db; the demo's is demo.db)." env:"PURSE_DB"`
	PublicURL   string `help:"Where browsers reach Purse, such as https://billing.example.com." env:"PURSE_PUBLIC_URL"`

	BrandColor     string        `help:"Your colour in mails, as #rrggbb." env:"PURSE_BRAND_COLOR"`
	Brand          string        `help:"Your name, as your customers know it." default:"Purse" env:"PURSE_BRAND"`
	SupportURL     string        `help:"Where your customers find help: https: or mailto:." env:"PURSE_SUPPORT_URL"`
	TermsURL       string        `help:"Your terms of sale." env:"PURSE_TERMS_URL"`
	TermsVersion   string        `help:"The version of the terms that buyers accept." env:"PURSE_TERMS_VERSION"`
	RefundTerms    string        `help:"What you say about refunds, shown at purchase." env:"PURSE_REFUND_TERMS"`
	RefundWindow   time.Duration `help:"How long customers may take back an unused purchase themselves, once; 0 for not at all." default:"24h" env:"PURSE_REFUND_WINDOW"`
	PromotionCodes bool          `help:"Let buyers enter promotion codes that you made at Stripe." env:"PURSE_PROMOTION_CODES"`
	PaymentMethods []string      `help:"Payment methods that Checkout offers, by Stripe's names: card, link, us_bank_account, sepa_debit, customer_balance (bank transfer), ideal … None: what Stripe's dashboard says." env:"PURSE_PAYMENT_METHODS"`
	BankCountry    string        `help:"Country of the accounts that take bank transfers in euros: BE, DE, ES, FR, IE or NL." default:"DE" env:"PURSE_BANK_COUNTRY"`
	AutomaticTax   bool          `help:"Let Stripe Tax add tax at Checkout and to automatic recharges." env:"PURSE_AUTOMATIC_TAX"`
	TaxBehavior    string        `help:"Whether prices contain tax: exclusive or inclusive; packs may say otherwise." default:"exclusive" env:"PURSE_TAX_BEHAVIOR"`
	TaxCode        string        `help:"Stripe's tax code of what you sell, such as txcd_10103001; packs may say otherwise." env:"PURSE_TAX_CODE"`
	ReturnOrigins  []string      `help:"Origins that success_url and cancel_url may have." env:"PURSE_RETURN_ORIGINS"`
	RatePerMinute  int           `help:"Requests a minute that each API key may make; 0 for any number." env:"PURSE_RATE_PER_MINUTE"`
	TrustedProxies []string      `help:"Networks whose X-Forwarded-For is believed, such as 10.0.0.0/8." env:"PURSE_TRUSTED_PROXIES"`
	MetricsToken   string        `help:"Bearer token for /metrics; without one only loopback may read it." env:"PURSE_METRICS_TOKEN"`

	ScheduleDiscount percents `help:"Percent that customers save by scheduled purchases: quarter=5;year=10." env:"PURSE_SCHEDULE_DISCOUNT"`

	LateGrace time.Duration `help:"How long after the expiry of a grant recorded work that was done before it still draws it; 0 for not at all." default:"0" env:"PURSE_LATE_GRACE"`

	AuditDays     int  `help:"Days for which addresses, devices and words stay in the audit log; 0 for ever." default:"400" env:"PURSE_AUDIT_DAYS"`
	RequireFactor bool `help:"Everybody needs a second factor, not only staff." env:"PURSE_REQUIRE_FACTOR"`

	AskAbove amounts `help:"Amounts above which paying with a saved card asks again who is there: usd=100;eur=90. Currencies that are not named always ask." env:"PURSE_ASK_ABOVE"`

	SecretKey           string `help:"Seals the secrets of webhooks in the database: 32 random characters or more; two with a comma while you change it." env:"PURSE_SECRET_KEY"`
	SecretKeyLost       bool   `help:"Start although PURSE_SECRET_KEY opens nothing that was sealed before: webhook endpoints need new secrets then." env:"PURSE_SECRET_KEY_LOST"`
	WebhookAllowPrivate bool   `help:"Development only: let webhooks go to http, any port and private addresses." env:"PURSE_WEBHOOK_ALLOW_PRIVATE"`

	sandboxNow func() time.Time // of tests: the sandbox's time, without what it was moved by

	StripeSecretKey     string `help:"Stripe's secret or restricted key." env:"STRIPE_SECRET_KEY" placeholder:"sk_…"`
	StripeWebhookSecret string `help:"Signing secret of the webhook endpoint; two with a comma while you rotate." env:"STRIPE_WEBHOOK_SECRET" placeholder:"whsec_…"`
	SMTPURL             string `name:"smtp-url" help:"Mail server: smtp://user:password@host:587, smtps://…" env:"PURSE_SMTP_URL"`
	MailFrom            string `help:"From address of mails." env:"PURSE_MAIL_FROM"`
}

// secretNames are the settings that may come as NAME_FILE.
var secretNames = []string{"STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "PURSE_SMTP_URL", "PURSE_METRICS_TOKEN", "PURSE_KEY", "PURSE_SECRET_KEY"}

// secretsFromFiles puts the contents of the files that NAME_FILE names into
// NAME.
func secretsFromFiles(environ []string, set func(name, value string) error) error {
	env := map[string]string{}
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		env[name] = value
	}
	for _, name := range secretNames {
		path := env[name+"_FILE"]
		if path == "" {
			continue
		}
		if env[name] != "" {
			return fmt.Errorf("%s and %s_FILE are both set: set one", name, name)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("%s_FILE: %w", name, err)
		}
		if err := set(name, strings.TrimSpace(string(b))); err != nil {
			return err
		}
	}
	return nil
}

// mode is which Stripe the settings mean.
func (s *settings) mode() (ui.Mode, error) {
	switch {
	case s.Sandbox && s.StripeSecretKey != "":
		return "", errors.New("--sandbox (PURSE_SANDBOX) and STRIPE_SECRET_KEY are both set: the sandbox never speaks to Stripe, unset one")
	case s.Sandbox:
		return ui.Sandbox, nil
	case s.StripeSecretKey == "":
		return "", errors.New("STRIPE_SECRET_KEY is not set: set it to take payments, or start with --sandbox to try Purse without Stripe")
	}
	live, err := stripepay.Live(s.StripeSecretKey)
	switch {
	case err != nil:
		return "", fmt.Errorf("STRIPE_SECRET_KEY: %w", err)
	case live:
		return ui.Live, nil
	}
	return ui.Test, nil
}

// check finds bad and half-set settings, and names the variable.
func (s *settings) check() error {
	mode, err := s.mode()
	if err != nil {
		return err
	}
	if mode != ui.Sandbox {
		switch {
		case s.StripeWebhookSecret == "":
			return errors.New("STRIPE_WEBHOOK_SECRET is not set: run `purse stripe setup`, it makes the endpoint and prints the secret")
		case !allHavePrefix(s.StripeWebhookSecret, "whsec_"):
			return errors.New("STRIPE_WEBHOOK_SECRET does not begin with whsec_")
		case s.SMTPURL == "":
			return errors.New("PURSE_SMTP_URL is not set: without mail nobody can verify an address")
		case s.PublicURL == "":
			return errors.New("PURSE_PUBLIC_URL is not set: Stripe sends buyers back to it, and mails link to it")
		case mode == ui.Live && !strings.HasPrefix(s.PublicURL, "https://"):
			return errors.New("PURSE_PUBLIC_URL must begin with https:// in live mode")
		}
	}
	if s.BrandColor != "" && !mailview.ValidColor(s.BrandColor) {
		return fmt.Errorf("PURSE_BRAND_COLOR is %q: write it as #rrggbb", s.BrandColor)
	}
	if s.SecretKey != "" {
		if _, err := s.keeper(false); err != nil {
			return err
		}
	}
	if s.SMTPURL != "" {
		if _, err := mail.ParseAddress(s.MailFrom); err != nil {
			return errors.New("PURSE_MAIL_FROM is not an address such as \"Acme billing <billing@example.com>\"; PURSE_SMTP_URL needs one")
		}
	}
	for name, value := range map[string]string{"PURSE_PUBLIC_URL": s.PublicURL, "PURSE_SANDBOX_URL": s.SandboxURL} {
		if u, err := url.Parse(value); value != "" && (err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "") {
			return fmt.Errorf("%s is not an origin such as https://billing.example.com", name)
		}
	}
	for name, value := range map[string]string{"PURSE_ADDR": s.Addr, "PURSE_SANDBOX_ADDR": s.SandboxAddr} {
		if _, _, err := net.SplitHostPort(value); err != nil {
			return fmt.Errorf("%s is not an address such as 127.0.0.1:8080: %w", name, err)
		}
	}
	for _, o := range s.ReturnOrigins {
		if u, err := url.Parse(o); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			return fmt.Errorf("PURSE_RETURN_ORIGINS: %q is not an origin such as https://shop.example.com", o)
		}
	}
	for name, value := range map[string]string{"PURSE_SUPPORT_URL": s.SupportURL, "PURSE_TERMS_URL": s.TermsURL} {
		u, err := url.Parse(value)
		web := err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
		if value != "" && !web && (err != nil || name != "PURSE_SUPPORT_URL" || u.Scheme != "mailto") {
			return fmt.Errorf("%s is not an address such as https://example.com/help", name)
		}
	}
	for _, m := range s.PaymentMethods {
		if !card.Known(m) {
			return fmt.Errorf("PURSE_PAYMENT_METHODS: %q is none of %s", m, strings.Join(card.Types(), ", "))
		}
	}
	if s.BankCountry != "" && !slices.Contains([]string{"BE", "DE", "ES", "FR", "IE", "NL"}, s.BankCountry) {
		return errors.New("PURSE_BANK_COUNTRY is none of BE, DE, ES, FR, IE, NL")
	}
	if err := catalog.CheckTax(s.TaxBehavior, s.TaxCode); err != nil {
		name := "PURSE_TAX_BEHAVIOR"
		if f, ok := fault.As(err); ok && f.Param == "tax_code" {
			name = "PURSE_TAX_CODE"
		}
		return fmt.Errorf("%s: %w", name, err)
	}
	for every, percent := range s.ScheduleDiscount {
		if schedule.Every(every).Interval() == 0 || percent < 0 || percent > 90 {
			return errors.New("PURSE_SCHEDULE_DISCOUNT is not like quarter=5;year=10: month, quarter or year, and a percentage from 0 to 90")
		}
	}
	if err := s.checkDoors(); err != nil {
		return err
	}
	if s.RefundWindow < 0 {
		return errors.New("PURSE_REFUND_WINDOW must be 0 or more, such as 24h")
	}
	if s.LateGrace < 0 {
		return errors.New("PURSE_LATE_GRACE must be 0 or more, such as 48h")
	}
	if s.RatePerMinute < 0 {
		return errors.New("PURSE_RATE_PER_MINUTE must be 0 or more")
	}
	for _, n := range s.TrustedProxies {
		if _, err := netip.ParsePrefix(n); err != nil {
			return fmt.Errorf("PURSE_TRUSTED_PROXIES: %w", err)
		}
	}
	return nil
}

// discounts are what customers save by scheduled purchases, in percent.
func (s *settings) discounts() map[schedule.Every]int {
	out := map[schedule.Every]int{}
	for every, percent := range s.ScheduleDiscount {
		out[schedule.Every(every)] = percent
	}
	return out
}

// amounts are decimals by currency, as usd=100;eur=90.
type amounts map[string]string

// Decode reads them from a flag or a variable.
func (a *amounts) Decode(ctx *kong.DecodeContext) error {
	if *a == nil {
		*a = amounts{}
	}
	return eachPair(ctx, ";", func(currency, amount string) error { return once(*a, strings.ToLower(currency), amount) })
}

// percents are whole numbers by name, as quarter=5;year=10.
type percents map[string]int

// Decode reads them from a flag or a variable.
func (p *percents) Decode(ctx *kong.DecodeContext) error {
	if *p == nil {
		*p = percents{}
	}
	return eachPair(ctx, ";", func(name, percent string) error {
		n, err := strconv.Atoi(percent)
		if err != nil {
			return fmt.Errorf("%s=%s: %q is no whole number", name, percent, percent)
		}
		return once(*p, name, n)
	})
}

// checkDoors checks what is set about who is there.
func (s *settings) checkDoors() error {
	for currency, amount := range s.AskAbove {
		if _, err := money.Parse(amount, currency); err != nil {
			return fmt.Errorf("PURSE_ASK_ABOVE is not like usd=100;eur=90: %s=%s: %w", currency, amount, err)
		}
	}
	if s.AuditDays < 0 {
		return errors.New("PURSE_AUDIT_DAYS must be 0 or more")
	}
	return nil
}

// askAbove is AskAbove in minor units; check has read it once.
func (s *settings) askAbove() map[string]int64 {
	out := map[string]int64{}
	for currency, amount := range s.AskAbove {
		if m, err := money.Parse(amount, currency); err == nil {
			out[m.Currency] = m.Amount
		}
	}
	return out
}

func allHavePrefix(list, prefix string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if !strings.HasPrefix(strings.TrimSpace(one), prefix) {
			return false
		}
	}
	return true
}
