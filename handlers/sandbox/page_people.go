package sandbox

import (
	"context"
	"net/http"

	view "purse/views/sandbox"
)

// Person is somebody of demo data as whom one can sign in.
type Person struct{ Name, Email string }

// People are those of demo data, and who makes a link that signs in as one, once.
type People struct {
	List []Person
	Link func(ctx context.Context, email string) (url string, err error)
}

// SetPeople lets the pages make links that sign in as people of demo data.
func (s *Server) SetPeople(p People) { s.people.Store(&p) }

func (s *Server) peoplePage(w http.ResponseWriter, r *http.Request) {
	s.showPeople(w, r, "", "")
}

func (s *Server) showPeople(w http.ResponseWriter, r *http.Request, name, link string) {
	people := s.people.Load()
	if people == nil {
		s.notFoundPage(w, r)
		return
	}
	p := view.People{Made: name, Link: link}
	for _, one := range people.List {
		p.List = append(p.List, view.Person{Name: one.Name, Email: one.Email})
	}
	var f view.Frame
	s.locked(func() { f = s.frame("Sign in", "people", r) })
	s.show(w, r, http.StatusOK, view.PeoplePage(f, p))
}

// makeLink makes a link that signs in once, and shows it.
func (s *Server) makeLink(w http.ResponseWriter, r *http.Request) {
	people := s.people.Load()
	if people == nil {
		s.notFoundPage(w, r)
		return
	}
	for _, one := range people.List {
		if one.Email != r.PostFormValue("email") {
			continue
		}
		link, err := people.Link(r.Context(), one.Email)
		if err != nil {
			s.log.Error("sandbox: no link was made", "error", err)
			s.message(w, r, http.StatusInternalServerError, "No link was made", "Try again.", "/people", "Back")
			return
		}
		s.showPeople(w, r, one.Name, link)
		return
	}
	s.notFoundPage(w, r)
}
