package account_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"purse/billing/account"
	"purse/billing/audit"
)

// sealer seals under the first of its keys and opens under any.
type sealer []string

func (s sealer) Seal(object, secret string) string { return s[0] + object + "|" + secret }

func (s sealer) Open(object, sealed string) (string, error) {
	for _, key := range s {
		if secret, ok := strings.CutPrefix(sealed, key+object+"|"); ok {
			return secret, nil
		}
	}
	return "", errors.New("sealed under another key")
}

// A code of the step before and after is right too, an older one is not, and no
// step counts twice or after a later one; a step of a sign-in ends with the
// password that began it.
func TestCodesCountOnce(t *testing.T) {
	w := newWorld(t)
	at := w.now()
	w.Keeper, w.Issuer, w.Wall = sealer{"old"}, "Purse", func() time.Time { return at }
	in := w.signUp("ada@example.com")
	w.queued()
	app, err := w.BeginApp(in.User)
	w.ok(err)
	code := func(d time.Duration) string {
		c, err := totp.GenerateCode(app.Seed, at.Add(d))
		w.ok(err)
		return c
	}
	_, err = w.AddApp(w.Context(), audit.Actor{ID: in.User.ID}, in.Session.ID, in.User, app.Ticket, code(-61*time.Second), "")
	w.code(err, "code_wrong")
	codes, err := w.AddApp(w.Context(), audit.Actor{ID: in.User.ID}, in.Session.ID, in.User, app.Ticket, code(-30*time.Second), "Phone")
	w.ok(err)
	if len(codes) != 10 {
		t.Fatalf("%d recovery codes", len(codes))
	}
	if ms := w.queued(); len(ms) != 1 || ms[0].Template != account.MailFactor || ms[0].Data["what"] != "added" {
		t.Errorf("mails %+v", ms)
	}
	step := func() string {
		in, err := w.SignIn(w.Context(), "ada@example.com", password, from)
		w.ok(err)
		if in.Step == "" || in.Secret != "" {
			t.Fatalf("signed in without the second factor: %+v", in)
		}
		return in.Step
	}
	try := func(c string) error {
		_, err := w.SignInFactor(w.Context(), step(), account.Proof{Code: c}, from)
		return err
	}
	w.code(try(code(-30*time.Second)), "code_used") // it set the app up
	w.ok(try(code(30 * time.Second)))               // a phone that is ahead
	w.code(try(code(0)), "code_used")               // before one that counted
	w.code(try(code(30*time.Second)), "code_used")
	w.code(try(code(90*time.Second)), "code_wrong")
	at = at.Add(90 * time.Second)
	w.Keeper = sealer{"new", "old"} // the key is being changed
	w.ok(try(code(-30 * time.Second)))
	w.Keeper = sealer{"new"}
	w.ok(try(code(0)))
	w.Keeper = sealer{"another"} // it was lost
	w.code(try(code(30*time.Second)), "app_lost")
	w.Keeper = sealer{"new"}

	held := step()
	w.ok(w.ChangePassword(w.Context(), in.User.ID, "", password, "another good secret", from))
	_, err = w.SignInFactor(w.Context(), held, account.Proof{Code: code(0)}, from)
	w.code(err, "too_late")
	_, err = w.SignInFactor(w.Context(), "x"+held, account.Proof{Code: code(0)}, from)
	w.code(err, "too_late")

	// New recovery codes end the old ones.
	fresh, err := w.NewRecoveryCodes(w.Context(), audit.Actor{ID: in.User.ID}, in.User.ID)
	w.ok(err)
	again, err := w.SignIn(w.Context(), "ada@example.com", "another good secret", from)
	w.ok(err)
	_, err = w.SignInFactor(w.Context(), again.Step, account.Proof{Code: codes[0]}, from)
	w.code(err, "code_wrong")
	_, err = w.SignInFactor(w.Context(), again.Step, account.Proof{Code: fresh[0]}, from)
	w.ok(err)
	if l, err := w.Factors(w.Context(), in.User.ID); err != nil || l.Codes != 9 {
		t.Errorf("%d codes are left, %v", l.Codes, err)
	}
}
