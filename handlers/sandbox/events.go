package sandbox

import "strings"

// emit writes an event with a snapshot of the object and lays out its
// deliveries. request is what caused it, nil when time did.
func (s *Server) emit(typ string, o obj, request obj) {
	ev := s.fresh("event")
	if request == nil {
		request = obj{"id": nil, "idempotency_key": nil}
	}
	ev["api_version"] = s.opts.EventVersion
	ev["type"] = typ
	ev["request"] = request
	now := o.public()
	ev["data"] = obj{"object": now}
	if previous := s.previous(typ, now); previous != nil {
		ev.sub("data")["previous_attributes"] = previous
	}
	ev["pending_webhooks"] = int64(0)
	s.store.put("event", ev)
	fault := s.takeDeliveryFault(typ)
	for _, r := range s.store.all("webhook_endpoint") {
		if r.body.str("status") == "enabled" && wants(r.body, typ) {
			s.layOut(ev, r.body, fault)
		}
	}
}

// wants says whether an endpoint listens to a type of event.
func wants(endpoint obj, typ string) bool {
	for _, e := range endpoint.list("enabled_events") {
		if e == "*" || e == typ {
			return true
		}
	}
	return false
}

func getEvent(c *call) (obj, *apiError) { return c.find("event", "event", "id") }

func listEvents(c *call) (obj, *apiError) {
	typ, types := c.p.str("type"), c.p.list("types")
	if typ != "" && len(types) > 0 {
		return nil, bad("", "", "You may only specify one of these parameters: type, types.")
	}
	return c.page("event", func(o obj) bool {
		if typ != "" {
			return typeMatches(o.str("type"), typ)
		}
		for _, t := range types {
			if typeMatches(o.str("type"), t.(string)) {
				return true
			}
		}
		return len(types) == 0
	})
}

// typeMatches understands "charge.*" and "" for every type.
func typeMatches(typ, pattern string) bool {
	if head, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(typ, head)
	}
	return pattern == "" || typ == pattern
}
