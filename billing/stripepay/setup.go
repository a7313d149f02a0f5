package stripepay

import (
	"context"
	"slices"
	"strings"

	"github.com/stripe/stripe-go/v76"
)

// Events are the types that Purse listens to.
var Events = strings.Fields(`
	checkout.session.completed checkout.session.async_payment_succeeded checkout.session.async_payment_failed checkout.session.expired
	payment_intent.succeeded payment_intent.payment_failed payment_intent.requires_action payment_intent.processing payment_intent.canceled payment_intent.partially_funded
	invoice.created invoice.finalized invoice.finalization_failed invoice.paid invoice.payment_succeeded invoice.payment_failed
	invoice.payment_action_required invoice.marked_uncollectible invoice.voided invoice.updated invoice.deleted
	charge.refunded charge.refund.updated refund.created refund.updated
	charge.dispute.created charge.dispute.updated charge.dispute.closed charge.dispute.funds_withdrawn charge.dispute.funds_reinstated
	radar.early_fraud_warning.created radar.early_fraud_warning.updated
	payment_method.attached payment_method.detached payment_method.automatically_updated mandate.updated
	setup_intent.created setup_intent.succeeded setup_intent.setup_failed setup_intent.requires_action setup_intent.canceled
	customer.updated customer.deleted customer.tax_id.created customer.tax_id.deleted`)

// newerEvents are types that this API version may not know: endpoints of accounts
// that know them send them too.
var newerEvents = []string{"refund.failed"}

// Endpoint is our webhook endpoint at Stripe.
type Endpoint struct {
	ID      string
	Added   []string // the types that it did not send before, of one that was there
	Secret  string   // only when it was made now: Stripe shows it once
	Created bool
	Ended   []string // endpoints of the same URL that were there too
}

// Setup makes the webhook endpoint for a URL, with this API version and the
// events that Purse listens to, or updates the one that is there. An endpoint
// of another version is replaced, because a version cannot be changed: its new
// secret must then be configured.
func (g *Gateway) Setup(ctx context.Context, url, installation string) (Endpoint, error) {
	same, others, err := g.endpoints(ctx, url)
	if err != nil {
		return Endpoint{}, err
	}
	meta := map[string]string{metaInstallation: installation}
	var out Endpoint
	if same != nil {
		p := &stripe.WebhookEndpointParams{Params: write(ctx, "", meta), EnabledEvents: stripe.StringSlice(Events), Disabled: stripe.Bool(false)}
		if _, err := g.api.WebhookEndpoints.Update(same.ID, p); err != nil {
			return Endpoint{}, translate(err)
		}
		out.ID, out.Added = same.ID, missingEvents(same)
	} else {
		p := &stripe.WebhookEndpointParams{Params: write(ctx, "", meta), URL: stripe.String(url), EnabledEvents: stripe.StringSlice(Events),
			APIVersion: stripe.String(stripe.APIVersion), Description: stripe.String("Purse: purchases, refunds and disputes")}
		made, err := g.api.WebhookEndpoints.New(p)
		if err != nil {
			return Endpoint{}, translate(err)
		}
		out = Endpoint{ID: made.ID, Secret: made.Secret, Created: true}
	}
	if err := g.sendNewer(ctx, out.ID); err != nil {
		return out, err
	}
	for _, o := range others {
		out.Ended = append(out.Ended, o.ID)
		if _, err := g.api.WebhookEndpoints.Del(o.ID, &stripe.WebhookEndpointParams{Params: stripe.Params{Context: ctx}}); err != nil {
			return out, translate(err)
		}
	}
	return out, nil
}

// sendNewer asks for the newer types in a call of its own. That Stripe refuses them
// is no fault: this version cannot name them.
func (g *Gateway) sendNewer(ctx context.Context, endpoint string) error {
	p := &stripe.WebhookEndpointParams{Params: stripe.Params{Context: ctx}, EnabledEvents: stripe.StringSlice(slices.Concat(Events, newerEvents))}
	_, err := g.api.WebhookEndpoints.Update(endpoint, p)
	if err = translate(err); HasOutcome(err, Refused) {
		return nil
	}
	return err
}

// endpoints finds the endpoint of a URL in our version, and those of the same
// URL in other versions or twice.
func (g *Gateway) endpoints(ctx context.Context, url string) (same *stripe.WebhookEndpoint, others []*stripe.WebhookEndpoint, err error) {
	i := g.api.WebhookEndpoints.List(&stripe.WebhookEndpointListParams{ListParams: stripe.ListParams{Context: ctx, Limit: stripe.Int64(100)}})
	for i.Next() {
		e := i.WebhookEndpoint()
		switch {
		case e.URL != url:
		case same == nil && e.APIVersion == stripe.APIVersion:
			same = e
		default:
			others = append(others, e)
		}
	}
	return same, others, translate(i.Err())
}
