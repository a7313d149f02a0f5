package sandbox

func createEndpoint(c *call) (obj, *apiError) {
	if err := c.checkEndpoint(); err != nil {
		return nil, err
	}
	if v := c.p.str("api_version"); v != "" && !knownVersion(v) {
		return nil, bad("", "api_version", "Invalid API version: %s", v)
	}
	if err := c.checkEvents(c.p.str("api_version")); err != nil {
		return nil, err
	}
	o := c.fresh("webhook_endpoint")
	o["api_version"] = c.p.null("api_version")
	o["description"] = c.p.null("description")
	o["enabled_events"] = c.p.list("enabled_events")
	o["metadata"] = c.p.metadata()
	o["status"] = "enabled"
	o["url"] = c.p.str("url")
	o["_secret"] = "whsec_" + randomText(32)
	c.s.store.put("webhook_endpoint", o)
	shown := o.public()
	shown["secret"] = o["_secret"] // only ever here
	return shown, nil
}

// knownVersion says whether a version looks like one of Stripe's.
func knownVersion(v string) bool {
	return len(v) >= 10 && v[4] == '-' && v[7] == '-'
}

func (c *call) checkEndpoint() *apiError {
	if _, ok := c.p["url"]; ok && !validURL(c.p.str("url")) {
		return bad("url_invalid", "url", "Invalid URL: An explicit scheme (such as https) must be provided.")
	}
	if _, ok := c.p["enabled_events"]; ok && len(c.p.list("enabled_events")) == 0 {
		return bad("", "enabled_events", "You must specify at least one event.")
	}
	return nil
}

// checkEvents refuses types that the endpoint's version does not know.
func (c *call) checkEvents(version string) *apiError {
	for _, e := range c.p.list("enabled_events") {
		if e == "refund.failed" && version < "2024-10-28" {
			return bad("", "enabled_events", "Invalid enabled_events: refund.failed is not a valid event for API version %s.", version)
		}
	}
	return nil
}

func (c *call) endpoint() (obj, *apiError) {
	return c.find("webhook_endpoint", "webhook endpoint", "webhook_endpoint")
}

func getEndpoint(c *call) (obj, *apiError) { return c.endpoint() }

func updateEndpoint(c *call) (obj, *apiError) {
	o, err := c.endpoint()
	if err != nil {
		return nil, err
	}
	if err := c.checkEndpoint(); err != nil {
		return nil, err
	}
	if err := c.checkEvents(o.str("api_version")); err != nil {
		return nil, err
	}
	copyFields(o, c.p, "url", "enabled_events", "description")
	if v, ok := c.p.flag("disabled"); ok {
		o["status"] = map[bool]string{true: "disabled", false: "enabled"}[v]
	}
	mergeMetadata(o, c.p)
	c.s.store.put("webhook_endpoint", o)
	return o, nil
}

func deleteEndpoint(c *call) (obj, *apiError) {
	o, err := c.endpoint()
	if err != nil {
		return nil, err
	}
	c.s.store.remove("webhook_endpoint", o.id())
	return obj{"id": o.id(), "object": "webhook_endpoint", "deleted": true}, nil
}

func listEndpoints(c *call) (obj, *apiError) { return c.page("webhook_endpoint", nil) }

// EnsureEndpoint makes sure that events are delivered to a URL, and answers the
// secret that signs them. It is for the program that runs the sandbox inside
// itself: over the API a secret is shown only once. There is one such endpoint;
// another URL moves it, its secret stays, and what waits for delivery goes to
// the new place. No events means all.
func (s *Server) EnsureEndpoint(url string, events ...string) (secret string) {
	if len(events) == 0 {
		events = []string{"*"}
	}
	list := make([]any, len(events))
	for i, e := range events {
		list[i] = e
	}
	s.locked(func() {
		var o obj
		for _, r := range s.store.all("webhook_endpoint") {
			if r.body.yes("_own") {
				o = r.body
			}
		}
		if o == nil {
			o = s.fresh("webhook_endpoint")
			o["metadata"], o["_own"], o["_secret"] = obj{}, true, "whsec_"+randomText(32)
		}
		o["url"], o["enabled_events"], o["status"] = url, list, "enabled"
		s.store.put("webhook_endpoint", o)
		secret = o.str("_secret")
	})
	return secret
}
