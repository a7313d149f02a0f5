package kit

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"purse/billing/account"
	"purse/billing/fault"
)

// Who says who may use a route.
type Who int

// From the widest to the narrowest. Support staff looks, admins change.
const (
	Undeclared  Who = iota // a mistake: Mount panics
	Anyone                 // the route checks for itself, or needs no check
	SignedIn               // any user
	Member                 // any member of a customer
	Buyer                  // members who may spend money: owner, billing
	Developer              // members who may manage keys: owner, developer
	AlertEditor            // members who may set alerts and limits: all but viewers
	OwnerOnly              // owners
	Staff                  // support and admins of the vendor
	StaffAdmin             // admins of the vendor
)

func (w Who) String() string {
	return [...]string{"undeclared", "anyone", "signed in", "member", "buyer", "developer", "minder", "owner", "staff", "admin"}[w]
}

// Route is one line of the route table.
type Route struct {
	Method  string
	Pattern string
	Who     Who
	Again   Again // when it asks once more who is there; nil for never
	Bare    bool  // also for who still needs a second factor
	Handle  Handler
}

// Mount adds routes to a router, each behind the check of its Who.
func (k *Kit) Mount(r chi.Router, routes []Route) {
	for _, route := range routes {
		if route.Who == Undeclared {
			panic("kit: nobody says who may use " + route.Method + " " + route.Pattern)
		}
		h := k.guard(route)
		r.Method(route.Method, route.Pattern, h)
		if route.Method == http.MethodGet {
			r.Method(http.MethodHead, route.Pattern, h)
		}
	}
}

func (k *Kit) guard(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		r, err := k.identify(w, r)
		if err == nil {
			err = allow(route.Who, VisitorOf(r))
		}
		if err == errNoCustomer { //nolint:errorlint // a sentinel of ours, never wrapped
			to := "/customers/new"
			if VisitorOf(r).User.Staff != account.NoStaff {
				to = "/admin"
			}
			_ = Go(w, r, to)
			return
		}
		if v := VisitorOf(r); err == nil && !route.Bare && v != nil && v.MustEnrol {
			_ = Go(w, r, account.FactorsPath)
			return
		}
		if err == nil {
			err = checkCursors(r.URL)
		}
		asked := false
		if err == nil && route.Again != nil {
			asked, err = k.askAgain(w, r, route.Again)
		}
		if err == nil && !asked {
			err = route.Handle(w, r)
			_, err = k.secondStep(w, r, err)
		}
		if err != nil {
			k.Error(w, r, err)
		}
	})
}

var (
	errSignedOut  = fault.New(fault.Unauthorized, "signed_out", "", "Sign in first.")
	errNoCustomer = fault.New(fault.Forbidden, "no_customer", "", "Name your organisation first.")
)

// allow says why v may not use a route for who, nil when it may. To everybody
// else the admin console does not exist.
func allow(who Who, v *Visitor) error {
	if who == Anyone {
		return nil
	}
	if v == nil {
		return errSignedOut
	}
	switch who {
	case SignedIn:
		return nil
	case Staff, StaffAdmin:
		switch {
		case v.User.Staff == account.NoStaff:
			return fault.Missing("page")
		case who == StaffAdmin && v.User.Staff != account.Admin:
			return fault.New(fault.Forbidden, "admins_only", "", "Support staff may look but not change. Ask an admin.")
		}
		return nil
	}
	if v.Customer == nil {
		return errNoCustomer
	}
	switch {
	case who == Buyer && !v.Role.MayBuy():
		return fault.New(fault.Forbidden, "role", "", "Your role is %s. An owner or a billing member of %s can do this.", v.Role, v.Customer.Name)
	case who == Developer && !v.Role.MayManageKeys():
		return fault.New(fault.Forbidden, "role", "", "Your role is %s. An owner or a developer of %s can do this.", v.Role, v.Customer.Name)
	case who == AlertEditor && !v.Role.MayBuy() && !v.Role.MayManageKeys():
		return fault.New(fault.Forbidden, "role", "", "Your role is %s. An owner, a billing member or a developer of %s can do this.", v.Role, v.Customer.Name)
	case who == OwnerOnly && !v.Role.MayManageMembers():
		return fault.New(fault.Forbidden, "role", "", "Your role is %s. An owner of %s can do this.", v.Role, v.Customer.Name)
	}
	return nil
}
