package story

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/inbox"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/db"
	"purse/handlers/kit/browsertest"
)

var nobody = audit.System

// TestKeysAskForThePasswordAgain makes and ends a key of a customer: the
// password is asked for once it was not given for a while, and the secret is
// shown once.
func TestKeysAskForThePasswordAgain(t *testing.T) {
	b := browsertest.Open(t)
	w := newWorld(t)
	w.fillCatalog()
	cust := w.person("Northwind Labs", "ada@example.com", "UTC", account.NoStaff)
	w.links(&cust)
	p := b.Page(t, 1280, false)
	p.Go(cust.link)
	w.clock.Step(account.ConfirmedFor + time.Minute)
	p.Go(w.url + "/keys")
	p.Type("#name", "Nightly report")
	p.ClickText("Make a key")
	p.WaitText("Is it you?")
	p.Problems() // the browser noted that it was not done
	p.Clean("is it you?")
	shot(p, "again")
	p.Type("#again_password", "not it")
	p.ClickText("Go on")
	p.WaitText("This is not your password.")
	p.Wait(`document.querySelector("[name=name]").value === "Nightly report" && document.querySelector("#again_password").value === ""`)
	p.Problems()
	p.Type("#again_password", "correct horse battery")
	p.ClickText("Go on")
	p.WaitText("It is shown only now.")
	p.Clean("a key that was made")
	shot(p, "keys-made")
	secret := p.Text("#new-key")
	k, err := w.accounts.KeyBySecret(ctx, secret)
	w.check(err)
	if k.Customer != cust.customer.ID || k.Vendors() || k.Can(account.ScopeUsage) || k.Can(account.ScopeAdmin) || !k.Can(account.ScopeRead) {
		t.Errorf("the key is %+v", k)
	}
	p.Go(w.url + "/keys")
	p.WaitText("Nightly report")
	p.Wait(`!document.body.innerText.includes("` + secret + `")`)
	w.clock.Step(account.ConfirmedFor + time.Minute)
	p.ClickText("Revoke")
	p.WaitText("It ends at once and for ever.")
	p.Clean("revoking")
	p.Eval(`document.querySelector("button[data-variant=danger]").click()`, nil)
	p.WaitText("Is it you?")
	p.Problems()
	p.Type("#again_password", "correct horse battery")
	p.ClickText("Go on")
	p.WaitText("is revoked.")
	if _, err := w.accounts.KeyBySecret(ctx, secret); err == nil {
		t.Error("a revoked key is still good")
	}
}

// TestAPersonsSessions changes the password on one device and signs others out.
func TestAPersonsSessions(t *testing.T) {
	b := browsertest.Open(t)
	w := newWorld(t)
	w.fillCatalog()
	cust := w.person("Northwind Labs", "ada@example.com", "UTC", account.NoStaff)
	w.links(&cust)
	phone, laptop := w.client(cust), w.client(cust)
	p := b.Page(t, 390, false)
	p.Go(cust.link)
	p.Go(w.url + "/security")
	p.WaitText("this one")
	p.Clean("sessions")
	p.Wait(`document.querySelectorAll("form[action$='/end']").length === 2`)
	p.Eval(`document.querySelector("form[action$='/end'] button").click()`, nil)
	p.WaitText("That device is signed out.")
	p.ClickText("Sign out everywhere else")
	p.WaitText("signed out everywhere else")
	for _, c := range []*http.Client{phone, laptop} {
		if s := w.get(c, "/").body; !strings.Contains(s, "Forgot the password?") {
			t.Error("a device that was signed out still is in")
		}
	}
	p.Type("#old", "wrong password")
	p.Type("#password", "another horse battery")
	p.ClickText("Change the password")
	p.WaitText("This is not your password.")
	p.Problems()
	p.Clean("password refused")
	tablet := w.client(cust)
	p.Type("#old", "correct horse battery")
	p.Type("#password", "another horse battery")
	p.ClickText("Change the password")
	p.WaitText("Your new password is saved.")
	if s := w.get(tablet, "/").body; !strings.Contains(s, "Forgot the password?") {
		t.Error("another session lives after the password was changed")
	}
	p.Go(w.url + "/")
	p.WaitText("Getting started")
}

