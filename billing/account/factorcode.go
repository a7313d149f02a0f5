package account

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/tx"
)

// recoveryCodes is how many codes are made at once.
const recoveryCodes = 10

// Codes change every step; one of the step before and after is right too, for
// clocks that are off.
const (
	codeStep  = 30 * time.Second
	codeSteps = 1
)

var codeOptions = totp.ValidateOpts{Period: uint(codeStep / time.Second), Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

// NewApp is an app that is being added: what it scans, and what one types into
// one that cannot.
type NewApp struct {
	URI, Seed string
	Ticket    string // for AddApp
}

var errNoApps = fault.New(fault.Unavailable, "no_apps", "", "Apps cannot be used here: PURSE_SECRET_KEY, which would seal their secrets, is not set.")

// Apps says whether apps that show codes can be used here.
func (s *Service) Apps() bool { return s.Keeper != nil }

// BeginApp makes the seed of an app. It counts with the first code, in AddApp.
func (s *Service) BeginApp(u User) (NewApp, error) {
	if !s.Apps() {
		return NewApp{}, errNoApps
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: s.Issuer, AccountName: u.Email, Period: codeOptions.Period})
	if err != nil {
		return NewApp{}, err
	}
	return s.pendingApp(u, key.Secret()), nil
}

func (s *Service) pendingApp(u User, seed string) NewApp {
	uri := "otpauth://totp/" + escape(s.Issuer) + ":" + escape(u.Email) + "?secret=" + seed + "&issuer=" + escape(s.Issuer)
	return NewApp{URI: uri, Seed: seed, Ticket: s.tickets.issue("app:"+u.ID, s.Now(), seed)}
}

// ResumeApp is the app of a ticket, to show its page again.
func (s *Service) ResumeApp(u User, ticket string) (NewApp, error) {
	data, err := s.tickets.read("app:"+u.ID, ticket, s.Now(), 1)
	if err != nil {
		return s.BeginApp(u)
	}
	return s.pendingApp(u, data[0]), nil
}

// AddApp keeps an app that shows the right code. Codes are recovery codes, where
// it is the first factor: shown once.
func (s *Service) AddApp(ctx context.Context, by audit.Actor, sessionID string, u User, ticket, code, name string) (codes []string, err error) {
	if !s.Apps() {
		return nil, errNoApps
	}
	data, err := s.tickets.read("app:"+u.ID, ticket, s.Now(), 1)
	if err != nil {
		return nil, err
	}
	if _, err := s.tryFactor(ctx, u.ID, From{}); err != nil {
		return nil, err
	}
	step, ok := stepOf(data[0], code, s.wall())
	if !ok {
		return nil, fault.New(fault.Invalid, "code_wrong", "code", "This is not the code that the app shows now. Is the phone's clock right?")
	}
	return s.addFactor(ctx, by, sessionID, Factor{
		User: u.ID, Kind: FactorTOTP, Name: name, Record: s.Keeper.Seal("totp:"+u.ID, data[0]), LastStep: step,
	})
}

// stepOf finds the step whose code this is.
func stepOf(seed, code string, now time.Time) (int64, bool) {
	for d := -codeSteps; d <= codeSteps; d++ {
		at := now.Add(time.Duration(d) * codeStep)
		want, err := totp.GenerateCodeCustom(seed, at, codeOptions)
		if err == nil && want == code {
			return at.Unix() / int64(codeStep/time.Second), true
		}
	}
	return 0, false
}

var errCode = fault.New(fault.Invalid, "code_wrong", "code", "This code is not right. Give the one that your app shows now, or a recovery code that you have not used.")

// useCode judges a code of an app, or a recovery code, and uses it up.
func (s *Service) useCode(t tx.Tx, u User, typed string) error {
	code := strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(typed))
	if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		ok, err := s.Store.UseRecoveryCode(t, u.ID, hashSecret(code), t.Now())
		if err == nil && !ok {
			err = errCode
		}
		return err
	}
	all, err := s.Store.Factors(t, u.ID)
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.Kind != FactorTOTP {
			continue
		}
		if s.Keeper == nil {
			return errLostSeed
		}
		seed, err := s.Keeper.Open("totp:"+u.ID, f.Record)
		if err != nil {
			return errLostSeed
		}
		step, ok := stepOf(seed, code, s.wall())
		if !ok {
			return errCode
		}
		f.LastStep, f.UsedAt = step, t.Now()
		f.Record = s.Keeper.Seal("totp:"+u.ID, seed) // under the first key, while there are two
		fresh, err := s.Store.UseFactor(t, f)
		if err == nil && !fresh {
			err = fault.New(fault.Invalid, "code_used", "code", "This code was used already. Wait for the next one.")
		}
		return err
	}
	return errCode
}

var errLostSeed = fault.New(fault.Conflict, "app_lost", "code",
	"The key that opens your app's secret was lost on our side, so its codes cannot be checked. Use a passkey or a recovery code, or ask for a reset.")

// NewRecoveryCodes makes new codes; the old ones are void.
func (s *Service) NewRecoveryCodes(ctx context.Context, by audit.Actor, userID string) (codes []string, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		u, err := s.Store.User(t, userID)
		if err != nil {
			return missing(err, "user")
		}
		n, err := s.Store.CountFactors(t, userID)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "no_factor", "", "Add a passkey or an app first: the codes stand in for it.")
		}
		if err != nil {
			return err
		}
		if codes, err = s.newCodes(t, userID); err != nil {
			return err
		}
		if err := s.mailFactor(t, u, "codes", ""); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Action: "recovery_codes.made", Object: userID})
	})
	return codes, err
}

func (s *Service) newCodes(t tx.Tx, userID string) ([]string, error) {
	codes, hashes := make([]string, recoveryCodes), make([]string, recoveryCodes)
	for i := range codes {
		var b [7]byte // 56 bits: nobody guesses one in the time that the throttle leaves
		_, _ = rand.Read(b[:])
		text := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
		codes[i], hashes[i] = text[:4]+"-"+text[4:8]+"-"+text[8:], hashSecret(text)
	}
	return codes, s.Store.ReplaceRecoveryCodes(t, userID, hashes)
}
