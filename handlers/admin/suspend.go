package admin

import (
	"net/http"

	"purse/handlers/kit"
)

// Suspend asks why a customer is to be suspended, previews that, or does it.
func (a *Admin) Suspend(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	base := "/admin/customers/" + c.ID
	return a.reasoned(w, r, reasoned{
		title: "Suspend " + c.Name, path: base + "/suspend", button: "Suspend", name: c.Name, back: base, nav: "/admin", danger: true,
		says: []string{
			"Decisions, holds and purchases are refused from now on. Work that is recorded after it was done, and captures of holds, are still booked.",
			"Members see that the account is suspended, without the reason.",
		},
		done: c.Name + " is suspended.",
		do: func(reason string) error {
			_, err := a.Accounts.Suspend(r.Context(), kit.Actor(r), c.ID, reason)
			return err
		},
	})
}

// Resume asks why a suspension is to be lifted, previews that, or does it.
func (a *Admin) Resume(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	base := "/admin/customers/" + c.ID
	return a.reasoned(w, r, reasoned{
		title: "Lift the suspension of " + c.Name, path: base + "/resume", button: "Lift the suspension", name: c.Name, back: base, nav: "/admin",
		says: []string{"Requests, holds and purchases go through again."}, done: "The suspension is lifted.",
		do: func(reason string) error {
			_, err := a.Accounts.Resume(r.Context(), kit.Actor(r), c.ID, reason)
			return err
		},
	})
}
