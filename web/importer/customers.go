package importer

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"purse/billing/usage"
)

// customer is whose rows are, as Purse knows it: however a file writes it, it is the
// same one.
type customer struct {
	ID       string  `json:"id"`
	External *string `json:"external_id"`
}

// customer finds whose a row is, and writes into its event the name that led there:
// the first of those that the cell may mean.
func (im *run) customer(ctx context.Context, b *booking) (*customer, error) {
	for _, name := range b.event.names {
		c, err := im.lookUp(ctx, name)
		if err != nil {
			return nil, brokenError{fmt.Errorf("line %d: its customer cannot be looked up: %w", b.row.line, err)}
		}
		if c != nil {
			b.event.Customer = name
			return c, nil
		}
	}
	f := usage.ErrUnknownCustomer
	return nil, im.refusal(b, answer{Code: f.Code, Detail: f.Detail, Param: f.Param})
}

// lookUp asks for each customer once, nil where there is none.
func (im *run) lookUp(ctx context.Context, name string) (*customer, error) {
	c, known := im.whose[name]
	if known {
		return c, nil
	}
	found := &customer{}
	err := im.get(ctx, "/v1/customers/"+url.PathEscape(name), found)
	var no Refusal
	if errors.As(err, &no) && no.NotFound() {
		found, err = nil, nil
	}
	if err == nil {
		im.whose[name] = found
	}
	return found, err
}
