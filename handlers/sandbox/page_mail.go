package sandbox

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/a-h/templ"

	view "purse/views/sandbox"
)

func (s *Server) mailboxPage(w http.ResponseWriter, r *http.Request) {
	var f view.Frame
	t := view.Table{Caption: "Messages", Head: []string{"Subject", "To", "Sent"}, Empty: "No mail yet. Sign up to get some."}
	s.locked(func() {
		f = s.frame("Mailbox", "mail", r)
		rows, more := s.after(kindMail, r.URL.Query().Get("after"), 50)
		for _, o := range rows {
			subject := o.str("subject")
			if subject == "" {
				subject = "(no subject)"
			}
			t.Rows = append(t.Rows, view.Row{Href: "/mail/" + o.id(), Cells: []string{subject, o.str("to"), instant(o.num("created"))}})
		}
		if more != "" {
			t.Older = "/mail?after=" + url.QueryEscape(more)
		}
	})
	s.show(w, r, http.StatusOK, view.MailboxPage(f, t))
}

var linkText = regexp.MustCompile(`https?://[^\s<>"']+`)

func (s *Server) mailPage(w http.ResponseWriter, r *http.Request) {
	m, ok := s.Mailbox().Find(r.PathValue("id"))
	if !ok {
		s.notFoundPage(w, r)
		return
	}
	v := view.Mail{ID: m.ID, From: m.From, To: m.To, Subject: m.Subject, Sent: m.Sent.Format("2006-01-02 15:04:05 UTC"), HTML: m.HTML != ""}
	at := 0
	for _, span := range linkText.FindAllStringIndex(m.Text, -1) {
		link := strings.TrimRight(m.Text[span[0]:span[1]], ".,;:!?)")
		v.Text = append(v.Text, view.TextPart{Text: m.Text[at:span[0]]}, view.TextPart{Text: link, Link: templ.URL(link)})
		at = span[0] + len(link)
	}
	v.Text = append(v.Text, view.TextPart{Text: m.Text[at:]})
	for _, link := range linkText.FindAllString(m.Text+" "+html.UnescapeString(m.HTML), -1) {
		u := templ.URL(strings.TrimRight(link, ".,;:!?)"))
		if !slices.Contains(v.Links, u) {
			v.Links = append(v.Links, u)
		}
	}
	var f view.Frame
	s.locked(func() { f = s.frame(m.Subject, "mail", r) })
	s.show(w, r, http.StatusOK, view.MailPage(f, v))
}

// mailHTML is the HTML part alone, for a sandboxed frame: no scripts, nothing
// loaded from elsewhere, links open a page of their own.
func (s *Server) mailHTML(w http.ResponseWriter, r *http.Request) {
	m, ok := s.Mailbox().Find(r.PathValue("id"))
	if !ok {
		s.notFoundPage(w, r)
		return
	}
	w.Header().Set("Content-Security-Policy", "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'self'; frame-ancestors 'self'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	const base = `<base target="_blank">`
	body := strings.Replace(m.HTML, "<head>", "<head>"+base, 1)
	if body == m.HTML {
		body = "<!doctype html>" + base + m.HTML
	}
	_, _ = io.WriteString(w, body)
}