// TestATeamOfTwo invites somebody, changes the role, and keeps the last owner.
func TestATeamOfTwo(t *testing.T) {
	b := browsertest.Open(t)
	w := newWorld(t)
	w.fillCatalog()
	mails := w.catchMails()
	cust := w.person("Northwind Labs", "ada@example.com", "UTC", account.NoStaff)
	friend := w.person("", "ben@example.com", "", account.NoStaff)
	w.links(&cust, &friend)
	p := b.Page(t, 1280, false)
	p.Go(cust.link)
	p.Go(w.url + "/team")
	p.Type("#email", "nonsense")
	p.ClickText("Send the invitation")
	p.WaitText("There is a problem")
	p.Problems()
	p.Clean("invitation refused")
	p.Type("#email", "ben@example.com")
	p.ClickText("Send the invitation")
	p.WaitText("An invitation is on its way")
	m := <-mails
	if m.Template != account.MailInvitation || m.To != "ben@example.com" {
		t.Fatalf("mail %+v", m)
	}
	p.WaitText("Open invitations")
	p.Clean("an open invitation")
	p.Go(w.url + m.Data["link"]) // as the owner: it is not hers
	p.WaitText("for another e-mail address")
	p.Problems()
	p.Go(friend.link) // pages of one browser share the session
	p.Go(w.url + m.Data["link"])
	p.ClickText("Join")
	p.WaitText("You are now a member of Northwind Labs.")
	p.Go(w.url + "/team")
	p.WaitText("An owner can invite and remove people.")
	p.Wait(`!document.querySelector(".nav").innerText.includes("API keys")`) // not for viewers

	p.Go(cust.link)
	p.Go(w.url + "/team/" + friend.user.ID)
	p.Eval(`document.querySelector("#role").value = "developer"`, nil)
	p.ClickText("Save")
	p.WaitText("has the role developer now")
	p.Go(w.url + "/team/" + cust.user.ID)
	p.Eval(`document.querySelector("button[data-variant=danger]").click()`, nil)
	p.WaitText("keeps at least one owner")
	p.Problems()
	p.Clean("the last owner stays")
	p.Go(w.url + "/team/" + friend.user.ID)
	p.Eval(`document.querySelector("button[data-variant=danger]").click()`, nil)
	p.WaitText("is no longer in the team")
	p.Go(friend.link)
	p.WaitText("Name your organisation")
}

// TestStaffReconcilesAndMakesKeys is the console's part: what had not arrived
// is found and said, and a key is made with the scopes that were chosen.
func TestStaffReconcilesAndMakesKeys(t *testing.T) {
	b := browsertest.Open(t)
	w := newWorld(t)
	w.fillCatalog()
	boss := w.person("", "boss@example.com", "", account.Admin)
	w.links(&boss)
	w.gateway.events = []inbox.Event{{ID: "evt_missed", Type: "checkout.session.completed", ObjectID: "cs_other", CreatedAt: w.clock.Now()}}
	p := b.Page(t, 1280, false)
	p.Go(boss.link)
	p.Go(w.url + "/admin/inbox")
	p.ClickText("Reconcile with Stripe now")
	p.WaitText("1 had not arrived and are in the inbox now.")
	p.WaitText("evt_missed")
	p.ClickText("Reconcile with Stripe now")
	p.WaitText("all of them had arrived.")

	p.Go(w.url + "/admin/keys")
	p.Type("#name", "Backend")
	p.ClickText("Make a key")
	p.WaitText("Choose what the key may do.")
	p.Problems()
	p.Clean("key refused")
	p.Eval(`document.querySelector("#scope_usage").click()`, nil)
	p.Type("#customer", "cus_nobody")
	p.ClickText("Make a key")
	p.WaitText("There is no such customer.")
	p.Problems()
	p.Type("#customer", "")
	p.ClickText("Make a key")
	p.WaitText("It is shown only now.")
	shot(p, "admin-keys-made")
	k, err := w.accounts.KeyBySecret(ctx, p.Text("#new-key"))
	w.check(err)
	if !k.Vendors() || k.Customer != "" || !k.Can(account.ScopeUsage) || k.Can(account.ScopeRead) {
		t.Errorf("the key is %+v", k)
	}
}

