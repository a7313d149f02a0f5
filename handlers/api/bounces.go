package api

import "context"

type newBounce struct {
	Email  string `json:"email" maxLength:"320"`
	Reason string `json:"reason" maxLength:"500" doc:"What the other side said"`
}

type bounceIn struct{ Body body[newBounce] }

type bounceObject struct {
	Object string `json:"object" enum:"bounce"`
	Email  string `json:"email"`
	Reason string `json:"reason"`
}

// reportBounce is for what relays a mail provider's webhook. Saying it again
// changes nothing.
func reportBounce(a *API, ctx context.Context, in *bounceIn) (*reply[bounceObject], error) {
	v := in.Body.V
	if err := a.Messages.ReportBounce(ctx, actor(ctx), v.Email, v.Reason); err != nil {
		return nil, err
	}
	return ok(bounceObject{"bounce", v.Email, v.Reason})
}
