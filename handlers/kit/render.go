package kit

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/a-h/templ"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/views/ui"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render answers with a page or a part. It is rendered into a buffer first, so
// that an error in the middle becomes an error page and not half a page.
func Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	b := buffers.Get().(*bytes.Buffer)
	defer func() {
		if b.Cap() < 1<<20 {
			b.Reset()
			buffers.Put(b)
		}
	}()
	if err := c.Render(r.Context(), b); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes())
	}
	return nil
}

// Handle makes an http.Handler of h. An error that h answers becomes a page
// with the status of its kind; what is no fault is logged and becomes a 500
// that tells nothing but the request's id.
func (k *Kit) Handle(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			k.Error(w, r, err)
		}
	})
}

// Error answers with the page for an error.
func (k *Kit) Error(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody waits for the answer
	}
	status := ErrorStatus(err)
	page := ui.ErrorPage{RequestID: RequestID(r.Context())}
	f, ok := fault.As(err)
	switch {
	case !ok:
		k.Log.ErrorContext(r.Context(), "a page failed", "path", r.URL.Path, "request_id", page.RequestID, "error", err)
		page.Title, page.Text = "Something went wrong", "This is our mistake, and it has been noted. Nothing was half done: try again, and tell us the request's id if it happens again."
	case f.Kind == fault.Unauthorized:
		if err := k.toSignIn(w, r); err == nil {
			return
		}
	case f.Kind == fault.NotFound:
		page.Title, page.Text = "Not found", f.Detail
	case f.Kind == fault.Forbidden:
		page.Title, page.Text = "Not allowed", f.Detail
	case f.Kind == fault.TooMany:
		page.Title, page.Text = "Too many requests", f.Detail
	case f.Kind == fault.Unavailable:
		page.Title, page.Text = "Not just now", f.Detail
	default:
		page.Title, page.Text = "That did not work", f.Detail
	}
	frame := k.Frame(r, page.Title, "")
	if rerr := Render(w, r, status, ui.ErrorView(frame, page)); rerr != nil {
		k.Log.ErrorContext(r.Context(), "the error page failed", "error", rerr)
		http.Error(w, page.Title, status)
	}
}

// NotFound is the page for an address that does not exist.
func (k *Kit) NotFound() http.Handler {
	return k.guard(Route{Who: Anyone, Bare: true, Handle: func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.NotFound, "not_found", "", "There is no page at this address. It may have moved, or you may be signed in with another address.")
	}})
}

// MethodNotAllowed is the page for an address that does exist, asked otherwise.
func (k *Kit) MethodNotAllowed() http.Handler {
	return k.guard(Route{Who: Anyone, Bare: true, Handle: func(w http.ResponseWriter, r *http.Request) error {
		page := ui.ErrorPage{Title: "That did not work", Text: "This address does not take such a request. Go back and try again.", RequestID: RequestID(r.Context())}
		return Render(w, r, http.StatusMethodNotAllowed, ui.ErrorView(k.Frame(r, page.Title, ""), page))
	}})
}

// Frame is the frame of a page for who looks at it, with the message that the
// last action left.
func (k *Kit) Frame(r *http.Request, title, section string) ui.Frame {
	f := ui.Frame{Site: k.Site, Title: title, Section: section}
	v := VisitorOf(r)
	if v == nil {
		return f
	}
	f.User, f.Member, f.Staff = v.User.Email, len(v.Memberships) > 0, v.User.Staff != account.NoStaff
	f.Flash = v.flash
	if v.Customer != nil {
		f.Customer, f.Zone = v.Customer.Name, v.Customer.Location()
		if k.Banner != nil && section != "" && !strings.HasPrefix(section, "/admin") {
			f.Banner = k.Banner(r.Context(), v)
		}
		if !v.Role.MayManageKeys() {
			f.Hidden = []string{"/keys", "/webhooks"}
		}
	}
	if len(v.Memberships) > 1 {
		for _, m := range v.Memberships {
			f.Customers = append(f.Customers, ui.CustomerRef{ID: m.Customer.ID, Name: m.Customer.Name, Current: v.Customer != nil && m.Customer.ID == v.Customer.ID})
		}
	}
	return f
}