// TestForeignKeysPurchasesAndPeople asks for another customer's by their ids.
func TestForeignKeysPurchasesAndPeople(t *testing.T) {
	w := newWorld(t)
	w.fillCatalog()
	ada := w.person("Northwind Labs", "ada@example.com", "UTC", account.NoStaff)
	eve := w.person("Curious Ltd", "eve@example.com", "UTC", account.NoStaff)
	w.links(&ada, &eve)
	bought := w.expect(w.pay(ada, 0))
	key, _, err := w.accounts.CreateKey(ctx, nobody, account.NewKey{Name: "Hers", Customer: ada.customer.ID, ForCustomer: true})
	w.check(err)
	vendors, _, err := w.accounts.CreateKey(ctx, nobody, account.NewKey{Name: "The vendor's", Scopes: []account.Scope{account.ScopeUsage}, Customer: eve.customer.ID})
	w.check(err)
	c := w.client(eve)
	for _, pair := range [][3]string{
		{"/purchases/", bought.ID, ""}, {"/purchases/", bought.ID, "/refund"}, {"/keys/", key.ID, "/revoke"}, {"/keys/", vendors.ID, "/revoke"}, {"/team/", ada.user.ID, ""},
	} {
		a, none := w.get(c, pair[0]+pair[1]+pair[2]), w.get(c, pair[0]+pair[1][:4]+"none"+pair[2])
		if a.status != http.StatusNotFound || a != none {
			t.Errorf("%v: %d and %d", pair, a.status, none.status)
		}
	}
	for _, path := range []string{"/purchases/" + bought.ID + "/refund", "/keys/" + key.ID + "/revoke", "/team/" + ada.user.ID, "/team/" + ada.user.ID + "/remove"} {
		res, err := c.PostForm(w.url+path, url.Values{"role": {"viewer"}}) //nolint:noctx // a test
		w.check(err)
		_ = res.Body.Close()
		if path == "/purchases/"+bought.ID+"/refund" && res.Request.URL.Path == "/sign-in" {
			t.Errorf("%s: signed out", path)
		}
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("POST %s: %s", path, res.Status)
		}
	}
	now, err := w.purchases.Purchase(ctx, bought.ID)
	w.check(err)
	k, err := w.accounts.Key(ctx, key.ID)
	w.check(err)
	if now.State != purchase.Paid || !k.RevokedAt.IsZero() {
		t.Errorf("a foreign visitor changed %s, %v", now.State, k.RevokedAt)
	}
}

// TestStaffInvitesStaff is the page of the console's own people: a helper is
// invited with the weaker role, looks, becomes an admin, and goes again.
func TestStaffInvitesStaff(t *testing.T) {
	b := browsertest.Open(t)
	w := newWorld(t)
	w.fillCatalog()
	mails := w.catchMails()
	boss := w.person("", "boss@example.com", "", account.Admin)
	w.links(&boss)
	p := b.Page(t, 1280, false)
	p.Go(boss.link)
	p.Go(w.url + "/admin/staff")
	p.Type("#email", "helper@example.com")
	p.ClickText("Send the invitation")
	p.WaitText("An invitation is on its way")
	p.WaitText("Open invitations")
	p.Clean("staff with an invitation")
	shot(p, "admin-staff-invited")
	m := <-mails
	if m.Template != account.MailStaff || m.To != "helper@example.com" {
		t.Fatalf("mail %+v", m)
	}
	p.Go(w.url + m.Data["link"])
	p.WaitText("You sign in as helper@example.com.")
	p.Clean("joining the staff")
	p.Type("#password", "a horse of another colour")
	p.Click("form button")
	p.WaitText("You are one of the staff, with the role support.")
	p.Go(w.url + "/admin/staff")
	p.WaitText("An admin can invite and remove people.")
	if m := <-mails; m.Template != account.MailNewStaff || m.To != "boss@example.com" {
		t.Errorf("mail %+v", m)
	}
	helper, err := w.accounts.UserByEmail(ctx, "helper@example.com")
	w.check(err)
	p.Go(w.url + "/admin/staff/" + helper.ID)
	p.WaitText("Support staff may look but not change.")
	p.Problems()

	p.Go(boss.link)
	p.Go(w.url + "/admin/staff/" + boss.user.ID)
	p.Eval(`document.querySelector("button[data-variant=danger]").click()`, nil)
	p.WaitText("There is always an admin")
	p.Problems()
	p.Clean("the last admin stays")
	p.Go(w.url + "/admin/staff/" + helper.ID)
	p.Eval(`document.querySelector("#role").value = "admin"`, nil)
	p.ClickText("Save")
	p.WaitText("helper@example.com has the role admin now.")
	p.Go(w.url + "/admin/staff/" + helper.ID)
	p.Eval(`document.querySelector("button[data-variant=danger]").click()`, nil)
	p.WaitText("is no longer one of the staff.")
}

// verifyToken is the secret of a link that a sign-up mails.
func (w *world) verifyToken(email string) string {
	w.check(w.accounts.SignUp(ctx, email, account.From{Address: "192.0.2.1"}))
	var id string
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		open, err := db.AccountStore{}.OpenLinks(t, account.LinkVerify, "", w.clock.Now(), 1)
		if err == nil {
			id = open[0].ID
		}
		return err
	}))
	path, err := w.accounts.MintLink(ctx, id)
	w.check(err)
	_, token, _ := strings.Cut(path, "=")
	return token
}
