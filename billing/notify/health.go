package notify

import (
	"context"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/job"
	"purse/billing/tx"
)

// The mails about endpoints: url, description, customer ("" for the vendor's),
// reason, since, link, error; the first also disables_at.
const (
	MailEndpointFailing  = "endpoint_failing"
	MailEndpointDisabled = "endpoint_disabled"
)

// An endpoint to which nothing arrives is warned of after a day, and disabled
// after five, once deliveries were given up.
const (
	WarnAfter    = 24 * time.Hour
	DisableAfter = 5 * 24 * time.Hour
)

// CheckHealth warns of endpoints that fail and disables those that failed for
// days.
func (s *Endpoints) CheckHealth(ctx context.Context) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		failing, err := s.Store.Failing(t, 1000)
		if err != nil {
			return err
		}
		for _, e := range failing {
			if e.State != Enabled || e.FailingSince.IsZero() {
				continue
			}
			long := t.Now().Sub(e.FailingSince)
			mail := ""
			switch {
			case long >= DisableAfter && !e.ExhaustedAt.IsZero() && !e.WarnedAt.IsZero():
				mail = MailEndpointDisabled
				if err := s.disable(t, &e, BecauseFailing); err != nil {
					return err
				}
				err := s.Audit.Record(t, audit.Record{Actor: audit.System, Customer: e.Customer, Action: "endpoint.disabled", Object: e.ID, After: audited(e)})
				if err != nil {
					return err
				}
			case long >= WarnAfter && e.WarnedAt.IsZero():
				mail, e.WarnedAt = MailEndpointFailing, t.Now()
			default:
				continue
			}
			if err := s.Store.UpdateEndpoint(t, e); err != nil {
				return err
			}
			if err := s.tellOwner(t, e, mail); err != nil {
				return err
			}
		}
		return nil
	})
}

// tellOwner mails whose endpoint it is: the customer's owners and developers, or
// the vendor's admins.
func (s *Endpoints) tellOwner(t tx.Tx, e Endpoint, template string) error {
	data := map[string]string{
		"url": e.URL, "description": e.Description, "reason": e.Reason, "since": e.FailingSince.UTC().Format(time.RFC3339),
		"disables_at": e.FailingSince.Add(DisableAfter).UTC().Format(time.RFC3339), "link": "/admin/webhooks/" + e.ID,
	}
	if e.FailingSince.IsZero() {
		data["since"] = ""
	}
	var to []string
	if e.Customer == "" {
		admins, err := s.Store.Admins(t)
		if err != nil {
			return err
		}
		for _, u := range admins {
			to = append(to, u.Email)
		}
	} else {
		c, err := s.Accounts.CustomerIn(t, e.Customer)
		if err != nil {
			return err
		}
		data["customer"], data["link"] = c.Name, "/webhooks/"+e.ID
		members, err := s.Accounts.Store.MembersOf(t, e.Customer)
		if err != nil {
			return err
		}
		for _, m := range members {
			if m.Role.MayManageKeys() {
				to = append(to, m.Email)
			}
		}
		if len(to) == 0 && c.Email != "" {
			to = append(to, c.Email)
		}
	}
	for _, address := range to {
		if err := s.Jobs.Add(t, job.Spec{Kind: account.MailJob, Payload: account.Mail{Template: template, To: address, Data: data}}); err != nil {
			return err
		}
	}
	return nil
}
